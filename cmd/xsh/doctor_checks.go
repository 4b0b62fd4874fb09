package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// doctor is what the checks share. What it knows of the server is from before
// the first check.
type doctor struct {
	a         *app
	root      string // stands before the system's own paths; a test has some of its own
	uid       int
	paths     paths.Paths
	pathsErr  error
	status    *client.Status // nil if no server answered
	statusErr error          // client.ErrNoServer if there is none
}

func newDoctor(ctx context.Context, a *app) *doctor {
	d := &doctor{a: a, uid: os.Getuid()}
	d.paths, d.pathsErr = paths.Find(a.getenv)
	if d.pathsErr != nil {
		return d
	}
	c, err := a.dial(ctx)
	if err == nil {
		d.status, err = c.Status(ctx)
		c.Close()
	}
	d.statusErr = err
	return d
}

// examine does all checks, in the order in which a person would ask.
func (d *doctor) examine() (all []finding) {
	for _, check := range []func(*doctor) []finding{
		(*doctor).versions, (*doctor).directory, (*doctor).socket, (*doctor).leftovers, (*doctor).elsewhere, (*doctor).settings,
		(*doctor).log, (*doctor).files, (*doctor).processes, (*doctor).memory, (*doctor).pty, (*doctor).terminal,
		(*doctor).logout, (*doctor).namespaces,
	} {
		all = append(all, check(d)...)
	}
	return all
}

func ok(check, format string, args ...any) []finding {
	return []finding{{check, well, fmt.Sprintf(format, args...), ""}}
}

func warn(check, fix, format string, args ...any) []finding {
	return []finding{{check, warned, fmt.Sprintf(format, args...), fix}}
}

func fail(check, fix, format string, args ...any) []finding {
	return []finding{{check, failed, fmt.Sprintf(format, args...), fix}}
}

// versions holds client, server and keeper against each other.
func (d *doctor) versions() []finding {
	const check = "versions"
	own, st := version(), d.status
	switch {
	case d.pathsErr != nil || errors.Is(d.statusErr, client.ErrNoServer):
		return ok(check, "this is %s; no server runs, the next session starts one", own)
	case st == nil:
		return fail(check, cmp.Or(hintFor(d.statusErr), "xsh server restart replaces the server, and loses no session"), "the server does not say what it is: %s", words(d.statusErr))
	case len(st.SetAside) > 0:
		return warn(check, "xsh server adopt tries again", "%s set aside: the program runs, and nobody reads what it prints", count(len(st.SetAside), "session is", "sessions are"))
	case st.KeeperPID == 0 && keeper.Supported:
		return warn(check, "xsh server stop, then start it without --foreground", "the server, %s, has no keeper: sessions end with it", st.Version)
	case st.KeeperPID == 0:
		return ok(check, "this and the server are %s; there are no keepers on this system, so sessions end with their server", own)
	case st.Version != own || st.KeeperVersion != own:
		return warn(check, "xsh server upgrade has this version take over, and ends no session",
			"this is %s, the server %s, its keeper %s", own, st.Version, cmp.Or(st.KeeperVersion, "of no known version"))
	}
	return ok(check, "this, the server (pid %d) and its keeper (pid %d) are %s", st.PID, st.KeeperPID, own)
}

// directory asks whether the directory of the socket is ours alone.
func (d *doctor) directory() []finding {
	const check = "directory"
	if errors.Is(d.pathsErr, paths.ErrSocketTooLong) {
		return nil // the next check has it
	} else if d.pathsErr != nil {
		return fail(check, "set XSH_DIR to a directory of your own", "there is no place for the socket: %v", d.pathsErr)
	}
	err := d.paths.CheckDir()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if above := nearestThere(d.paths.Dir); unix.Access(above, unix.W_OK|unix.X_OK) != nil {
			return fail(check, "set XSH_DIR to a directory of your own", "%s cannot be made: you may not write in %s", d.paths.Dir, above)
		}
		return ok(check, "%s will be made", d.paths.Dir)
	case err != nil:
		return fail(check, hintFor(err), "%v", err)
	case d.paths.Note != "":
		return warn(check, "mend that directory, or set XSH_DIR", "%s", d.paths.Note)
	}
	return ok(check, "%s is yours (uid %d) and closed to others", d.paths.Dir, d.uid)
}

// nearestThere is the nearest directory above a path that is there.
func nearestThere(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

func (d *doctor) socket() []finding {
	const check = "socket"
	longest := len(unix.RawSockaddrUnix{}.Path) - 1
	if d.pathsErr != nil {
		return fail(check, hintFor(d.pathsErr), "%v", d.pathsErr)
	}
	return ok(check, "%s, %d of at most %d bytes", d.paths.Socket, len(d.paths.Socket), longest)
}

// leftovers looks for files of a server that is gone.
func (d *doctor) leftovers() []finding {
	const check = "left files"
	if d.pathsErr != nil || d.status != nil {
		return nil
	}
	if pid, kept := launch.Processes(d.paths); pid != 0 || kept {
		return nil // it does not answer, which was said
	}
	var left []string
	for _, path := range []string{d.paths.Socket, d.paths.PID, d.paths.Keeper, d.paths.Count} {
		if _, err := os.Lstat(path); err == nil {
			left = append(left, filepath.Base(path))
		}
	}
	if len(left) == 0 {
		return ok(check, "none")
	}
	return warn(check, "nothing is to be done: the next session's server puts its own in their place",
		"%s in %s: a server was killed together with its keeper", strings.Join(left, ", "), d.paths.Dir)
}

// elsewhere looks for a server of this user at another place: cron and some ways
// of logging in have no XDG_RUNTIME_DIR.
func (d *doctor) elsewhere() []finding {
	const check = "other servers"
	uid := strconv.Itoa(d.uid)
	for _, dir := range []string{d.root + "/run/user/" + uid + "/xsh", d.root + "/tmp/xsh-" + uid} {
		other := paths.Paths{Dir: dir, Socket: filepath.Join(dir, filepath.Base(d.paths.Socket))}
		if dir == d.paths.Dir || d.pathsErr != nil || other.CheckDir() != nil || !launch.Running(other) {
			continue
		}
		return warn(check, "XSH_DIR="+dir+" xsh ls lists its sessions", "a server of yours runs in %s as well: its sessions are not listed here", dir)
	}
	return ok(check, "none in the usual places")
}

func (d *doctor) settings() []finding {
	const check = "settings"
	if _, err := d.a.loadConfig(); err != nil {
		return fail(check, cmp.Or(hintFor(err), "xsh config edit opens the file"), "%s", words(err))
	}
	return ok(check, "%s", cmp.Or(d.paths.Config, "there is no place for a file: HOME is not set"))
}

// log asks whether the server can write its log. It runs without one.
func (d *doctor) log() []finding {
	const check = "log"
	if d.pathsErr != nil {
		return nil
	}
	var space unix.Statfs_t
	above := nearestThere(d.paths.Log)
	err := unix.Access(above, unix.W_OK)
	switch st, _ := os.Stat(above); {
	case err != nil:
		return warn(check, "check who owns it and what its mode is", "%s cannot be written: %v: servers run without a log", above, err)
	case above == d.paths.Log && st != nil && !st.Mode().IsRegular():
		return warn(check, "move it away", "%s is not a file: servers run without a log", above)
	case unix.Statfs(above, &space) == nil && space.Bavail == 0:
		return warn(check, "make room on the disk", "%s is on a full disk: what the server would log is lost", d.paths.Log)
	}
	return ok(check, "%s", d.paths.Log)
}

// memory asks for what a session needs that is to outlive its server.
func (d *doctor) memory() []finding {
	const check = "memory"
	if !keeper.Supported {
		return nil
	}
	m, err := shmem.Create("xsh-doctor", shmem.Limits{Log: 4096, History: 1})
	if err != nil {
		return warn(check, "allow memfd_create and files of any size (ulimit -f)", "sessions end with their server: %v", err)
	}
	m.Close()
	return ok(check, "sessions have memory that outlives their server (memfd)")
}

// pty opens a terminal as a session does.
func (d *doctor) pty() []finding {
	const check = "terminals"
	t, err := exec.NewRealTerminalFactory()()
	if err != nil {
		return fail(check, "mount devpts: /dev/ptmx and /dev/pts must be there and open to you", "no pseudo-terminal can be opened: %v", err)
	}
	t.Close()
	used, most := d.number("/proc/sys/kernel/pty/nr"), d.number("/proc/sys/kernel/pty/max")
	if used > 0 && used >= most*9/10 {
		return warn(check, "end some, or raise kernel.pty.max with sysctl", "%d of at most %d pseudo-terminals are in use on this machine", used, most)
	}
	return ok(check, "/dev/ptmx gives pseudo-terminals")
}

// number reads a file of one number; 0 if there is none.
func (d *doctor) number(path string) int {
	text, _ := os.ReadFile(d.root + path)
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// terminal looks at what this command runs in.
func (d *doctor) terminal() []finding {
	const check = "this terminal"
	tty, err := rawtty.Open(d.a.in, d.a.out)
	if err != nil {
		return ok(check, "this is not one, so nothing can be attached here")
	}
	tty.Close()
	term := d.a.getenv("TERM")
	switch {
	case term == "", term == "dumb", term == "unknown":
		return warn(check, "set TERM to what your terminal is, such as xterm-256color", "TERM is %q: sessions from here have xterm-256color", term)
	case !d.knowsTerm(term):
		return warn(check, "install its terminfo entry, or set TERM=xterm-256color", "this machine has no description of TERM=%s: programs will draw wrong or refuse to start", term)
	}
	if charset := cmp.Or(d.a.getenv("LC_ALL"), d.a.getenv("LC_CTYPE"), d.a.getenv("LANG")); !isUTF8(charset) {
		return warn(check, "set LANG to one that your system has, such as C.UTF-8", "TERM is %s; the locale (%q) is not UTF-8: programs will take characters beyond ASCII for others", term, charset)
	}
	return ok(check, "TERM is %s, in UTF-8", term)
}

func isUTF8(locale string) bool {
	_, charset, _ := strings.Cut(strings.ToLower(locale), ".")
	charset, _, _ = strings.Cut(charset, "@")
	return charset == "utf-8" || charset == "utf8"
}

// knowsTerm looks for a terminal's description where ncurses does. A machine
// that has none at all needs none.
func (d *doctor) knowsTerm(term string) bool {
	home := d.a.getenv("HOME")
	dirs := []string{d.a.getenv("TERMINFO"), filepath.Join(home, ".terminfo")}
	dirs = append(dirs, filepath.SplitList(d.a.getenv("TERMINFO_DIRS"))...)
	for _, dir := range []string{"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"} {
		dirs = append(dirs, d.root+dir)
	}
	any := false
	for _, dir := range dirs {
		for _, letter := range []string{term[:1], fmt.Sprintf("%x", term[0])} {
			if isThere(filepath.Join(dir, letter, term)) {
				return true
			}
		}
		any = any || isThere(filepath.Join(dir, "x")) || isThere(filepath.Join(dir, "78"))
	}
	return !any
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
