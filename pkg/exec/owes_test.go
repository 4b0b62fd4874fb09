package exec_test

import (
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// detach detaches and reports whether answers of the terminal are due.
func (v *viewer) detach() bool {
	v.t.Helper()
	left, err := v.st.m.Detach(by(v.name), v.st.id)
	if err != nil {
		v.t.Fatal(err)
	}
	return left.AnswersDue
}

func TestDetachTellsOfAnswersDue(t *testing.T) {
	const asks, answers = "\x1b[5n\x1b[c", "\x1b[0n\x1b[?62;22c"
	watches := exec.AttachOptions{Size: small, ReadOnly: true}
	for name, c := range map[string]struct {
		o    exec.AttachOptions
		asks string
		says string
		want bool
	}{
		"not asked":           {o: exec.AttachOptions{Size: small}},
		"asked":               {o: exec.AttachOptions{Size: small}, asks: asks, want: true},
		"typed":               {o: exec.AttachOptions{Size: small}, asks: asks, says: "x", want: true},
		"answered":            {o: exec.AttachOptions{Size: small}, asks: asks, says: answers},
		"answered in part":    {o: exec.AttachOptions{Size: small}, asks: asks, says: "\x1b[0n", want: true},
		"watches":             {o: watches, asks: asks, want: true},
		"watches and answers": {o: watches, asks: asks, says: answers},
		"is sent frames":      {o: exec.AttachOptions{Size: large, ReadOnly: true}, asks: asks},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, small, fake())
			st.print(asks + ".") // nobody is there: the model answers
			v := st.view("v", c.o.Size)
			v.attach(c.o)
			st.print(c.asks)
			st.print(".") // and by now what was asked is known
			v.waitAt(st.written)
			v.typeBytes([]byte(c.says))
			v.typeBytes(nil) // is taken when what was typed before it was dealt with
			if got := v.detach(); got != c.want {
				t.Errorf("answers due: %v", got)
			}
			if again := v.detach(); again {
				t.Error("answers due: once more")
			}
		})
	}
}

// A client that did not read is sent the questions when it leaves.
func TestQuestionsSentLastAreDue(t *testing.T) {
	st := newStage(t, small, fake())
	v := st.view("v", small)
	v.attach(exec.AttachOptions{Size: small})
	st.print(".")
	v.waitAt(st.written)
	v.stop()
	st.print("\x1b[5n")
	if !v.detach() {
		t.Error("no answer is due")
	}
	v.gate.Unlock()
}

func TestClosingTellsOfAnswersDue(t *testing.T) {
	for name, end := range map[string]func(*stage){
		"sent away": func(st *stage) {
			if n, err := st.m.DetachAll(nil, st.id); n != 2 || err != nil {
				st.t.Errorf("%d detached, %v", n, err)
			}
		},
		"ended": func(st *stage) { st.end <- nil },
	} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, small, fake())
			silent, drawn := st.view("silent", small), st.view("drawn", large)
			drawn.attach(exec.AttachOptions{Size: large, ReadOnly: true})
			silent.attach(exec.AttachOptions{Size: small})
			st.print("\x1b[5n")
			st.print(".")
			silent.waitAt(st.written)
			end(st)
			if o := silent.waitClosed(); !o.AnswersDue {
				t.Errorf("a terminal that was asked: %+v", o)
			}
			if o := drawn.waitClosed(); o.AnswersDue {
				t.Errorf("a terminal that was not: %+v", o)
			}
		})
	}
}
