package exec

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/status"
)

// Sentinel errors for errors.Is matching.
var (
	ErrSessionNotFound = &ExecSessionError{Code: ErrCodeSessionNotFound}
	ErrHandlerNotFound = &ExecSessionError{Code: ErrCodeHandlerNotFound}
	ErrSessionClosed   = &ExecSessionError{Code: ErrCodeSessionClosed}
	ErrTerminalError   = &ExecSessionError{Code: ErrCodeTerminalError}
	ErrSessionExists   = &ExecSessionError{Code: ErrCodeSessionExists}
	ErrKeyboardHeld    = &ExecSessionError{Code: ErrCodeKeyboardHeld}
)

// ExecSessionError is a structured error for exec operations.
type ExecSessionError struct {
	Code      ErrorCode
	SessionID string
	Message   string
	Err       error // optional wrapped error
}

// NewSessionNotFoundError says that no session has this ID or name.
func NewSessionNotFoundError(sessionID string) *ExecSessionError {
	return &ExecSessionError{
		Code:      ErrCodeSessionNotFound,
		SessionID: sessionID,
		Message:   fmt.Sprintf("no such session %q", sessionID),
	}
}

// NewHandlerNotFoundError says that no handler is registered under handlerKey,
// and which are.
func NewHandlerNotFoundError(handlerKey string, available []string) *ExecSessionError {
	have := "there are none"
	if len(available) > 0 {
		have = "available: " + strings.Join(available, ", ")
	}
	return &ExecSessionError{
		Code:    ErrCodeHandlerNotFound,
		Message: fmt.Sprintf("no such handler %q (%s)", handlerKey, have),
	}
}

// NewSessionClosedError says that the session has ended.
func NewSessionClosedError(sessionID string) *ExecSessionError {
	return &ExecSessionError{
		Code:      ErrCodeSessionClosed,
		SessionID: sessionID,
		Message:   fmt.Sprintf("session %q has ended", sessionID),
	}
}

// NewTerminalError says that a session could not start, or its terminal not
// do what was asked; err is why.
func NewTerminalError(sessionID string, err error) *ExecSessionError {
	e := &ExecSessionError{Code: ErrCodeTerminalError, SessionID: sessionID, Err: err}
	if err != nil {
		e.Message = err.Error()
	}
	return e
}

// handlerError is what a caller is told of a handler's error. One of ours keeps
// its code, and no error has two: the text of the inner one goes without its
// own.
func handlerError(sessionID string, err error) *ExecSessionError {
	e := NewTerminalError(sessionID, err)
	var own *ExecSessionError
	if errors.As(err, &own) && own != nil {
		e.Code = own.Code
		e.Message = strings.Replace(e.Message, own.Error(), own.message(), 1)
	}
	return e
}

// NewSessionExistsError says that an active session has this ID or name.
func NewSessionExistsError(sessionID string) *ExecSessionError {
	return &ExecSessionError{
		Code:      ErrCodeSessionExists,
		SessionID: sessionID,
		Message:   fmt.Sprintf("session %q already exists", sessionID),
	}
}

// Error returns "[CODE] session ID: message", without the parts that e has
// not. Where e has no message, the wrapped error's is taken.
func (e *ExecSessionError) Error() string {
	if e == nil {
		return "<nil>"
	}
	var parts []string
	if e.SessionID != "" {
		parts = append(parts, "session "+e.SessionID)
	}
	if message := e.message(); message != "" {
		parts = append(parts, message)
	}
	return strings.TrimSuffix("["+e.Code.String()+"] "+strings.Join(parts, ": "), " ")
}

// message is what Error says beside the code and the session.
func (e *ExecSessionError) message() string {
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// Is reports whether target matches this error's code: it is an
// ExecSessionError with that code, or wraps one.
func (e *ExecSessionError) Is(target error) bool {
	var t *ExecSessionError
	return e != nil && errors.As(target, &t) && t != nil && t.Code == e.Code
}

// Unwrap returns the wrapped error, or nil.
func (e *ExecSessionError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// GRPCStatus returns what e is on the wire, so that status.Code tells it of a
// Manager's error as of a PluginClient's.
func (e *ExecSessionError) GRPCStatus() *status.Status {
	if e == nil {
		return nil
	}
	return status.New(e.Code.onWire(), brief(e.Error()))
}

// maxErrorText bounds each text of an error on the wire. It goes into headers,
// and too large ones break the connection.
const maxErrorText = 8 << 10

// brief is text of at most maxErrorText.
func brief(s string) string {
	if len(s) > maxErrorText {
		s = s[:maxErrorText] + "..."
	}
	return text(s)
}

// ExecError is a structured error type that plugins use to provide classified
// exec errors with user-facing information. A handler that ends a session with
// one has it sent, field by field, as a StreamError.
type ExecError struct {
	Err           error
	Title         string
	Message       string
	Suggestion    string
	Retryable     bool
	RetryCommands []string
}

// Error returns the message, else the wrapped error's, else the title.
func (e *ExecError) Error() string {
	switch {
	case e.Message != "":
		return e.Message
	case e.Err != nil:
		return e.Err.Error()
	default:
		return e.Title
	}
}

// Unwrap returns the wrapped error, or nil.
func (e *ExecError) Unwrap() error { return e.Err }
