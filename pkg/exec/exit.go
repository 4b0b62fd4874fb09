package exec

import (
	"errors"
	"fmt"
	"io"
	osexec "os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ExitStatus tells how a session's program ended.
type ExitStatus struct {
	// Code is the exit code; 128 plus the signal's number if one ended it.
	Code int `json:"code"`
	// Signal names the signal that ended it, such as SIGKILL; empty if it
	// exited by itself.
	Signal string `json:"signal,omitempty"`
	// Message tells what else went wrong: a handler that failed, a
	// connection that was lost.
	Message string `json:"message,omitempty"`
}

// String returns the status as a person would say it.
func (e ExitStatus) String() string {
	switch {
	case e.Signal != "" && e.Message != "":
		return "killed: " + e.Message
	case e.Signal != "":
		return "killed by " + e.Signal
	case e.Message != "":
		return e.Message
	default:
		return fmt.Sprintf("exit code %d", e.Code)
	}
}

// ExitError ends a session with a status. Handlers that do not run a local
// process use it; those that do may pass on the *os/exec.ExitError.
type ExitError struct{ Status ExitStatus }

// Error returns the status as text.
func (e *ExitError) Error() string { return e.Status.String() }

// failedCode is the exit code of a session that ended without a program's own.
const failedCode = 1

// exitStatusOf tells what status err, the end of a handler, stands for. Beside
// the types named here it knows any error with an ExitStatus() int, as
// x/crypto/ssh and others have.
func exitStatusOf(err error) ExitStatus {
	var (
		own   *ExitError
		local *osexec.ExitError
		coded interface{ ExitStatus() int }
	)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return ExitStatus{}
	case errors.As(err, &own):
		return own.Status
	case errors.As(err, &local):
		return localStatus(local)
	case errors.As(err, &coded):
		return ExitStatus{Code: coded.ExitStatus()}
	default:
		return ExitStatus{Code: failedCode, Message: handlerError("", err).Message}
	}
}

func localStatus(err *osexec.ExitError) ExitStatus {
	ws, ok := err.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return signalStatus(ws.Signal())
	}
	return ExitStatus{Code: err.ExitCode()}
}

func signalStatus(sig syscall.Signal) ExitStatus {
	return ExitStatus{Code: 128 + int(sig), Signal: unix.SignalName(sig)}
}
