package openfiles

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// To ask the system and to try agree: not one descriptor is there that is not there.
func TestLeft(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	low := was
	low.Cur = 200
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
	if !Left(20) {
		t.Error("20 of 200 are not left")
	}
	var files []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		files = append(files, f)
	}
	if Left(1) {
		t.Error("one is left where none can be opened")
	}
	for _, f := range files[:10] {
		f.Close()
	}
	if !Left(9) || Left(30) {
		t.Errorf("10 were closed: 9 are left %v, 30 are left %v", Left(9), Left(30))
	}
	for _, f := range files[10:] {
		f.Close()
	}
	if !Left(20) {
		t.Error("20 of 200 are not left when all were closed")
	}
}
