package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/exec"
)

// persistSetting is the setting persist.
var persistSetting = setting{
	key: "persist", want: `true, false or "history"`, def: "false",
	help: "keep new sessions for xsh restore",
	set: func(c *config, value any) (err error) {
		c.Persist, err = persistText(value)
		return err
	},
	near: nearPersist,
	get: func(c config) string {
		if c.Persist == "history" {
			return strconv.Quote(c.Persist)
		}
		return cmp.Or(c.Persist, "false")
	},
}

// nearPersist returns what was most likely meant.
func nearPersist(value any) string {
	return map[string]string{
		"yes": "true", "on": "true", "1": "true", "session": "true", "no": "false", "off": "false", "0": "false",
		"text": `"history"`, "all": `"history"`,
	}[strings.ToLower(fmt.Sprint(value))]
}

// persistText takes what the setting persist may be, from the file, a variable or
// a flag.
func persistText(value any) (string, error) {
	if on, ok := value.(bool); ok {
		return strconv.FormatBool(on), nil
	}
	switch text := value.(type) {
	case string:
		if text == "true" || text == "false" || text == "history" {
			return text, nil
		}
	}
	return "", errWant
}

// persistFlag is the flag --persist, over the setting.
type persistFlag struct{ choiceFlag }

func (f *persistFlag) add(cmd *cobra.Command) {
	f.choiceFlag = choiceFlag{what: "value of --persist", choices: []string{"true", "false", "history"}}
	cmd.Flags().Var(&f.choiceFlag, "persist", "have xsh restore bring it back; =history with what it printed, =false not")
	cmd.Flags().Lookup("persist").NoOptDefVal = "true"
}

// orSetting returns what of a new session is kept on disk.
func (f *persistFlag) orSetting(a *app) (exec.Persist, error) {
	text := f.value
	if text == "" {
		c, err := a.loadConfig()
		if err != nil {
			return exec.PersistNothing, err
		}
		text = c.Persist
	}
	return map[string]exec.Persist{"true": exec.PersistSession, "history": exec.PersistHistory}[text], nil
}

// sayNotKept says that a session ends with its server, or is not kept for a
// restore, though that was asked for.
func (a *app) sayNotKept(s *exec.Session) {
	if s.KeepProblem != "" {
		fmt.Fprintf(a.err, "xsh: %s ends with its server: %s\n", harmless(s.Name), harmless(s.KeepProblem))
	}
	if s.PersistProblem != "" {
		fmt.Fprintf(a.err, "xsh: %s is not kept for xsh restore: %s\n", harmless(s.Name), harmless(s.PersistProblem))
	}
}
