package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/pkg/exec"
)

// pickModel is what the picker shows, and what keys do to it. It knows no terminal
// and no server: what is to be done there it asks for in todo.
type pickModel struct {
	all    []*exec.Session // as the server told them last
	list   []*exec.Session // those that fit the filter
	filter string
	at     string // the ID of the session under the cursor

	asks   asked  // what is being asked, in place of the filter
	answer string // what was typed for it

	found    []foundJSON // what was found in the histories, in place of the list
	foundAt  int
	showFind bool

	preview *exec.Screen // what the session under the cursor shows; nil if not known yet
	said    string       // for the last row, until the next key
	help    bool
	color   bool
	cwd     string

	chosen choice
	left   bool
	todo   []todo
}

// asked is what the picker asks for.
type asked int

const (
	askNothing asked = iota
	askDir
	askName
	askLabels
	askKill
	askText
)

var askTexts = map[asked]string{
	askDir: "new session in: ", askName: "new name: ", askLabels: "labels: ", askKill: "", askText: "look for: ",
}

// todo is something to do with a session.
type todo struct {
	what   asked
	id     string
	name   string
	ended  bool
	answer string
}

// take takes the sessions as they are now. If the one under the cursor has gone,
// the one in its place is.
func (m *pickModel) take(all []*exec.Session) {
	before := m.index()
	m.all = all
	m.list = filtered(all, m.filter)
	if m.index() >= 0 {
		return
	}
	if m.at != "" && before >= 0 && (m.asks == askKill || m.asks == askName || m.asks == askLabels) {
		m.asks, m.answer, m.said = askNothing, "", "the session has gone"
	}
	m.moveTo(max(before, 0))
}

// index is where the session under the cursor stands in the list; -1 if nowhere.
func (m *pickModel) index() int {
	for i, s := range m.list {
		if s.ID == m.at {
			return i
		}
	}
	return -1
}

// current is the session under the cursor; nil if there is none.
func (m *pickModel) current() *exec.Session {
	if i := m.index(); i >= 0 {
		return m.list[i]
	}
	return nil
}

func (m *pickModel) moveTo(i int) {
	before := m.at
	m.at = ""
	if len(m.list) > 0 {
		m.at = m.list[min(max(i, 0), len(m.list)-1)].ID
	}
	if m.at != before {
		m.preview = nil
	}
}

// refilter shows what fits now, the best first.
func (m *pickModel) refilter(filter string) {
	m.filter = filter
	m.list = filtered(m.all, filter)
	m.moveTo(0)
}

// key takes a token of what was typed. page is how many rows the list has.
func (m *pickModel) key(t termin.Token, page int) {
	switch t.Kind {
	case termin.Text, termin.PasteText:
		m.said, m.help = "", false
		m.typed(printable(string(t.Bytes)))
	case termin.Press, termin.Repeat:
		m.said, m.help = "", false
		m.press(t.Key, page)
	}
}

func (m *pickModel) typed(text string) {
	switch {
	case m.asks == askKill:
		if text == "y" || text == "Y" {
			m.do()
		}
		m.asks = askNothing
	case m.asks != askNothing:
		m.answer += text
	case m.showFind:
	case text == "?" && m.filter == "":
		m.help = true
	default:
		m.refilter(m.filter + text)
	}
}

// press takes a key that is no text.
func (m *pickModel) press(k termin.Key, page int) {
	if k.Mods&^termin.Ctrl != 0 {
		return
	}
	ctrl := k.Mods == termin.Ctrl
	move := 0
	switch {
	case k.Code == termin.KeyEscape, ctrl && k.Code == 'c', ctrl && k.Code == 'g':
		m.back()
		return
	case k.Code == termin.KeyEnter || k.Code == termin.KeypadEnter:
		m.enter()
		return
	case k.Code == termin.KeyBackspace || ctrl && k.Code == 'h':
		m.edit(func(text string) string {
			r := []rune(text)
			return string(r[:max(0, len(r)-1)])
		})
		return
	case ctrl && k.Code == 'u':
		m.edit(func(string) string { return "" })
		return
	case ctrl && k.Code == 'w':
		m.edit(func(text string) string {
			text = strings.TrimRight(text, " ")
			return text[:strings.LastIndexByte(text, ' ')+1]
		})
		return
	case k.Code == termin.KeyUp || ctrl && k.Code == 'p' || ctrl && k.Code == 'k':
		move = -1
	case k.Code == termin.KeyDown || ctrl && k.Code == 'j' || k.Code == termin.KeyTab:
		move = 1
	case k.Code == termin.KeyPageUp:
		move = -page
	case k.Code == termin.KeyPageDown:
		move = page
	case k.Code == termin.KeyHome:
		move = -len(m.list) - len(m.found)
	case k.Code == termin.KeyEnd:
		move = len(m.list) + len(m.found)
	case ctrl:
		m.command(k.Code)
		return
	}
	switch {
	case m.showFind:
		m.foundAt = min(max(m.foundAt+move, 0), max(len(m.found)-1, 0))
	case m.asks == askNothing:
		m.moveTo(m.index() + move)
	}
}

// edit changes the line that is typed.
func (m *pickModel) edit(change func(string) string) {
	switch {
	case m.asks == askKill:
		m.asks = askNothing
	case m.asks != askNothing:
		m.answer = change(m.answer)
	case !m.showFind:
		m.refilter(change(m.filter))
	}
}

// command begins what a control key is for.
func (m *pickModel) command(key rune) {
	if m.asks != askNothing || m.showFind {
		return
	}
	s := m.current()
	if s == nil && (key == 'x' || key == 'r' || key == 'l' || key == 't') {
		m.said = "there is no session under the cursor"
		return
	}
	switch key {
	case 'n':
		m.asks, m.answer = askDir, m.cwd
	case 'f':
		m.asks, m.answer = askText, ""
	case 't':
		m.chosen, m.left = choice{rewind: s.ID}, true
	case 'x':
		m.asks = askKill
	case 'r':
		m.asks, m.answer = askName, s.Name
	case 'l':
		m.asks, m.answer = askLabels, strings.ReplaceAll(labels(s.Labels), ",", " ")
	}
}

// back leaves what was begun, or the picker.
func (m *pickModel) back() {
	switch {
	case m.asks != askNothing:
		m.asks, m.answer = askNothing, ""
	case m.showFind:
		m.showFind, m.found = false, nil
	default:
		m.left = true
	}
}

// enter chooses, or takes what was asked for.
func (m *pickModel) enter() {
	switch {
	case m.asks == askKill:
		m.asks = askNothing
	case m.asks == askDir:
		dir := m.answer
		if rest, ok := strings.CutPrefix(dir, "~"); ok {
			home, _ := os.UserHomeDir()
			dir = filepath.Join(home, rest)
		}
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			m.said = "no such directory: " + dir
			return
		}
		m.chosen, m.left = choice{newIn: dir}, true
	case m.asks != askNothing:
		m.do()
		m.asks, m.answer = askNothing, ""
	case m.showFind && len(m.found) > 0:
		m.chosen, m.left = choice{session: m.found[m.foundAt].SessionID}, true
	case m.showFind:
	default:
		if s := m.current(); s != nil {
			m.chosen, m.left = choice{session: s.ID}, true
		} else {
			m.said = "nothing to attach to: Ctrl-N starts a session"
		}
	}
}

// do asks for what was answered.
func (m *pickModel) do() {
	t := todo{what: m.asks, answer: strings.TrimSpace(m.answer)}
	if s := m.current(); s != nil {
		t.id, t.name, t.ended = s.ID, s.Name, s.Exit != nil
	} else if t.what != askText {
		return
	}
	if t.answer == "" && t.what != askKill && t.what != askLabels {
		return
	}
	m.todo = append(m.todo, t)
}

// takeFound shows what was found.
func (m *pickModel) takeFound(found []foundJSON, text string) {
	if len(found) == 0 {
		m.said = fmt.Sprintf("%q is nowhere", text)
		return
	}
	m.found, m.foundAt, m.showFind = found, 0, true
}
