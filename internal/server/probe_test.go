package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/xsh-project/xsh/internal/deaddisktest"
	"github.com/xsh-project/xsh/internal/leaktest"
)

// TestProbeOfADeadDisk: an upgrade to a program on a disk that does not answer is given
// up, and holds up nobody: a fork that waited for the disk would have the server wait.
func TestProbeOfADeadDisk(t *testing.T) {
	leaktest.Check(t)
	path := filepath.Join(t.TempDir(), "xsh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	asked, answer := deaddisktest.Hang(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan error, 1)
	go func() {
		_, err := probe(ctx, path)
		told <- err
	}()
	asked()
	cancel()
	if err := <-told; !errors.Is(err, context.Canceled) || err.Error() != path+" is on a disk that does not answer: context canceled" {
		t.Errorf("the upgrade is told %v", err)
	}
	answer()
}
