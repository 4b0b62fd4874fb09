package deaddisktest

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long somebody may take to come to the file.
const patience = time.Minute

// Hang has a file hang whoever opens or runs it, until answer is called or the test
// ends. asked returns when somebody hangs. A lease on the file plays the mount: the
// system lets nobody open it until the lease is given back, or is taken after
// lease-break-time, 45 s.
func Hang(t testing.TB, path string) (asked, answer func()) {
	t.Helper()
	held, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
	lease := func(kind int) error {
		_, err := unix.FcntlInt(held.Fd(), unix.F_SETLEASE, kind)
		return err
	}
	if err := lease(unix.F_WRLCK); err != nil {
		t.Skipf("no leases on files of %s: %v", os.TempDir(), err)
	}
	asked = func() {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if kind, _ := unix.FcntlInt(held.Fd(), unix.F_GETLEASE, 0); kind != unix.F_WRLCK {
				return // the lease is being broken
			}
			if time.Now().After(deadline) {
				t.Fatalf("nobody opens %s", path)
			}
		}
	}
	return asked, func() {
		t.Helper()
		if err := lease(unix.F_UNLCK); err != nil {
			t.Fatal(err)
		}
	}
}
