package local_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing in this process wakes when a program reads what was typed: of its
// terminal only our end is watched, and that for input alone.
func TestNoWakeWhenTheProgramReads(t *testing.T) {
	r := newRunner(t)
	id := r.start(script(`echo ready; exec cat`))
	r.out.WaitText(t, id, "ready")
	files, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no descriptors are told of", err)
	}
	watched := 0
	for _, file := range files {
		for fd, events := range watchedBy(file) {
			path, _ := os.Readlink(fmt.Sprint("/proc/self/fd/", fd))
			if !strings.HasPrefix(path, "/dev/pt") {
				continue
			}
			watched++
			const room = 0x4 // EPOLLOUT
			if events&room != 0 || !strings.HasSuffix(path, "ptmx") {
				t.Errorf("%s is watched for events %#x", path, events)
			}
		}
	}
	if watched == 0 {
		t.Error("nobody watches the terminal")
	}
}

// watchedBy returns what an epoll descriptor watches, and for what.
func watchedBy(fdinfo string) map[int]uint {
	watched := map[int]uint{}
	f, err := os.Open(fdinfo)
	if err != nil { // closed meanwhile
		return nil
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var fd int
		var events uint
		if n, _ := fmt.Sscanf(lines.Text(), "tfd: %d events: %x", &fd, &events); n == 2 {
			watched[fd] = events
		}
	}
	return watched
}
