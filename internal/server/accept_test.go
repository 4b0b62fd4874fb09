package server

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/internal/leaktest"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
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

// TestFewFilesLeft: hosts are turned away, in words, while there is room for those who
// attach, and served again when there is more.
func TestFewFilesLeft(t *testing.T) {
	leaktest.Check(t)
	s := serving(t, testPaths(t), 0)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	host := connect(t, s.paths)
	probe, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	few := unix.Rlimit{Cur: uint64(probe.Fd()) + filesForWatcher, Max: limit.Max}
	probe.Close()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = xshpb.NewServerClient(host).GetStatus(ctx, &emptypb.Empty{})
	told, rawErr := rawHost(s.paths.Socket)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a host was told %v", err)
	}
	if rawErr != nil || !strings.HasPrefix(told, "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00") || !strings.Contains(told, "nearly all of the") {
		t.Errorf("what it was told is %q, %v", told, rawErr)
	}
	getStatus(t, connect(t, s.paths))
}

// rawHost begins to speak HTTP/2 and returns what it is told until the other side hangs up.
func rawHost(socket string) (string, error) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	told, err := io.ReadAll(c)
	return string(told), err
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
