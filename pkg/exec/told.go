package exec

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

// told is what a session's program says of itself through its terminal: its
// title, its directory, and, if it is a shell that marks its prompts (OSC 133 and
// 633), what it is doing.
type told struct {
	mu sync.Mutex // guards the fields below; a leaf, taken inside the screen's lock

	name       string // the session's, for events
	title, dir string
	shell      Shell
	promptAt   int64  // the offset of the newest prompt
	line       string // that E told, for the command that C begins
	running    string // the line of the command that runs
	began      time.Time

	second time.Time // budget is how many events are left for this second
	budget int
}

// Shell is what a session's shell is doing, as its marks tell.
type Shell string

// What a shell is doing. A session whose program sets no marks has ShellUnknown.
const (
	ShellUnknown Shell = ""
	ShellPrompt  Shell = "prompt"
	ShellCommand Shell = "command"
)

const (
	// maxToldText bounds each text of an event: the events are kept.
	maxToldText = 1 << 10

	// maxToldEvents bounds how many events a second a program can make: one that
	// rings its bell in a loop is not to push out all that others did.
	maxToldEvents = 2000
)

// effects are what the screen model hands on. They are called with the screen's
// lock held and wait for nothing.
func (s *session) effects() vt.Effects {
	return vt.Effects{
		Bell: func() { s.tell(Event{Kind: EventBell}) },
		Title: func(title string) {
			s.told.mu.Lock()
			s.told.title = shortened(title)
			s.told.mu.Unlock()
			s.tell(Event{Kind: EventTitle, Title: shortened(title)})
		},
		Cwd: func(uri string) {
			dir := dirOf(uri)
			s.told.mu.Lock()
			same := s.told.dir == dir
			s.told.dir = dir
			s.told.mu.Unlock()
			if !same { // a shell tells it with each prompt
				s.tell(Event{Kind: EventCwd, Dir: dir})
			}
		},
		Notify: func(title, body string) {
			s.tell(Event{Kind: EventNotification, Title: shortened(title), Body: shortened(body)})
		},
		Progress: func(state, percent int) {
			s.tell(Event{Kind: EventProgress, Progress: &Progress{State: progressState(state), Percent: percent}})
		},
		Mark: s.marked,
	}
}

// toldAt is the offset behind what an effect is for.
func (s *session) toldAt() int64 {
	if s.screen == nil { // the model begins with what another server stored
		return 0
	}
	return s.screen.EffectOffset()
}

// tell adds an event of the program's, unless there were too many.
func (s *session) tell(ev Event) {
	at := s.toldAt()
	if at <= s.toldBefore {
		return
	}
	now := s.m.clock.Now()
	s.told.mu.Lock()
	if d := now.Sub(s.told.second); d >= time.Second || d < 0 {
		s.told.second, s.told.budget = now, maxToldEvents
	}
	s.told.budget--
	many := s.told.budget < 0
	name := s.told.name
	s.told.mu.Unlock()
	if many {
		return
	}
	ev.Session, ev.Name, ev.Offset = s.id, name, at
	s.m.events.add(ev)
}

// marked takes a shell's mark.
func (s *session) marked(kind byte, params string) {
	now := s.m.clock.Now()
	t := &s.told
	var ev Event
	t.mu.Lock()
	switch kind {
	case 'A', 'B':
		if t.shell != ShellPrompt {
			ev.Kind = EventPrompt
		}
		t.shell, t.promptAt = ShellPrompt, s.toldAt()
	case 'E':
		t.line, _ = commandLine(params)
	case 'C':
		if line, ok := commandLineOption(params); ok {
			t.line = line
		}
		t.shell, t.running, t.began, t.line = ShellCommand, shortened(t.line), now, ""
		ev = Event{Kind: EventCommandStarted, Line: t.running}
	case 'D':
		if t.shell == ShellCommand {
			ev = Event{Kind: EventCommandFinished, Line: t.running, Took: now.Sub(t.began), Status: markStatus(params)}
		}
		t.shell, t.running = ShellUnknown, ""
	}
	t.mu.Unlock()
	if ev.Kind != "" {
		s.tell(ev)
	}
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
	v.Title, v.Shell = t.title, t.shell
	if t.dir != "" {
		v.Dir = t.dir
	}
}

// attachments tells who is attached. The caller holds mu.
func (s *session) attachments() []ClientInfo {
	var all []ClientInfo
	for _, a := range s.clients.all {
		all = append(all, ClientInfo{
			Since: a.client.since, UsedAt: a.client.usedAt, Size: a.client.size,
			ReadOnly: a.opts.ReadOnly, Leads: a == s.clients.leader,
		})
	}
	slices.SortStableFunc(all, func(a, b ClientInfo) int { return a.Since.Compare(b.Since) })
	return all
}

// ClientInfo is what is known of a client that is attached.
type ClientInfo struct {
	// Since is when it attached, and UsedAt when somebody last typed there: zero
	// if nobody has.
	Since  time.Time `json:"since"`
	UsedAt time.Time `json:"used_at,omitzero"`
	Size   Size      `json:"size"`
	// ReadOnly: it only watches.
	ReadOnly bool `json:"read_only"`
	// Leads: its size is the session's.
	Leads bool `json:"leads"`
}
