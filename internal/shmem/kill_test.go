package shmem

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// roleVariable makes the test binary the process that is killed.
const roleVariable = "XSH_SHMEM_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) == "" {
		os.Exit(m.Run())
	}
	if err := fill(os.NewFile(3, "memory"), os.NewFile(4, "output")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fill reads the output into the memory's log, and stores record, screen and
// history after each read, until it is killed or the output ends.
func fill(file, output *os.File) error {
	m, err := Open(file)
	if err != nil {
		return err
	}
	for i := uint64(1); ; i++ {
		n, err := output.Read(m.Window(8192))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		m.Publish(n)
		if err := m.SetRecord(checked(i, int(i%300))); err != nil {
			return err
		}
		if err := m.WriteHistory(placeOf(i), checked(i, 92)); err != nil {
			return err
		}
		if err := m.SetScreen(checked(i, int(i*37%20000))); err != nil {
			return err
		}
	}
}

// placeOf is where the history is that goes with screen i: not where that of the screen
// before is.
func placeOf(i uint64) int64 { return int64(i%2) * 10_000 }

// checked returns 8 bytes of i and n more that follow from it.
func checked(i uint64, n int) []byte {
	return append(binary.NativeEndian.AppendUint64(nil, i), bytes.Repeat([]byte{byte(i)}, n)...)
}

func isChecked(p []byte, size func(i uint64) int) bool {
	if len(p) < 8 {
		return false
	}
	i := binary.NativeEndian.Uint64(p)
	return bytes.Equal(p, checked(i, size(i)))
}

// TestKilledAtAnyMoment kills the process that fills a memory again and again,
// while a program prints numbered lines: the log that each next one takes over
// has every byte once, and what is stored is whole.
func TestKilledAtAnyMoment(t *testing.T) {
	leaktest.Check(t)
	const kills = 25
	m := newMemory(t, Limits{Log: 2 << 20, History: 64 << 10})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "line %d of the program\n", i); err != nil {
				return
			}
		}
	}()
	check := logChecker{t: t}
	for round := range kills {
		pause := time.Duration(rand.IntN(30)+1) * time.Millisecond // the moment is the test's subject
		killAfter(t, m.File(), r, pause)
		_, published := m.Bounds()
		n := again(t, m)
		if _, end := n.Bounds(); end > published {
			check.inside++
		}
		check.goOn(n)
		if rec := n.Record(); rec != nil && !isChecked(rec, func(i uint64) int { return int(i % 300) }) {
			t.Fatalf("round %d: the record is not whole", round)
		}
		if s := n.Screen(); s != nil {
			if !isChecked(s, func(i uint64) int { return int(i * 37 % 20000) }) {
				t.Fatalf("round %d: the screen is not whole", round)
			}
			checkHistory(t, n, binary.NativeEndian.Uint64(s))
		}
	}
	r.Close()
	<-printed
	w.Close()
	if check.line < kills {
		t.Errorf("only %d lines in %d rounds", check.line, kills)
	}
	t.Logf("%d lines in %d kills, %d of them inside a read", check.line, kills, check.inside)
}

// killAfter runs fill in a process of its own and kills that.
func killAfter(t *testing.T, memory, output *os.File, d time.Duration) {
	t.Helper()
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"=fill")
	cmd.ExtraFiles = []*os.File{memory, output}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d + 10*time.Millisecond)
	cmd.Process.Kill()
	if cmd.Wait(); cmd.ProcessState.Sys().(interface{ Signaled() bool }).Signaled() == false {
		t.Fatalf("the process ended by itself: %v %s", cmd.ProcessState, said.String())
	}
}

// logChecker reads a log on from where it was and expects the lines in order.
type logChecker struct {
	t      *testing.T
	offset int64
	text   []byte // what came of a line so far
	line   int    // the next; -1 for any
	inside int    // kills between a read and its Publish
}

func (c *logChecker) goOn(m *Memory) {
	c.t.Helper()
	start, end := m.Bounds()
	if c.offset < start { // more than the log holds: go on at a whole line
		c.text, c.offset = nil, start
		c.line = -1
	}
	got := make([]byte, end-c.offset)
	if n, err := m.Read(got, c.offset); n != len(got) || err != nil {
		c.t.Fatalf("read %d of %d: %v", n, len(got), err)
	}
	c.offset = end
	for _, b := range got {
		if c.text = append(c.text, b); b != '\n' {
			continue
		}
		var i int
		_, err := fmt.Sscanf(string(c.text), "line %d of the program", &i)
		switch {
		case c.line == -1 && err != nil: // the first may be half of one
		case err != nil, c.line >= 0 && i != c.line:
			c.t.Fatalf("%q where line %d should be: %v", c.text, c.line, err)
		default:
			c.line = i + 1
		}
		c.text = c.text[:0]
	}
}

// checkHistory expects the history that goes with screen i.
func checkHistory(t *testing.T, m *Memory, i uint64) {
	t.Helper()
	got, err := m.ReadHistory(placeOf(i), 100)
	if err != nil || !bytes.Equal(got, checked(i, 92)) {
		t.Fatalf("the history of screen %d is %x, %v", i, got, err)
	}
}
