package exectest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

func TestTerminalCarriesBytesBothWays(t *testing.T) {
	term, err := NewTerminal()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	io.WriteString(term.MasterFd(), "typed")
	if n, err := term.SlaveFd().Read(buf); string(buf[:n]) != "typed" {
		t.Errorf("the program reads %q, %v", buf[:n], err)
	}
	io.WriteString(term.SlaveFd(), "out\n")
	if n, err := term.MasterFd().Read(buf); string(buf[:n]) != "out\n" {
		t.Errorf("the manager reads %q, %v", buf[:n], err)
	}
	term.SlaveFd().Close()
	if _, err := term.MasterFd().Read(buf); err != io.EOF {
		t.Errorf("after the program's end: %v", err)
	}
	if err := term.Close(); err != nil || !term.Closed() {
		t.Errorf("Close = %v, Closed = %v", err, term.Closed())
	}
	term.WaitClosed(t)
}

func TestTerminalReadEndsWithItsDeadlineAndItsClose(t *testing.T) {
	term, err := NewTerminal()
	if err != nil {
		t.Fatal(err)
	}
	if err := term.MasterFd().SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatalf("no deadlines: %v", err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := term.SlaveFd().Read(make([]byte, 1))
		read <- err
	}()
	term.Close()
	if err := <-read; err == nil {
		t.Error("a read went on after Close")
	}
}

func TestTerminalRemembersSizes(t *testing.T) {
	var f Terminals
	made, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	if len(f.Made()) != 1 {
		t.Fatalf("made %d terminals", len(f.Made()))
	}
	term := f.Made()[0]
	if term.Size() != (exec.Size{}) {
		t.Errorf("a new terminal has the size %v", term.Size())
	}
	term.Resize(24, 80)
	go term.Resize(30, 90)
	term.WaitSize(t, exec.Size{Rows: 30, Cols: 90})
	if got := term.Sizes(); len(got) != 2 || got[0] != (exec.Size{Rows: 24, Cols: 80}) {
		t.Errorf("sizes %v", got)
	}
	broken := errors.New("broken")
	term.FailResize(broken)
	if err := term.Resize(1, 1); err != broken || term.Size().Rows != 30 {
		t.Errorf("Resize = %v, size %v", err, term.Size())
	}
	f.FailOpen(broken)
	if _, err := f.Open(); err != broken {
		t.Errorf("Open = %v", err)
	}
}

func TestClockFiresWhatIsDue(t *testing.T) {
	start := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	c := NewClock(start)
	second, minute := c.After(time.Second), c.After(time.Minute)
	c.WaitTimers(t, 2)
	c.Advance(time.Second)
	if got := <-second; !got.Equal(start.Add(time.Second)) {
		t.Errorf("fired at %v", got)
	}
	select {
	case <-minute:
		t.Error("fired too early")
	default:
	}
	if c.Timers() != 1 || !c.Now().Equal(start.Add(time.Second)) {
		t.Errorf("%d timers at %v", c.Timers(), c.Now())
	}
	<-c.After(0)
	<-c.After(-time.Second)
}

func TestSinkRecordsAndWaits(t *testing.T) {
	from := make(chan exec.StreamOutput)
	s := Record(from)
	go func() {
		from <- exec.StreamOutput{SessionID: "a", Data: []byte("one ")}
		from <- exec.StreamOutput{SessionID: "b", Data: []byte("other")}
		from <- exec.StreamOutput{SessionID: "a", Data: []byte("err"), Target: exec.StreamTargetStdErr}
		from <- exec.StreamOutput{SessionID: "a", Data: []byte("two")}
		from <- exec.StreamOutput{SessionID: "a", Signal: exec.StreamSignalClose, Exit: &exec.ExitStatus{Code: 3}}
		close(from)
	}()
	s.WaitText(t, "a", "one two")
	if out := s.WaitClose(t, "a"); out.Exit.Code != 3 {
		t.Errorf("closed with %v", out.Exit)
	}
	s.WaitEnd(t)
	if got := s.Bytes("a", exec.StreamTargetStdErr); string(got) != "err" {
		t.Errorf("standard error %q", got)
	}
	if len(s.Outputs("")) != 5 || len(s.Outputs("b")) != 1 {
		t.Errorf("recorded %d and %d", len(s.Outputs("")), len(s.Outputs("b")))
	}
}
