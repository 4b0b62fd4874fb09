package exec_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

// The terminal knows its size in pixels from whoever leads, through all changes, and the
// model tells a program no other.
func TestPixelsOfTheLeader(t *testing.T) {
	st := newStage(t, small, exec.ManagerConfig{})
	pixels := func(height, width uint16) {
		t.Helper()
		w, err := unix.IoctlGetWinsize(int(st.tty.Fd()), unix.TIOCGWINSZ)
		if err != nil || w.Ypixel != height || w.Xpixel != width {
			t.Errorf("%+v, %v; want %d pixels high, %d wide", w, err, height, width)
		}
	}
	pixels(0, 0)
	st.print("\x1b[16t\x1b[18t")
	st.input("\x1b[8;12;40t") // 16 t has no answer
	open := func(size exec.Size, p exec.Pixels) *exec.Attachment {
		t.Helper()
		a, err := st.m.Open(t.Context(), st.id, exec.AttachOptions{Size: size, Pixels: p}, nowhere{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open(large, exec.Pixels{Width: 703, Height: 407})
	pixels(407, 703)
	b := open(small, exec.Pixels{Width: 200, Height: 120})
	pixels(120, 200)
	if err := a.Type(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	pixels(407, 703)
	// A larger font, in a window of the same cells and then of others.
	if err := a.ResizePixels(large, exec.Pixels{Width: 1000, Height: 500}); err != nil {
		t.Fatal(err)
	}
	pixels(500, 1000)
	if err := a.ResizePixels(exec.Size{Rows: 10, Cols: 70}, exec.Pixels{Width: 1001, Height: 251}); err != nil {
		t.Fatal(err)
	}
	pixels(251, 1001)
	for _, who := range []*exec.Attachment{a, b} {
		if _, err := who.Detach(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// b came last of those who are left when a went.
	pixels(120, 200)
	st.input("x")
	st.print("\x1b[14t\x1b[16t")
	st.input("\x1b[4;120;200t\x1b[6;10;5t")
}
