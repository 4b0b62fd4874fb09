package local

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
)

func TestProcessLimitIsNamed(t *testing.T) {
	var failed *exec.ExecError
	err := startError("/bin/sh", unix.EAGAIN)
	if !errors.As(err, &failed) || !strings.HasPrefix(err.Error(), `cannot start "/bin/sh": there are as many processes`) || failed.Suggestion == "" {
		t.Errorf("got %v", err)
	}
	if err := startError("/bin/sh", unix.ENOEXEC); err.Error() != `start "/bin/sh": exec format error` {
		t.Errorf("got %v", err)
	}
}
