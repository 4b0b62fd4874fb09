package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/paths"
)

// linkedVersion is set by release builds: -ldflags "-X main.linkedVersion=v1.2.3".
var linkedVersion string

// version returns the release, else the module's version, else the commit that
// the binary was built from.
func version() string {
	if linkedVersion != "" {
		return linkedVersion
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

func newVersionCommand(a *app) *cobra.Command {
	o := outputFlag("text", "json")
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Print the version of this binary, and of the Go that built it.\n" + localCodesHelp,
		Example: "  xsh version\n  xsh version -o json",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if o.value == "json" {
				return printJSON(a.out, versionJSON{version(), runtime.Version(), runtime.GOOS, runtime.GOARCH})
			}
			return printVersion(a)
		},
	}
	o.addOutput(cmd)
	return cmd
}

// versionJSON is the version as -o json has it.
type versionJSON struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func printVersion(a *app) error {
	_, err := fmt.Fprintf(a.out, "xsh %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionNoticeEvery is how often a person is told that the server is of another
// version: often enough to be known, and not with every command.
const versionNoticeEvery = 24 * time.Hour

// noticeVersion says that the server is of another version than this binary,
// once a day for each pair of versions. A file beside the log remembers it;
// where none can be kept the notice comes each time.
func (a *app) noticeVersion(server string) {
	own := version()
	if server == own || a.knowsVersion {
		return
	}
	if p, err := paths.Find(a.getenv); err == nil && !a.dueNotice(p, server+" "+own, time.Now()) {
		return
	}
	fmt.Fprintf(a.err, "xsh: the server is version %s, this is version %s\n", harmless(server), own)
	fmt.Fprintf(a.err, "xsh: hint: xsh server upgrade has this version take over, and ends no session\n")
}

// dueNotice tells whether a notice about these versions was not given within
// versionNoticeEvery, and remembers that it is given now.
func (a *app) dueNotice(p paths.Paths, versions string, now time.Time) bool {
	file := filepath.Join(filepath.Dir(p.Log), "version-notice")
	if st, err := os.Lstat(file); err == nil && st.Mode().IsRegular() && st.Size() < 1000 {
		since := now.Sub(st.ModTime())
		last, err := os.ReadFile(file)
		if err == nil && strings.TrimSpace(string(last)) == versions && since >= 0 && since < versionNoticeEvery {
			return false
		}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return true
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err == nil {
		fmt.Fprintln(f, versions)
		f.Close()
	}
	return true
}
