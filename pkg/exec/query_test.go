package exec_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// questions are what programs ask their terminal, one of each kind.
var questions = []string{
	"\x1b[c", "\x1b[>c", "\x1b[6n", "\x1b[5n", "\x1b[?2004$p", "\x1b]11;?\x1b\\",
	"\x1b]4;1;?\x1b\\", "\x1b[>q", "\x1b[?u", "\x1bP$qm\x1b\\", "\x1b[18t",
}

// end is the question that the tests ask last: DA3.
const lastQuestion = "\x1b[=c"

// answersOf returns what a terminal answers to all the questions.
func answersOf(size exec.Size, output string) string {
	var all strings.Builder
	term := vt.New(vt.Size(size), vt.Config{Effects: vt.Effects{
		Reply: func(answer []byte) { all.Write(answer) },
	}})
	term.Write([]byte(output))
	return all.String()
}

// ask prints the questions and the last one.
func (st *stage) ask() {
	st.t.Helper()
	st.write([]byte(strings.Join(questions, "") + lastQuestion))
}

// checkAnswers reads what the program is answered: each answer once, however
// many terminals and the model may have been asked.
func (st *stage) checkAnswers(when string, size exec.Size) {
	st.t.Helper()
	want := answersOf(size, strings.Join(questions, "")+lastQuestion)
	last := answersOf(size, lastQuestion)
	// What comes too much comes before what is typed next by nobody's terminal.
	got := st.input(last)
	if err := st.m.Typed(st.id, []byte("|")); err != nil {
		st.t.Fatal(err)
	}
	got += strings.TrimSuffix(st.input("|"), "|")
	if got != want {
		st.t.Errorf("%s:\n got %q\nwant %q", when, got, want)
	}
}

// answering opens a stream for a client whose terminal answers.
func (st *stage) answering(name string, size exec.Size) *viewer {
	v := st.view(name, size)
	v.answers.Store(true)
	return v
}

func TestModelAnswersWhenNobodyIsThere(t *testing.T) {
	for name, cfg := range map[string]exec.ManagerConfig{"fake": fake(), "pty": {}} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, small, cfg)
			st.ask()
			st.checkAnswers("before any client", small)
			a := st.answering("a", small)
			a.attach(exec.AttachOptions{Size: small})
			st.ask()
			st.checkAnswers("while a client leads", small)
			a.leave()
			st.ask()
			st.checkAnswers("after it left", small)
		})
	}
}

func TestOthersDoNotAnswer(t *testing.T) {
	st := newStage(t, small, fake())
	watcher, other, drawn, leader := st.answering("w", small), st.answering("o", small), st.answering("d", large), st.answering("l", small)
	watcher.attach(exec.AttachOptions{Size: small, ReadOnly: true})
	other.attach(exec.AttachOptions{Size: small})
	drawn.attach(exec.AttachOptions{Size: large})
	leader.attach(exec.AttachOptions{Size: small})
	st.print("\r\n\n")
	st.ask()
	st.checkSame("four clients")
	// On the first row a cursor report looks like F3 with a modifier.
	st.print("\x1b[H...")
	st.ask()
	st.checkSame("cursor on the first row")
	st.print("\x1b[2J")
	leader.answers.Store(false)
	other.typeBytes([]byte("x"))
	st.input("x")
	st.print("\x1b[H...")
	st.ask()
	st.checkSame("another leads")
}

// checkSame is checkAnswers where the cursor's place was not the first.
func (st *stage) checkSame(when string) {
	st.t.Helper()
	n := len(answersOf(small, lastQuestion))
	got := st.input(answersOf(small, lastQuestion))
	if err := st.m.Typed(st.id, []byte("|")); err != nil {
		st.t.Fatal(err)
	}
	got += strings.TrimSuffix(st.input("|"), "|")
	for _, final := range []string{"R", "n", "$y", "\x1b]11", "\x1b]4", "\x1bP>|", "\x1b[?0u", "\x1bP1$r", "t"} {
		if k := strings.Count(got, final); k != 1 {
			st.t.Errorf("%s: %d answers with %q in %q", when, k, final, got)
		}
	}
	if n == 0 {
		st.t.Error("no last answer")
	}
}

func TestDrawnLeaderIsAnsweredFor(t *testing.T) {
	st := newStage(t, small, fake())
	a, b := st.answering("a", small), st.answering("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	a.hangUp()
	st.ask()
	st.checkAnswers("only one who watches, drawn", small)
}

func TestLeaderLeavesWithoutAnAnswer(t *testing.T) {
	st := newStage(t, small, fake())
	a := st.view("a", small) // its terminal is silent
	a.attach(exec.AttachOptions{Size: small})
	st.ask()
	st.settle()
	a.waitAt(st.written)
	a.hangUp()
	st.checkAnswers("after the silent client has left", small)
}

// TestWhoLeavesIsShownNoAnswers: what the model answers for a client that leaves, a
// program may print. It is not brought to the client's terminal on the way out.
func TestWhoLeavesIsShownNoAnswers(t *testing.T) {
	for range 20 {
		st := newStage(t, small, fake())
		go io.Copy(st.tty, st.tty) // ends with the terminal
		a, out := st.open(exec.AttachOptions{Size: small})
		st.write([]byte("\x1b[casked\r\n"))
		out.WaitText(t, st.id, "asked")
		d, err := a.Detach(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(d.Leave, []byte("[?62")) || bytes.Contains(d.Leave, []byte("[?65")) {
			t.Fatalf("who leaves is shown %q", d.Leave)
		}
	}
}

func TestAnswerInPieces(t *testing.T) {
	st := newStage(t, small, fake())
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: small})
	for _, answer := range []string{"\x1b[?62;22c", "\x1bP!|00000000\x1b\\", "\x1b]11;rgb:0000/0000/0000\x1b\\"} {
		for cut := 1; cut < len(answer); cut++ {
			st.print(map[byte]string{'[': "\x1b[c", 'P': "\x1b[=c", ']': "\x1b]11;?\x1b\\"}[answer[1]])
			a.waitAt(st.written)
			a.typeBytes([]byte(answer[:cut]))
			a.typeBytes([]byte(answer[cut:]))
			a.typeBytes([]byte("."))
			if got := st.input("."); got != answer+"." {
				t.Errorf("cut at %d: the program reads %q", cut, got)
			}
			// The same again was not asked for.
			st.print(".")
			a.waitAt(st.written)
			a.typeBytes([]byte(answer + "."))
			if got := st.input("."); got != "." {
				t.Errorf("not asked for: the program reads %q", got)
			}
		}
	}
}

func TestKeysAreNotHeldForLong(t *testing.T) {
	st := newStage(t, small, fake())
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: small})
	for _, asked := range []string{"", "\x1b[c"} {
		st.print(asked)
		a.waitAt(st.written)
		for _, key := range []string{"\x1b", "\x1bO", "\x1b["} {
			a.typeBytes([]byte(key))
			if got := st.input(key); got != key {
				t.Errorf("typed %q, the program reads %q", key, got)
			}
		}
	}
}

// An answer that was under way when the client typed on is still one, and what
// is pasted is none.
func TestPastedAnswersAreText(t *testing.T) {
	st := newStage(t, small, fake())
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: small})
	text := "\x1b[200~\x1b[?62;22c\x1b[201~."
	a.typeBytes([]byte(text))
	if got := st.input("."); got != text {
		t.Errorf("pasted %q, the program reads %q", text, got)
	}
}

// Clients that come and go while the program asks: each question has one
// answer, whoever gives it. Of two that are given at once either comes first.
func TestQuestionsDuringAttachAndDetach(t *testing.T) {
	st := newStage(t, small, fake())
	const rounds = 40
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for range rounds {
			st.write([]byte("\x1b[c"))
		}
	}()
	for range 6 {
		a := st.answering("a", small)
		a.attach(exec.AttachOptions{Size: small})
		b := st.answering("b", large)
		b.attach(exec.AttachOptions{Size: large})
		a.answers.Store(false) // its terminal hangs
		a.hangUp()
		b.leave()
	}
	<-asked
	answer, last := answersOf(small, "\x1b[c"), answersOf(small, lastQuestion)
	n := 0
	for n < rounds {
		n += strings.Count(st.input(answer), answer)
	}
	st.write([]byte(lastQuestion))
	if got := st.input(last); n != rounds || got != last {
		t.Errorf("%d questions, %d answers, and then %q", rounds, n, got)
	}
}

// An answer that comes when another client leads goes to the program, and does
// not make its client the leader.
func TestAnswersDoNotLead(t *testing.T) {
	st := newStage(t, small, fake())
	a := st.view("a", small)
	a.attach(exec.AttachOptions{Size: small})
	st.print("\x1b[c")
	a.waitAt(st.written)
	st.view("b", large).attach(exec.AttachOptions{Size: large})
	a.typeBytes([]byte("\x1b[?62;22c"))
	st.input("\x1b[?62;22c")
	if got := st.size(); got != large {
		t.Errorf("size %v", got)
	}
}

// What is held back comes behind what was typed before it, also when that has
// to wait for a new leader's size.
func TestHeldKeyKeepsItsPlace(t *testing.T) {
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	st.print("\x1b[c") // one is due
	a.waitAt(st.written)
	b.attach(exec.AttachOptions{Size: large})
	a.typeBytes([]byte("x\x1b")) // held for less time than the size is waited for
	st.input("x\x1b")
}
