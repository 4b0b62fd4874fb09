package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// A terminal that comes back again and again has every line, and of none more
// than what it showed when it was left; another terminal gets all of them.
func TestComingBackGetsWhatIsNew(t *testing.T) {
	const cycles, each = 10, 30
	size := exec.Size{Rows: 10, Cols: 40}
	st := newStage(t, size, fake())
	terminal := vt.New(vt.Size(size), vt.Config{})
	for cycle := range cycles {
		v := st.view(fmt.Sprint("client", cycle), size)
		v.term = terminal
		v.attach(exec.AttachOptions{Size: size, Terminal: "tty1"})
		for i := range each {
			st.write(fmt.Appendf(nil, "line %d\r\n", 2*each*cycle+i))
		}
		st.settle()
		v.waitAt(st.written)
		v.leave()
		for i := range each { // while nobody is there
			st.write(fmt.Appendf(nil, "line %d\r\n", 2*each*cycle+each+i))
		}
		st.settle()
		terminal.Write([]byte("$ a shell's line\r\n"))
	}
	v := st.view("last", size)
	v.term = terminal
	v.attach(exec.AttachOptions{Size: size, Terminal: "tty1"})
	v.waitAt(st.written)
	seen := countLines(v.snapshot())
	doubled := 0
	for i := range 2 * each * cycles {
		switch n := seen[fmt.Sprint("line ", i)]; {
		case n == 0:
			t.Errorf("line %d is missing", i)
		case n > 2:
			t.Errorf("line %d stands there %d times", i, n)
		case n == 2:
			doubled++
		}
	}
	if most := size.Rows * (cycles + 1); doubled > most {
		t.Errorf("%d lines are doubled, at most a screen each time are to be: %d", doubled, most)
	}
	other := st.view("elsewhere", size)
	other.attach(exec.AttachOptions{Size: size, Terminal: "tty2"})
	if seen := countLines(other.snapshot()); len(seen) < 2*each*cycles {
		t.Errorf("another terminal was shown %d lines", len(seen))
	}
}

func countLines(s *vt.Snapshot) map[string]int {
	seen := map[string]int{}
	for _, line := range s.History(0, s.HistoryLines()) {
		seen[strings.TrimSpace(line.Text())]++
	}
	for _, text := range s.Text() {
		seen[strings.TrimSpace(text)]++
	}
	return seen
}

// What an ended session left is laid out for whoever looks at it, so that the
// client's last word comes below it.
func TestEndedSessionInALargerTerminal(t *testing.T) {
	st := newStage(t, small, fake())
	st.print("what was left\r\nlast line")
	st.end <- nil
	v := st.view("v", large)
	v.attach(exec.AttachOptions{Size: large})
	v.waitClosed()
	v.term.Write([]byte("xsh: ended"))
	text := strings.Join(v.snapshot().Text(), "\n")
	if !strings.Contains(text, "what was left\nlast line\nxsh: ended") {
		t.Errorf("it shows:\n%s", text)
	}
}
