package client

import (
	"testing"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
)

// TestHeadingIsWrittenBetween: a title is never written within a sequence or a
// character, however the output is cut, and once more behind what may set another.
func TestHeadingIsWrittenBetween(t *testing.T) {
	for _, c := range []struct {
		output string
		places string // for each byte, whether a title may follow it
		again  bool   // the output may set another title
	}{
		{"ab\r\n", "yyyy", false},
		{"a\x1b[1;31mb", "ynnnnnnyy", false},
		{"ä€", "nynny", false},
		{"\x1b]0;x\ab", "nnnnnyy", true},
		{"\x1b]2;x\x1b\\b", "nnnnnnyy", true},
		{"\x1b[23;0tb", "nnnnnnyy", true},
		{"\x1bPq\x1b\\b", "nnnnyy", false},
	} {
		var h heading
		h.text = "mine"
		for i := range len(c.output) {
			h.due = nil
			h.passed(stream.OutputFrame{Data: []byte(c.output[i : i+1])})
			if h.mayFollow() != (c.places[i] == 'y') {
				t.Errorf("%q: a title may follow byte %d: %t", c.output, i, h.mayFollow())
			}
			if h.mayFollow() && h.due == nil && c.again && i == len(c.output)-2 {
				t.Errorf("%q: the title is not written again", c.output)
			}
		}
		whole := heading{text: "mine"}
		whole.passed(stream.OutputFrame{Data: []byte(c.output)})
		if again := whole.due != nil; again != c.again || !whole.mayFollow() {
			t.Errorf("%q at once: written again: %t", c.output, again)
		}
	}
}

// TestHeadingWaitsForTheReplay: what a replay still brings has the program's own title.
func TestHeadingWaitsForTheReplay(t *testing.T) {
	h := heading{text: "mine"}
	h.begin([]byte("screen"), true)
	if h.mayFollow() || h.due == nil {
		t.Error("written before the rest of the replay")
	}
	h.passed(stream.OutputFrame{Flags: stream.Drawn, Data: []byte("some")})
	if h.mayFollow() {
		t.Error("written within the rest of the replay")
	}
	h.passed(stream.OutputFrame{Flags: stream.Drawn | stream.Whole, Data: []byte("all")})
	if !h.mayFollow() || h.due == nil {
		t.Error("not written behind the replay")
	}
}

func stateTitle(s *exec.Session) string {
	if s.State.Name == exec.StateUnknown {
		return ""
	}
	return s.Name + " is " + string(s.State.Name) + ": " + s.Title
}

// TestStateTitle: the window is called what the state asks for, from the beginning and
// whenever the server tells, also behind output that ends within a sequence and behind
// a connection that broke.
func TestStateTitle(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.can, s.state = []string{stream.CanTell}, &typespb.State{Name: "blocked", Source: "report"}
	x := attach(t, s, AttachConfig{StateTitle: stateTitle, Title: func(*exec.Session) string { return "plain" }, Reconnect: patience})
	x.shows("\x1b]2;plain\x1b\\")
	x.shows("\x1b]2;one is blocked: \x1b\\")
	s.print("a\x1b[1")
	x.shows("a\x1b[1")
	s.tell("working", "a \atitle")
	s.print("mb")
	x.shows("mb\x1b]2;one is working: a title\x1b\\")
	s.print("\x1b]0;mine\ac")
	x.shows("\x1b]0;mine\ac\x1b]2;one is working: a title\x1b\\")
	s.tell("", "mine")
	x.shows("\x1b]2;mine\x1b\\")
	s.mu.Lock()
	s.state = &typespb.State{Name: "failed", Source: "report"}
	s.mu.Unlock()
	s.cut()
	x.shows("\x1b]2;one is failed: \x1b\\")
	s.tell("", "")
	x.shows("\x1b]2;plain\x1b\\")
	if !s.attaches[0].GetTold() {
		t.Error("the server was not asked to tell")
	}
	x.typeText("\x1c\x1c")
	if o := x.end(); o.Reason != ReasonDetached {
		t.Errorf("outcome %+v", o)
	}
}

// TestStateTitleOfAnOlderServer: one that would not say that a state is over has none in
// the title.
func TestStateTitleOfAnOlderServer(t *testing.T) {
	s := newFakeServer(t)
	s.replay, s.state = []byte("replay."), &typespb.State{Name: "blocked", Source: "report"}
	x := attach(t, s, AttachConfig{StateTitle: stateTitle})
	s.await("the attach", func() bool { return len(s.attaches) > 0 })
	s.print("begin.")
	x.shows("replay.begin.") // and nothing between
	s.print("end.")
	x.shows("end.")
}
