package rawtty

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// await waits until the terminal is ready to be read, or written.
func await(t *testing.T, r Ready) {
	t.Helper()
	fds := [1]Ready{r}
	for by := time.Now().Add(patience); ; {
		if err := Wait(fds[:], time.Until(by)); err != nil {
			t.Fatal(err)
		}
		if fds[0].CanRead || fds[0].CanWrite {
			return
		}
		if time.Now().After(by) {
			t.Fatalf("the terminal is not ready:\n%s", stacks())
		}
	}
}

func TestRawBytesBothWays(t *testing.T) {
	terminal, ptmx, _ := openPair(t)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	typed := make([]byte, 256) // every byte: interrupt, quit, suspend, start, stop, end of file ...
	for i := range typed {
		typed[i] = byte(i)
	}
	if _, err := ptmx.Write(typed); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for buf := make([]byte, 512); len(got) < len(typed); {
		await(t, Ready{FD: terminal.InFD(), Read: true})
		n, err := terminal.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.Equal(got, typed) {
		t.Errorf("typed bytes arrived as %q", got)
	}

	printed := []byte("a\nb\r\tc")
	if n, err := terminal.Write(printed); n != len(printed) || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
	// Nothing was echoed, or it would stand before this.
	got = make([]byte, len(printed))
	if _, err := io.ReadFull(ptmx, got); err != nil || !bytes.Equal(got, printed) {
		t.Errorf("printed bytes arrived as %q, %v", got, err)
	}
}

// TestNothingWaits: neither a read with nothing there, nor a write to a terminal
// that takes nothing; and whose files these are finds them as they were.
func TestNothingWaits(t *testing.T) {
	for _, how := range []string{"opened once more", "as it came"} {
		terminal, _, tty := openPair(t)
		if how == "as it came" { // where the terminal cannot be opened
			terminal.read.close()
			terminal.write.close()
			terminal.read = endpoint{fd: int(tty.Fd()), blocking: true}
			terminal.write = endpoint{fd: int(tty.Fd()), blocking: true}
		}
		if err := terminal.MakeRaw(); err != nil {
			t.Fatal(err)
		}
		if n, err := terminal.Read(make([]byte, 16)); n != 0 || err != nil {
			t.Errorf("%s: Read with nothing there = %d, %v", how, n, err)
		}
		much := bytes.Repeat([]byte("x"), 1<<12)
		full := make(chan struct{})
		go func() {
			defer close(full)
			for range 1 << 10 {
				if n, err := terminal.Write(much); n == 0 || err != nil {
					return
				}
			}
			t.Errorf("%s: it takes all", how)
		}()
		wait(t, full)
		flags, err := unix.FcntlInt(tty.Fd(), unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK != 0 {
			t.Errorf("%s: the file was made non-blocking: %x, %v", how, flags, err)
		}
	}
}

func TestInputStaysForTheNext(t *testing.T) {
	terminal, ptmx, tty := openPair(t)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(ptmx, "xls -l\n"); err != nil {
		t.Fatal(err)
	}
	await(t, Ready{FD: terminal.InFD(), Read: true})
	if n, err := terminal.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Fatalf("Read = %d, %v", n, err)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 64)
	n, err := tty.Read(got)
	if err != nil || string(got[:n]) != "ls -l\n" {
		t.Errorf("the next reader got %q, %v", got[:n], err)
	}
}

// wait returns what arrives on c, or fails the test when nothing does.
func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("nothing within %v:\n%s", patience, stacks())
		panic("unreachable")
	}
}

func TestTerminalGone(t *testing.T) {
	terminal, ptmx, _ := openPair(t)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	ptmx.Close()
	await(t, Ready{FD: terminal.InFD(), Read: true})
	if _, err := terminal.Read(make([]byte, 16)); !errors.Is(err, io.EOF) && !errors.Is(err, unix.EIO) {
		t.Errorf("Read ended with %v, want io.EOF or EIO", err)
	}
	await(t, Ready{FD: terminal.OutFD(), Write: true})
	if _, err := terminal.Write([]byte("x")); !errors.Is(err, unix.EIO) {
		t.Errorf("Write = %v, want EIO", err)
	}
}

func TestWait(t *testing.T) {
	w, err := NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	fds := [...]Ready{{FD: w.FD(), Read: true}, {FD: -1, Read: true}}
	if err := Wait(fds[:], time.Millisecond); err != nil || fds[0].CanRead || fds[1].CanRead {
		t.Errorf("nothing came: %+v, %v", fds, err)
	}
	for range 3 {
		w.Wake() // three are one
	}
	if err := Wait(fds[:], -1); err != nil || !fds[0].CanRead {
		t.Errorf("it was woken: %+v, %v", fds, err)
	}
	w.Clear()
	if err := Wait(fds[:], 0); err != nil || fds[0].CanRead {
		t.Errorf("it was cleared: %+v, %v", fds, err)
	}
	w.Wake()
	if err := Wait(fds[:], -1); err != nil || !fds[0].CanRead {
		t.Errorf("it was woken again: %+v, %v", fds, err)
	}
	if err := Wait(make([]Ready, maxReady+1), 0); err == nil {
		t.Error("it takes any number of files")
	}
}

// TestNoWakeIsLost: what was noted before a Wake is seen behind the Clear.
func TestNoWakeIsLost(t *testing.T) {
	w, err := NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const rounds = 20000
	news := make(chan int, rounds)
	go func() {
		for i := range rounds {
			news <- i
			w.Wake()
		}
	}()
	seen := 0
	for by := time.Now().Add(patience); seen < rounds; {
		fds := [1]Ready{{FD: w.FD(), Read: true}}
		if err := Wait(fds[:], time.Until(by)); err != nil || !fds[0].CanRead {
			t.Fatalf("%d of %d seen, and nothing more comes, %v", seen, rounds, err)
		}
		w.Clear()
		for len(news) > 0 {
			<-news
			seen++
		}
	}
}

func TestWaitAllocatesNothing(t *testing.T) {
	w, err := NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Wake()
	fds := [...]Ready{{FD: w.FD(), Read: true}}
	if n := testing.AllocsPerRun(100, func() { Wait(fds[:], time.Second) }); n > 0 {
		t.Errorf("%v allocations for each wait", n)
	}
}

func TestUnread(t *testing.T) {
	terminal, _, tty := openPair(t)
	n := terminal.Unread([]byte("ab\n"))
	if n == 0 {
		t.Skip("this system does not permit it")
	}
	got := make([]byte, 16)
	if m, err := tty.Read(got); err != nil || string(got[:m]) != "ab\n" {
		t.Errorf("given back %d, read %q, %v", n, got[:m], err)
	}
}
