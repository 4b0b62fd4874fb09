package server

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// TestTooManyOpenFiles: clients that cannot be accepted now are later.
func TestTooManyOpenFiles(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	getStatus(t, connect(t, s.paths))
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	probe, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	next := uint64(probe.Fd()) + 1 // what is dialled gets the one that probe had
	probe.Close()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: next, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	c, dialErr := net.Dial("unix", s.paths.Socket)
	deadline := time.Now().Add(patience)
	for !strings.Contains(s.log.String(), "cannot accept a client") && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond) // until the log says so
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if dialErr != nil {
		t.Skip("the last file could not be had: ", dialErr)
	}
	defer c.Close()
	if !strings.Contains(s.log.String(), "cannot accept a client") {
		t.Errorf("the log says %q", s.log)
	}
	getStatus(t, connect(t, s.paths))
}

// TestSilentConnectionDoesNotHoldTheServer: grpc waits two minutes for the first
// bytes of a client, and a server that leaves would with it.
func TestSilentConnectionDoesNotHoldTheServer(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	c, err := net.Dial("unix", s.paths.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	getStatus(t, connect(t, s.paths))
	s.stop()
	s.awaitLeft(t)
}
