package rawtty

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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
	got := make([]byte, len(typed))
	if _, err := io.ReadFull(terminal, got); err != nil || !bytes.Equal(got, typed) {
		t.Errorf("typed bytes arrived as %q, %v", got, err)
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

func TestCancelLeavesInputForTheNext(t *testing.T) {
	terminal, ptmx, tty := openPair(t)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := terminal.Read(make([]byte, 16))
		ended <- err
	}()
	if !terminal.Cancel() {
		t.Fatal("Cancel = false")
	}
	if err := wait(t, ended); !errors.Is(err, ErrCanceled) {
		t.Fatalf("the read under way ended with %v, want %v", err, ErrCanceled)
	}

	typed := "ls -l\n"
	if _, err := io.WriteString(ptmx, typed); err != nil {
		t.Fatal(err)
	}
	if n, err := terminal.Read(make([]byte, 16)); n != 0 || !errors.Is(err, ErrCanceled) {
		t.Fatalf("Read after Cancel = %d, %v", n, err)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 64)
	n, err := tty.Read(got)
	if err != nil || string(got[:n]) != typed {
		t.Errorf("the next reader got %q, %v; want %q", got[:n], err, typed)
	}
}

func TestCloseEndsReads(t *testing.T) {
	terminal, _, _ := openPair(t)
	ended := make(chan error)
	for range 3 {
		go func() {
			_, err := terminal.Read(make([]byte, 16))
			ended <- err
		}()
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := wait(t, ended); !errors.Is(err, ErrCanceled) {
			t.Errorf("a read ended with %v, want %v", err, ErrCanceled)
		}
	}
}

// wait returns what arrives on c, or fails the test when nothing does.
func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing within 20 s:\n%s", stacks())
		panic("unreachable")
	}
}

func TestWriteToNonBlocking(t *testing.T) {
	terminal, ptmx, tty := openPair(t)
	// A file that Go does not poll, as standard output often is, made
	// non-blocking behind our back.
	fd, err := unix.Dup(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	terminal.out = os.NewFile(uintptr(fd), "stdout")
	defer terminal.out.Close()
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}

	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	ended := make(chan error, 1)
	go func() {
		_, err := terminal.Write(sent)
		ended <- err
	}()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(ptmx, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d bytes arrived changed, %v", len(sent), err)
	}
	if err := wait(t, ended); err != nil {
		t.Errorf("Write: %v", err)
	}
}

func TestTerminalGone(t *testing.T) {
	terminal, ptmx, _ := openPair(t)
	if err := terminal.MakeRaw(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := terminal.Read(make([]byte, 16))
		ended <- err
	}()
	ptmx.Close()
	if err := wait(t, ended); !errors.Is(err, io.EOF) && !errors.Is(err, unix.EIO) {
		t.Errorf("Read ended with %v, want io.EOF or EIO", err)
	}
	if _, err := terminal.Write([]byte("x")); !errors.Is(err, unix.EIO) {
		t.Errorf("Write = %v, want EIO", err)
	}
}
