package exec

import (
	"errors"
	"fmt"
	"strings"
)

// ErrorCode classifies an ExecSessionError. Its text is what crosses the wire.
type ErrorCode string

// The codes of ExecSessionError.
const (
	ErrCodeSessionNotFound ErrorCode = "SESSION_NOT_FOUND"
	ErrCodeHandlerNotFound ErrorCode = "HANDLER_NOT_FOUND"
	ErrCodeSessionClosed   ErrorCode = "SESSION_CLOSED"
	ErrCodeTerminalError   ErrorCode = "TERMINAL_ERROR"
	ErrCodeSessionExists   ErrorCode = "SESSION_EXISTS"
)

// Sentinel errors for errors.Is matching.
var (
	ErrSessionNotFound = &ExecSessionError{Code: ErrCodeSessionNotFound}
	ErrHandlerNotFound = &ExecSessionError{Code: ErrCodeHandlerNotFound}
	ErrSessionClosed   = &ExecSessionError{Code: ErrCodeSessionClosed}
	ErrTerminalError   = &ExecSessionError{Code: ErrCodeTerminalError}
	ErrSessionExists   = &ExecSessionError{Code: ErrCodeSessionExists}
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
// its code, and no error has two.
func handlerError(sessionID string, err error) *ExecSessionError {
	e := NewTerminalError(sessionID, err)
	var own *ExecSessionError
	if errors.As(err, &own) {
		e.Code = own.Code
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

// Error returns the message, or the code where there is none.
func (e *ExecSessionError) Error() string {
	switch {
	case e.Message != "":
		return e.Message
	case e.Err != nil:
		return e.Err.Error()
	default:
		return strings.ToLower(strings.ReplaceAll(string(e.Code), "_", " "))
	}
}

// Is reports whether target matches this error's code.
func (e *ExecSessionError) Is(target error) bool {
	t, ok := target.(*ExecSessionError)
	return ok && t.Code == e.Code
}

// Unwrap returns the wrapped error, or nil.
func (e *ExecSessionError) Unwrap() error { return e.Err }

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
