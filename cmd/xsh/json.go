package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// listed is a session as -o json has it. The keys and their order are a promise:
// new ones go behind those that are there.
type listed struct {
	Name       string            `json:"name"`
	ID         string            `json:"id"`
	Status     string            `json:"status"` // attached, detached, stopped or ended
	Current    bool              `json:"current"`
	Command    []string          `json:"command"`
	Handler    string            `json:"handler"`
	Size       exec.Size         `json:"size"`
	Labels     map[string]string `json:"labels"`
	Params     map[string]string `json:"params"`
	Attached   bool              `json:"attached"`
	Clients    int               `json:"clients"`
	CreatedAt  time.Time         `json:"created_at"`
	AttachedAt *time.Time        `json:"attached_at"`
	EndedAt    *time.Time        `json:"ended_at"`
	Exit       *exec.ExitStatus  `json:"exit"`
	Stopped    bool              `json:"stopped"`
	Title      string            `json:"title"`
	Dir        string            `json:"dir"`
	Shell      string            `json:"shell"` // prompt or command, of a shell that marks its prompts
	UsedAt     *time.Time        `json:"used_at"`
	// Attachments are the clients, the oldest first.
	Attachments []exec.ClientInfo `json:"attachments"`
	// Persist is what is kept on disk, session or history, and PersistProblem why
	// that is not done; RestartWith what is started in place of Command next time.
	Persist        string    `json:"persist"`
	PersistProblem string    `json:"persist_problem"`
	RestartWith    []string  `json:"restart_with"`
	RestartDir     string    `json:"restart_dir"`
	State          stateJSON `json:"state"` // what the program is at
	// SizePolicy is whose size it has among several clients.
	SizePolicy string `json:"size_policy"`
	// Typists are those who typed last, the last one first.
	Typists []exec.TypedBy `json:"typists"`
	// KeepProblem is why the session ends with its server.
	KeepProblem string  `json:"keep_problem"`
	TTL         float64 `json:"ttl_seconds"` // 0 is for ever
	OnExit      string  `json:"on_exit"`     // keep, forget or respawn
}

// stateJSON is what a program is at as -o json has it.
type stateJSON struct {
	Name     string           `json:"name"` // unknown if no source tells
	Since    *time.Time       `json:"since"`
	Message  string           `json:"message"`
	Progress *int             `json:"progress"`
	Source   exec.StateSource `json:"source"` // report, terminal, shell or rule
}

func newStateJSON(s exec.State) stateJSON {
	return stateJSON{cmp.Or(string(s.Name), "unknown"), orNil(s.Since), s.Message, s.Progress, s.Source}
}

// listedKeys are the keys in their order, for help.
func listedKeys() string {
	text, line := "", ""
	for f := range reflect.TypeFor[listed]().Fields() {
		if key := f.Tag.Get("json"); len(line)+len(key) < 70 {
			line += " " + key
		} else {
			text, line = text+"\n "+line, " "+key
		}
	}
	return text + "\n " + line
}

func (a *app) listed(sessions []*exec.Session) []listed {
	list, current := make([]listed, 0, len(sessions)), a.current(sessions)
	for _, s := range sessions {
		kind, _, _ := strings.Cut(status(s), ",")
		kind, _, _ = strings.Cut(kind, " ")
		list = append(list, listed{
			Name: s.Name, ID: s.ID, Status: kind, Current: s == current,
			Command: append([]string{}, s.Command...),
			Handler: s.Handler, Size: s.Size,
			Labels: orEmpty(s.Labels), Params: orEmpty(s.Params),
			Attached: s.Attached, Clients: s.Clients,
			CreatedAt: s.CreatedAt, AttachedAt: orNil(s.AttachedAt), EndedAt: orNil(s.EndedAt), Exit: s.Exit,
			Stopped: s.Stopped, Title: s.Title, Dir: s.Dir, Shell: string(s.Shell), UsedAt: orNil(s.UsedAt),
			Attachments: append([]exec.ClientInfo{}, s.Attachments...),
			Persist:     string(s.Persist), PersistProblem: s.PersistProblem,
			RestartWith: append([]string{}, s.RestartWith...), RestartDir: s.RestartDir,
			State:       newStateJSON(s.State),
			SizePolicy:  string(s.SizePolicy),
			Typists:     append([]exec.TypedBy{}, s.Typists...),
			KeepProblem: s.KeepProblem,
			TTL:         s.TTL.Seconds(), OnExit: cmp.Or(string(s.OnExit), "keep"),
		})
	}
	return list
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// printJSON prints v. Characters that could act on a terminal are escaped: the
// JSON is the same, and may be looked at.
func printJSON(w io.Writer, v any) error {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(harmlessJSON(plain.Bytes()))
	return err
}
