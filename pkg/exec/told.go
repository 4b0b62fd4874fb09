package exec

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// told is what a session's program says of itself through its terminal: its
// title, its directory, and, if it is a shell that marks its prompts (OSC 133 and
// 633), what it is doing.
type told struct {
	before int64 // immutable: what the program told before this offset, another server took in

	mu sync.Mutex // guards the fields below; a leaf, taken inside the screen's lock

	name       string // the session's, for events
	title, dir string
	shell      Shell
	promptAt   int64  // the offset of the newest prompt
	line       string // that E told, for the command that C begins
	running    string // the line of the command that runs
	began      time.Time
	run        string // the nonce in the marks of the command that runs, if it has one
	ran        []ran  // the newest that had one
	states     states

	asides asides // guards itself

	second time.Time // budget is how many events are left for this second
	budget int
}

// ran is a command that has ended and had a nonce in its marks.
type ran struct {
	nonce  string
	line   string
	status *int
	offset int64
}

// maxRan bounds the commands with a nonce that are remembered.
const maxRan = 64

// ended notes that the command that runs has ended. The caller holds mu.
func (t *told) ended(status *int, offset int64) {
	if t.run == "" {
		return
	}
	t.ran = append(t.ran, ran{t.run, t.running, status, offset})
	t.ran = t.ran[max(0, len(t.ran)-maxRan):]
	t.run = ""
}

// ranAs returns the command that had a nonce and has ended, or nil. The caller holds
// mu.
func (t *told) ranAs(nonce string) *ran {
	for i := range t.ran {
		if t.ran[i].nonce == nonce {
			return &t.ran[i]
		}
	}
	return nil
}

// runOption finds the nonce that the shells' scripts put among a mark's options.
func runOption(params string) string {
	for option := range strings.SplitSeq(params, ";") {
		if nonce, found := strings.CutPrefix(option, "xsh="); found && len(nonce) == 32 {
			return nonce
		}
	}
	return ""
}

const (
	// maxToldText bounds each text of an event: the events are kept.
	maxToldText = 1 << 10

	// maxToldEvents bounds how many events a second a program can make: one that
	// rings its bell in a loop is not to push out all that others did.
	maxToldEvents = 2000
)

// states is what the sources of a session's state have told. It is guarded by
// told.mu.
type states struct {
	reported  State
	signalled State // by the terminal
	ruled     State
	notified  bool // signalled is a notification
	promptAt  time.Time
	// knownAt: what the terminal told before this offset is in here already, though
	// the model of an adopted session reads it once more.
	knownAt int64
}

// state is what the session's program is at. The caller holds mu.
func (t *told) state() State {
	switch {
	case t.states.reported.Name != StateUnknown:
		return t.states.reported
	case t.states.signalled.Name != StateUnknown:
		return t.states.signalled
	case t.shell == ShellCommand:
		return State{Name: StateWorking, Since: t.began, Message: t.running, Source: SourceShell}
	case t.shell == ShellPrompt:
		return State{Name: StateIdle, Since: t.states.promptAt, Source: SourceShell}
	}
	return t.states.ruled
}

// stateOf is the state of a session that may have ended: what its terminal told
// is over then. The caller holds mu.
func (t *told) stateOf(ended bool) State {
	if ended {
		return t.states.reported
	}
	return t.state()
}

// markStatus is the status in the parameters of D, or nil.
func markStatus(params string) *int {
	status, _, _ := strings.Cut(params, ";")
	if n, err := strconv.Atoi(status); err == nil {
		return &n
	}
	return nil
}

// commandLine reads the parameters of 633;E: the line, in which a backslash,
// a semicolon and control characters are written as \\ and \xAB, and a nonce.
func commandLine(params string) (line, nonce string) {
	text, nonce, _ := strings.Cut(params, ";")
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		if c, err := strconv.ParseUint(slice(rest, 2, 4), 16, 8); err == nil && strings.HasPrefix(rest, `\x`) {
			b.WriteByte(byte(c))
			i += 3
			continue
		}
		if strings.HasPrefix(rest, `\\`) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), nonce
}

// slice is s[i:j], or "" where s is shorter.
func slice(s string, i, j int) string {
	if len(s) < j {
		return ""
	}
	return s[i:j]
}

// commandLineOption finds the line among the options of 133;C, where kitty and
// others put it.
func commandLineOption(params string) (line string, ok bool) {
	for option := range strings.SplitSeq(params, ";") {
		if coded, found := strings.CutPrefix(option, "cmdline_url="); found {
			if line, err := url.PathUnescape(coded); err == nil {
				return line, true
			}
		}
	}
	return "", false
}

// dirOf is the path in a directory's URI as programs tell it.
func dirOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" && u.Scheme != "kitty-shell-cwd" {
		return shortened(uri)
	}
	return shortened(u.Path)
}

func progressState(n int) string {
	names := []string{"none", "normal", "error", "indeterminate", "paused"}
	if n < 0 || n >= len(names) {
		return names[0]
	}
	return names[n]
}

// shortened is text of at most maxToldText.
func shortened(text string) string {
	if len(text) > maxToldText {
		text = strings.ToValidUTF8(text[:maxToldText], "")
	}
	return text
}

// describe fills in what a session's public value has of it. The caller holds
// session.mu.
func (t *told) describe(v *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.Title, v.Shell, v.State = t.title, t.shell, t.stateOf(v.Exit != nil)
	if t.dir != "" {
		v.Dir = t.dir
	}
}

// spend reports whether the program may make one more event. The caller holds mu.
func (t *told) spend(now time.Time) bool {
	if d := now.Sub(t.second); d >= time.Second || d < 0 {
		t.second, t.budget = now, maxToldEvents
	}
	t.budget--
	return t.budget >= 0
}

// maxTypists is how many of those who typed last are remembered.
const maxTypists = 8

// typists are those who typed last, the last one first.
type typists []TypedBy

// note has somebody be the last who typed. It reports whether that is news for the
// session's record: somebody else types, or the record is of a while ago.
func (t *typists) note(by Typer, at time.Time, recorded *time.Time) (news bool) {
	if news = at.Sub(*recorded) > typistsEvery; news {
		*recorded = at
	}
	by = Typer{Kind: by.Kind, Client: shortened(by.Client)}
	if len(*t) > 0 && (*t)[0].Typer == by {
		(*t)[0].At = at
		return news
	}
	list := slices.DeleteFunc(slices.Clone(*t), func(b TypedBy) bool { return b.Typer == by })
	list = slices.Insert(list, 0, TypedBy{by, at})
	*t = list[:min(len(list), maxTypists)]
	*recorded = at
	return true
}

// typistsEvery is how far the record of who types may be behind.
const typistsEvery = 10 * time.Second

// maxKeptTypist bounds what the record has of what a typist is called.
const maxKeptTypist = 200

// forRecord returns those who typed as a session's record, which is small, has them.
func (t typists) forRecord() typists {
	list := slices.Clone(t)
	for i := range list {
		if c := list[i].Client; len(c) > maxKeptTypist {
			list[i].Client = strings.ToValidUTF8(c[:maxKeptTypist], "")
		}
	}
	return list
}
