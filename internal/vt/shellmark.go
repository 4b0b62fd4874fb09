package vt

import (
	"bytes"
	"strings"
)

// Shells mark where prompts, commands and output begin: FinalTerm's OSC 133, with what
// kitty and others added, and VS Code's OSC 633. That a prompt or output begins on a row
// is a flag of that row; options, and the status of the command that ended there, are
// text in a table, as the program gave it: "D;1", "A;redraw=1".
// https://gitlab.freedesktop.org/Per_Bothner/specifications/blob/master/proposals/semantic-prompts.md

// Bounds of the marks that are kept.
const (
	maxMarks     = 256 // bytes of one row's, which are separated by zeros
	minMarkLimit = 1024
)

// lineInfo is what is known of a row beside its cells.
type lineInfo struct {
	flags rowFlags
	marks string // under rowMarked
}

// line returns what is known of row y.
func (g *grid) line(y int, t *textTable) lineInfo {
	m := g.info(y)
	l := lineInfo{flags: m.flags}
	if m.flags&rowMarked != 0 {
		l.marks = t.texts[m.marks]
	}
	return l
}

// setLine makes l what is known of row y.
func (g *grid) setLine(y int, l lineInfo, t *textTable) {
	m := g.info(y)
	m.flags = l.flags
	if l.flags&rowMarked != 0 {
		m.marks = uint16(t.id(l.marks))
	}
}

// shellMark is OSC 133 and 633.
func (t *Terminal) shellMark(b []byte) {
	if len(b) == 0 {
		return
	}
	kind, params := b[0], bytes.TrimPrefix(b[1:], []byte{';'})
	if dir, ok := bytes.CutPrefix(b, []byte("P;Cwd=")); ok {
		t.changeCwd("file://" + clean(dir, maxCwd))
		return
	}
	if f := t.cfg.Effects.Mark; f != nil && strings.IndexByte("ABCDEP", kind) >= 0 {
		f(kind, clean(params, maxString))
	}
	m := t.grid.info(t.cur.row)
	switch {
	case kind == 'A', kind == 'P' && !property(params):
		m.flags |= rowPrompt
	case kind == 'C':
		m.flags |= rowOutput
	case kind != 'D':
		return
	}
	t.keepMark(kind, clean(params, maxMarks))
}

// property tells whether what follows P is a property of VS Code's, as P;IsWindows=True,
// and not the options of a prompt, which have keys of one small word: P;k=i.
func property(params []byte) bool {
	return len(params) > 0 && params[0] >= 'A' && params[0] <= 'Z'
}

// keepMark keeps a mark of the cursor's row, in place of one of its kind, if it says
// more than the row's flags do.
func (t *Terminal) keepMark(kind byte, params string) {
	l := t.grid.line(t.cur.row, &t.tables.marks)
	var kept []string
	for _, mark := range l.list() {
		if mark[0] != kind {
			kept = append(kept, mark)
		}
	}
	mark := string(kind)
	if params != "" {
		mark += ";" + params
	}
	if params != "" || kind == 'D' || kind == 'P' {
		kept = append(kept, mark)
	}
	l.flags &^= rowMarked
	if l.marks = strings.Join(kept, "\x00"); l.marks != "" && len(l.marks) <= maxMarks {
		l.flags |= rowMarked
	}
	if len(t.tables.marks.texts) >= t.tables.marks.limit {
		t.collectMarks()
	}
	t.grid.setLine(t.cur.row, l, &t.tables.marks)
}

// list returns the marks that say more than the flags do.
func (l *lineInfo) list() []string {
	if l.flags&rowMarked == 0 {
		return nil
	}
	return strings.Split(l.marks, "\x00")
}

// all returns all marks of the row, as OSC 133 has them.
func (l *lineInfo) all() []string {
	marks := l.list()
	has := func(kinds string) bool {
		for _, m := range marks {
			if strings.IndexByte(kinds, m[0]) >= 0 {
				return true
			}
		}
		return false
	}
	if l.flags&rowPrompt != 0 && !has("AP") {
		marks = append(marks, "A")
	}
	if l.flags&rowOutput != 0 && !has("C") {
		marks = append(marks, "C")
	}
	return marks
}

// option returns the value of an option of the row's prompt, "" for none.
func (l *lineInfo) option(key string) string {
	for _, mark := range l.list() {
		for kv := range strings.SplitSeq(mark, ";") {
			if v, ok := strings.CutPrefix(kv, key+"="); ok && strings.IndexByte("AP", mark[0]) >= 0 {
				return v
			}
		}
	}
	return ""
}

// join adds what is known of a row that goes on with this one.
func (l *lineInfo) join(next lineInfo) {
	l.flags |= next.flags &^ (rowContinues | rowDouble)
	switch {
	case next.marks == "":
	case l.marks == "":
		l.marks = next.marks
	case len(l.marks)+len(next.marks) < maxMarks:
		l.marks += "\x00" + next.marks
	}
}

// collectMarks moves the marks in use to a new table.
func (t *Terminal) collectMarks() {
	t.worked(2, t.grid.size.Rows)
	old := t.tables.marks.texts
	var table textTable
	for _, g := range []*grid{&t.prim, &t.alt} {
		for i := range g.meta {
			if m := &g.meta[i]; m.flags&rowMarked != 0 {
				m.marks = uint16(table.id(old[m.marks]))
			}
		}
	}
	table.limit = max(minMarkLimit, 2*len(table.texts))
	t.tables.marks = table
}
