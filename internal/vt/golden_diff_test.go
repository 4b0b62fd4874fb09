package vt

import (
	"fmt"
	"reflect"
	"slices"
)

// diffSnapshots says how two snapshots differ in what a replay brings back: all
// but what unseen names.
func diffSnapshots(want, got *Snapshot) []string {
	d := snapshotDiff{want: want, got: got}
	d.all()
	return d.out
}

func (d *snapshotDiff) all() {
	want, got := d.want, d.got
	d.state()
	d.grid("row", want.active(), got.active())
	if want.onAlt && got.onAlt {
		d.grid("primary row", &want.prim, &got.prim)
	}
	d.history()
	d.value("tabs", want.describeTabs(), got.describeTabs())
	d.value("unfinished sequence", string(want.pending), string(got.pending))
	d.value("character that REP repeats", want.last, got.last)
}

// unseen are fields of the state that a replay cannot, and need not, bring back.
var unseen = map[string]string{
	"tabs": "compared by column: untouched tabs have a form of their own",
}

type snapshotDiff struct {
	want, got *Snapshot
	above     bool // got may have history of its own above
	out       []string
}

func (d *snapshotDiff) value(name string, want, got any) {
	if !reflect.DeepEqual(want, got) {
		d.out = append(d.out, fmt.Sprintf("%s: want %+v, got %+v", name, want, got))
	}
}

// state compares the fields of state one by one. Nothing is written to.
func (d *snapshotDiff) state() {
	a, b := d.want.state, d.got.state
	a.kept.bits &^= tellingModes // not kept by a replay, see there
	b.kept.bits &^= tellingModes
	a.kept.known &^= tellingModes
	b.kept.known &^= tellingModes
	if d.above {
		keepTitles(&a, &b)
	}
	want, got := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range want.NumField() {
		name := want.Type().Field(i).Name
		if _, ok := unseen[name]; ok {
			continue
		}
		a, b := plainValue(want.Field(i)), plainValue(got.Field(i))
		if a != b {
			d.out = append(d.out, fmt.Sprintf("%s: want %s, got %s", name, a, b))
		}
	}
}

// keepTitles gives a the titles of b where a program set none: a replay leaves those
// of the terminal.
func keepTitles(a, b *state) {
	if !a.title.set {
		a.title = b.title
	}
	a.titleStack = slices.Clone(a.titleStack)
	for i, t := range a.titleStack {
		if !t.set && i < len(b.titleStack) {
			a.titleStack[i] = b.titleStack[i]
		}
	}
}

// plainValue writes v out with what its pointers point to.
func plainValue(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "nil"
		}
		return "&" + plainValue(v.Elem())
	case reflect.Struct:
		s := v.Type().Name() + "{"
		for i := range v.NumField() {
			s += v.Type().Field(i).Name + ":" + plainValue(v.Field(i)) + " "
		}
		return s + "}"
	case reflect.Array, reflect.Slice:
		s := "["
		for i := range v.Len() {
			s += plainValue(v.Index(i)) + " "
		}
		return s + "]"
	}
	return fmt.Sprint(v)
}

func (d *snapshotDiff) grid(name string, want, got *grid) {
	if want.size != got.size {
		d.value(name+" size", want.size, got.size)
		return
	}
	for y := range want.size.Rows {
		a, b := want.row(y), got.row(y)
		for x := range a {
			if !d.sameCell(a[x], b[x]) {
				d.out = append(d.out, fmt.Sprintf("%s %d column %d: want %s, got %s", name, y, x,
					d.want.cellWords(a[x]), d.got.cellWords(b[x])))
				break
			}
		}
		if y == 0 && d.want.onAlt {
			continue // what it went on from is gone for good
		}
		d.value(fmt.Sprintf("%s %d flags", name, y), want.info(y).flags, got.info(y).flags)
		d.value(fmt.Sprintf("%s %d marks", name, y), want.line(y, &d.want.marks).marks, got.line(y, &d.got.marks).marks)
	}
}

func (d *snapshotDiff) sameCell(a, b cell) bool {
	if a.width() != b.width() || !sameStyle(&d.want.styles[a.style()], &d.got.styles[b.style()]) {
		return false
	}
	if (a|b)&cellCluster == 0 {
		ra, rb := a&cellRune, b&cellRune
		return ra == rb || blank(ra) && blank(rb)
	}
	return a.text(d.want.clusters) == b.text(d.got.clusters)
}

// blank: an empty cell and a space look the same.
func blank(c cell) bool { return c == 0 || c == ' ' }

func sameStyle(a, b *Style) bool {
	if a.Link == nil || b.Link == nil {
		return *a == *b
	}
	x, y := *a, *b
	x.Link, y.Link = nil, nil
	return x == y && *a.Link == *b.Link
}

func (s *Snapshot) cellWords(c cell) string {
	return fmt.Sprintf("%q %s", c.text(s.clusters), plainValue(reflect.ValueOf(s.styles[c.style()])))
}

func (d *snapshotDiff) history() {
	n, extra := d.want.hist.lines, d.got.hist.lines-d.want.hist.lines
	if extra < 0 || extra > 0 && !d.above {
		d.value("lines of history", n, d.got.hist.lines)
		return
	}
	a, b := d.want.History(0, n), d.got.History(extra, n)
	for i := range a {
		if !sameLine(a[i], b[i]) {
			d.value(fmt.Sprintf("history %d", i), lineWords(a[i]), lineWords(b[i]))
		}
	}
}

func lineWords(l Line) string {
	return fmt.Sprintf("%q, %d cells, continues %v, prompt %v, output %v", l.Text(), len(l.Cells), l.Continues, l.Prompt, l.Output)
}

func sameLine(a, b Line) bool {
	if a.Continues != b.Continues || a.Prompt != b.Prompt || a.Output != b.Output || !slices.Equal(a.Marks, b.Marks) {
		return false
	}
	for x := range max(len(a.Cells), len(b.Cells)) {
		p, q := cellAt(a, x), cellAt(b, x)
		if p.Text != q.Text || p.Width != q.Width || !sameStyle(&p.Style, &q.Style) {
			return false
		}
	}
	return true
}

func cellAt(l Line, x int) Cell {
	c := Cell{Width: 1}
	if x < len(l.Cells) {
		c = l.Cells[x]
	}
	if c.Text == " " {
		c.Text = ""
	}
	return c
}
