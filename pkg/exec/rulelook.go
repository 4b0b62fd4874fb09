package exec

import (
	"path"
	"slices"
	"strings"
)

var _ RuleTaker = (*Manager)(nil)

// SetRules implements RuleTaker.
func (m *Manager) SetRules(rules []Rule) {
	m.rules.mu.Lock()
	m.rules.all = slices.Clone(rules)
	m.rules.mu.Unlock()
	for _, s := range m.begun() {
		m.applyRules(s)
	}
}

// applyRules gives a session the rules for its program.
func (m *Manager) applyRules(s *session) {
	s.mu.Lock()
	command := s.info.Command
	s.mu.Unlock()
	if s.screen == nil || s.ended() || len(command) == 0 {
		return
	}
	m.rules.mu.Lock() // until they are set, so that the newest are set last
	defer m.rules.mu.Unlock()
	s.ruled.set(m.rules.of(path.Base(command[0])), s.lookByRules)
}

// lookByRules has rules tell what the session's program is at, if it shows something
// else than before. whole: the screen had all that was printed.
func (s *session) lookByRules(l *ruleLook) (whole bool) {
	_, end := s.log.Offsets()
	snap, offset := s.screen.Snapshot()
	if snap == nil || s.ended() {
		return true
	}
	if text := screenText(snap.Text()); !l.saw || l.text != text {
		l.text, l.saw = text, true
		told := stateByRules(l.rules, text)
		if told.Name != StateUnknown {
			told.Since = s.m.clock.Now()
		}
		if s.ended() { // meanwhile
			return true
		}
		s.changeState(offset, func(st *states) { st.ruled = told.succeed(st.ruled) })
	}
	return offset >= end
}

// stateByRules is the state that the first of the rules tells which matches; without a
// time.
func stateByRules(rules []Rule, text string) State {
	for _, r := range rules {
		if at := r.Screen.FindStringSubmatchIndex(text); at != nil {
			message := string(r.Screen.ExpandString(nil, r.Message, text, at))
			return State{Name: r.State, Message: shortened(strings.Join(strings.Fields(message), " ")), Source: SourceRule}
		}
	}
	return State{}
}

// screenText is what rules look at of a screen's rows: not the empty ones at its bottom.
func screenText(rows []string) string {
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	n, room := len(rows), maxRuleText
	for n > 0 && len(rows[n-1]) < room {
		n--
		room -= len(rows[n]) + 1
	}
	return strings.Join(rows[n:], "\n")
}
