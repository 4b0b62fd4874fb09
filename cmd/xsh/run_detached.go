package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// runID stands for a command line that xsh run -d began.
type runID struct{ session, nonce string }

// String returns the ID as xsh run -d prints it.
func (r runID) String() string { return r.session + ":" + r.nonce }

// parseRunID reads what xsh run -d printed. No name of a session looks so.
func parseRunID(text string) (runID, bool) {
	i := strings.LastIndexByte(text, ':')
	if i <= 0 {
		return runID{}, false
	}
	id := runID{text[:i], text[i+1:]}
	_, err := hex.DecodeString(id.nonce)
	return id, err == nil && len(id.nonce) == 32
}

// explain says of a wait for a command why it failed.
func (r runID) explain(err error, timeout time.Duration) error {
	switch {
	case timeout > 0 && errors.Is(err, context.DeadlineExceeded):
		return &codedError{codeTimeout, fmt.Errorf("session %q: the command still runs after %v", r.session, timeout)}
	case errors.Is(err, exec.ErrSessionClosed):
		return &codedError{codeLost, fmt.Errorf("session %q ended: %w", r.session, errUnknownEnd)}
	case errors.Is(err, exec.ErrTerminalError):
		return &codedError{codeLost, fmt.Errorf("session %q: %w", r.session, errUnknownEnd)}
	}
	return err
}
