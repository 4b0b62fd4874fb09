package main

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/exec"
)

// lifeFlags say how large a session begins and how it ends.
type lifeFlags struct {
	TTL    string
	OnExit choiceFlag
	Size   string
}

// onExits are what --on-exit takes.
var onExits = map[string]exec.OnExit{
	"keep":    exec.OnExitKeep,
	"forget":  exec.OnExitForget,
	"respawn": exec.OnExitRespawn,
}

func onExitNames() []string { return []string{"keep", "forget", "respawn"} }

func (f *lifeFlags) addTo(cmd *cobra.Command) {
	f.OnExit = choiceFlag{what: "thing to do at the program's end", choices: onExitNames()}
	flags := cmd.Flags()
	flags.StringVar(&f.TTL, "ttl", "", "end the session when nobody has used it for this `time`, such as 8h")
	flags.Var(&f.OnExit, "on-exit", "`what` to do when the program ends: keep (default), forget or respawn")
	flags.StringVar(&f.Size, "size", "", "the terminal's first size with -d, `COLSxROWS`")
}

// apply puts them, or what is set in their place, into the options of a session.
func (f *lifeFlags) apply(o *exec.SessionOptions, conf config) error {
	ttl := conf.TTL
	if f.TTL != "" {
		ttl = f.TTL
	}
	d, err := time.ParseDuration(ttl)
	if err != nil || d < 0 || 0 < d && d < time.Second {
		err := usagef("bad --ttl %q: want a time of a second or more, such as 8h, or 0 for none", ttl)
		if near := nearTime(ttl); near != "" {
			return withHint(err, "did you mean "+near+"?")
		}
		return err
	}
	o.TTL = d
	o.OnExit = onExits[conf.OnExit]
	if f.OnExit.value != "" {
		o.OnExit = onExits[f.OnExit.value]
	}
	if f.Size != "" {
		if o.Size, err = parseSize(f.Size); err != nil {
			return err
		}
		o.Pixels = exec.Pixels{}
	}
	return nil
}

// directory is where sessions start that are told no directory.
func (c config) directory(a *app) (string, error) {
	if rest, ok := strings.CutPrefix(c.Directory, "~"); ok {
		home := a.getenv("HOME")
		if home == "" {
			return "", withHint(errors.New("the setting directory begins with ~, and HOME is not set"), "choose a directory with -c")
		}
		return filepath.Join(home, rest), nil
	}
	return filepath.Clean(c.Directory), nil
}

// commandSetting takes a command from the file, or from a variable: a list as TOML
// has it, or a program alone.
func commandSetting(value any) ([]string, error) {
	if text, ok := value.(string); ok {
		if !strings.HasPrefix(text, "[") {
			return nil, errWant
		}
		value = tomlValue(text)
	}
	list, err := texts(value)
	if err != nil || len(list) > 0 && list[0] == "" {
		return nil, errWant
	}
	return list, nil
}
