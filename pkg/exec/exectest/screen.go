package exectest

import (
	"context"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// Shower is what WaitText needs of a Manager, or of a client of one.
type Shower interface {
	exec.Waiter
	exec.Capturer
}

// WaitText waits until the screen of a session shows text that matches a regular
// expression, whose ^ and $ are at the ends of rows, and returns that screen. It fails
// the test with the screen as it is.
func WaitText(tb testing.TB, of Shower, sessionID, pattern string) *exec.Screen {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	_, waitErr := of.Wait(&types.PluginContext{Context: ctx}, sessionID, exec.WaitOptions{For: exec.WaitText, Pattern: pattern})
	screen, err := of.Capture(&types.PluginContext{Context: context.Background()}, sessionID, exec.CaptureOptions{})
	switch {
	case err != nil:
		tb.Fatalf("no text %q: %v", pattern, err)
	case waitErr != nil:
		tb.Fatalf("no text %q: %v; session %s shows:\n%s", pattern, waitErr, sessionID, screen.Text())
	}
	return screen
}
