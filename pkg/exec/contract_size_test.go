package exec_test

import (
	"fmt"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

var sizeContract = []contractCase{
	{"Resize", testResize},
	{"HandlesResize", testHandlesResize},
	{"DeafHandlerBlocksNobody", testDeafHandler},
	{"LeaderRules", testLeaderRules},
	{"LeaderLeaves", testLeaderLeaves},
}

func testResize(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s", Size: exec.Size{Rows: 5, Cols: 6}, Command: []string{"size"}})
	u := connect(t, p, "u")
	u.attach("s", exec.AttachOptions{Resume: true})
	u.out.WaitText(t, "s", "size 5x6\n")
	for _, size := range []exec.Size{{Rows: 1, Cols: 1}, {Rows: 30, Cols: 100}, {Rows: 65535, Cols: 65535}} {
		if err := p.ResizeSession(u.ctx, "s", int32(size.Rows), int32(size.Cols)); err != nil {
			t.Fatalf("resize: %v", err)
		}
		u.typ("s", "size")
		u.out.WaitText(t, "s", "size "+size.String()+"\n")
		if s := u.session("s"); s.Size != size {
			t.Errorf("size %v, want %v", s.Size, size)
		}
	}
	// From somebody who is not attached it counts as well.
	if err := p.ResizeSession(nil, "s", 7, 8); err != nil || u.session("s").Size != (exec.Size{Rows: 7, Cols: 8}) {
		t.Errorf("resize: %v, size %v", err, u.session("s").Size)
	}
}

func testHandlesResize(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "resize", exec.SessionOptions{ID: "s", Size: exec.Size{Rows: 5, Cols: 6}})
	u := connect(t, p, "u")
	u.attach("s", exec.AttachOptions{Resume: true})
	u.out.WaitText(t, "s", "first 5x6\n")
	for i := range 50 {
		if err := p.ResizeSession(u.ctx, "s", int32(i+10), 80); err != nil {
			t.Fatal(err)
		}
	}
	u.out.WaitText(t, "s", "size 59x80\n") // the newest, whichever were skipped
	if err := p.ResizeSession(u.ctx, "s", 3, 4); err != nil {
		t.Fatal(err)
	}
	u.out.WaitText(t, "s", "size 3x4\n")
	if s := u.session("s"); s.Size != (exec.Size{Rows: 3, Cols: 4}) {
		t.Errorf("size %v", s.Size)
	}
}

func testDeafHandler(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "deaf", exec.SessionOptions{ID: "s"})
	u := connect(t, p, "u")
	u.attachPlain("s")
	for i := range 100 {
		if err := p.ResizeSession(u.ctx, "s", int32(i+1), 80); err != nil {
			t.Fatal(err)
		}
	}
	u.echo("s", "not bothered")
	if s := u.session("s"); s.Size != (exec.Size{Rows: 100, Cols: 80}) {
		t.Errorf("size %v", s.Size)
	}
}

// checkSize checks the session's size as its program sees it and as it is
// told.
func checkSize(t *testing.T, u *user, id string, want exec.Size) {
	t.Helper()
	if s := u.session(id); s.Size != want {
		t.Errorf("the session's size is %v, want %v", s.Size, want)
	}
}

func size(rows, cols int) exec.Size { return exec.Size{Rows: rows, Cols: cols} }

// seesSize asks the program for its size, as u types. What it says is looked
// for in the log: u may be drawn frames.
func (u *user) seesSize(id string, want exec.Size) {
	u.t.Helper()
	mark := newName()
	u.typ(id, "say "+mark)
	u.typ(id, "size")
	v := connect(u.t, u.p, "reads what the program says")
	v.attach(id, exec.AttachOptions{ReadOnly: true, Resume: true})
	v.out.WaitText(u.t, id, fmt.Sprintf("%s\nsize %v\n", mark, want))
	v.hangUp()
}

func testLeaderRules(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a, b, plain := connect(t, p, "a"), connect(t, p, "b"), connect(t, p, "plain")
	a.attach("s", exec.AttachOptions{Size: size(20, 80)})
	checkSize(t, a, "s", size(20, 80))
	b.attach("s", exec.AttachOptions{Size: size(30, 90)})
	checkSize(t, a, "s", size(30, 90)) // attached last
	b.seesSize("s", size(30, 90))
	if err := p.ResizeSession(a.ctx, "s", 21, 81); err != nil {
		t.Fatal(err)
	}
	checkSize(t, a, "s", size(30, 90)) // a does not lead
	a.seesSize("s", size(21, 81))      // typed last: its newest size, before the first byte
	b.seesSize("s", size(30, 90))
	if err := p.ResizeSession(b.ctx, "s", 31, 91); err != nil {
		t.Fatal(err)
	}
	checkSize(t, a, "s", size(31, 91)) // b leads
	plain.attachPlain("s")
	checkSize(t, a, "s", size(31, 91)) // leads, but has told no size
	plain.seesSize("s", size(31, 91))
	watcher := connect(t, p, "watcher")
	watcher.attach("s", exec.AttachOptions{Size: size(40, 100), ReadOnly: true})
	watcher.typ("s", "say no")
	a.seesSize("s", size(21, 81))
}

func testLeaderLeaves(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a, b, c := connect(t, p, "a"), connect(t, p, "b"), connect(t, p, "c")
	a.attach("s", exec.AttachOptions{Size: size(20, 80)})
	b.attach("s", exec.AttachOptions{Size: size(30, 90)})
	c.attach("s", exec.AttachOptions{Size: size(40, 100)})
	c.detach("s")
	checkSize(t, a, "s", size(30, 90)) // b attached after a
	a.seesSize("s", size(20, 80))
	a.hangUp()
	waitSession(t, b, "s", func(s *exec.Session) bool { return s.Clients == 1 && s.Size == size(30, 90) })
	b.seesSize("s", size(30, 90))
	b.detach("s")
	checkSize(t, b, "s", size(30, 90)) // nobody leads: as it was
}
