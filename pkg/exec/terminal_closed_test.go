package exec_test

import (
	"errors"
	"os"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// A client may attach at the moment at which the program ends, which is no
// error: the resize has to tell that it came too late.
func TestResizeOfAClosedTerminalSaysSo(t *testing.T) {
	term, err := exec.NewRealTerminalFactory()()
	if err != nil {
		t.Fatal(err)
	}
	if err := term.Close(); err != nil {
		t.Fatal(err)
	}
	if err := term.Resize(25, 81); !errors.Is(err, os.ErrClosed) {
		t.Errorf("resize after close: %v, want an error that is os.ErrClosed", err)
	}
}
