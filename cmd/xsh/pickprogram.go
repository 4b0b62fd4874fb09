package main

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
)

// What the program is told, beside the terminal's size.
type (
	typedTokens  []termin.Token   // of the user
	learned      func(*pickModel) // from the server
	roomAgain    struct{}         // the terminal has taken what it had before it
	terminalGone struct{ err error }
)

// Init does nothing: the first thing that the program is told is its size.
func (p *pickScreen) Init() tea.Cmd { return nil }

// Update takes what the program is told into the model, and sets about what the model
// asks for then. None of that is a tea.Cmd: those go on when the program has ended,
// and nobody could wait for them.
func (p *pickScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.shape = rawtty.Size{Rows: msg.Height, Cols: msg.Width}
	case typedTokens:
		for _, t := range msg {
			if !p.m.left {
				p.m.key(t, max(1, layoutOf(p.shape).listRows-1))
			}
		}
		if !p.m.left {
			p.taken <- struct{}{}
		}
	case learned:
		msg(&p.m)
	case terminalGone:
		p.failed = msg.err
		return p, tea.Quit
	}
	for _, t := range p.m.todo {
		p.do(t)
	}
	p.m.todo = nil
	if p.m.left {
		return p, tea.Quit
	}
	p.showCurrent()
	return p, nil
}

// ownShape leaves the cursor in the shape that the user has given it: bubbletea makes
// the number 0 of it, which is no shape to set.
const ownShape tea.CursorShape = -1

// View is what the terminal is to show.
func (p *pickScreen) View() tea.View {
	if p.frames.full() {
		return p.last
	}
	rows, cursor := p.m.rows(p.shape)
	view := tea.NewView(strings.Join(rows, "\n"))
	view.AltScreen = true
	view.Cursor = &tea.Cursor{Position: tea.Position{X: min(cursor, p.shape.Cols-1)}, Shape: ownShape}
	p.last = view
	return view
}
