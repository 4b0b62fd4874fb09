package exec

import (
	"github.com/xsh-project/xsh/internal/vt"
)

// effects are what the screen model hands on. They are called with the screen's
// lock held and wait for nothing.
func (s *session) effects() vt.Effects {
	return vt.Effects{
		Pixels: func() (wide, high int) { return s.tty.pixels() },
		Bell: func() {
			s.tell(Event{Kind: EventBell})
			s.told.asides.add(aside{to: s.toldAt()})
		},
		Aside: func(kind vt.Aside, length int) {
			end := s.toldAt() - 1
			s.told.asides.add(aside{kind, end - int64(length), end})
		},
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
			s.signalNotification(title, body)
		},
		Progress: func(state, percent int) {
			s.tell(Event{Kind: EventProgress, Progress: &Progress{State: progressState(state), Percent: percent}})
			s.signalProgress(state, percent)
		},
		Mark: s.marked,
	}
}

// tell adds an event of the program's, unless there were too many.
func (s *session) tell(ev Event) {
	at := s.toldAt()
	if at <= s.told.before {
		return
	}
	now := s.m.clock.Now()
	s.told.mu.Lock()
	may, name := s.told.spend(now), s.told.name
	s.told.mu.Unlock()
	if !may {
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
	if known := t.states.knownAt; known == s.told.before && s.toldAt() <= known { // and nothing came behind it
		t.mu.Unlock()
		return
	}
	switch kind {
	case 'A', 'B':
		if t.shell != ShellPrompt {
			ev.Kind, t.states.promptAt = EventPrompt, now
		}
		t.shell, t.promptAt = ShellPrompt, s.toldAt()
	case 'E':
		t.line, _ = commandLine(params)
	case 'C':
		if line, ok := commandLineOption(params); ok {
			t.line = line
		}
		if nonce := runOption(params); nonce != "" { // else a mark in a command's output
			t.run = nonce
		}
		t.shell, t.running, t.began, t.line = ShellCommand, shortened(t.line), now, ""
		ev = Event{Kind: EventCommandStarted, Line: t.running}
	case 'D':
		if t.shell == ShellCommand {
			ev = Event{Kind: EventCommandFinished, Line: t.running, Took: now.Sub(t.began), Status: markStatus(params)}
		}
		if t.run != "" && runOption(params) == t.run {
			t.ended(markStatus(params), s.toldAt())
		}
		t.shell, t.running = ShellUnknown, ""
	}
	t.mu.Unlock()
	if kind == 'A' || kind == 'C' { // what a program showed before is over
		s.signalState(State{}, false)
	}
	if ev.Kind != "" {
		s.tell(ev)
	}
}

// stopChanged is told by handlers that a program was stopped or goes on.
func (m *Manager) stopChanged(id string) {
	s, err := m.session(id)
	if err != nil || s.handler.Stopped == nil || s.ended() {
		return
	}
	state := "running"
	if s.handler.Stopped(id) {
		state = "stopped"
	}
	s.mu.Lock()
	same := s.state == state || s.state == "" && state == "running"
	s.state = state
	s.mu.Unlock()
	if !same {
		m.events.add(Event{Kind: EventState, Session: s.id, Name: s.name(), State: state})
	}
}
