package exec

import "google.golang.org/grpc/codes"

// ErrorCode classifies an ExecSessionError. Its text, not its number, is what
// crosses the wire.
type ErrorCode int

// The codes of ExecSessionError. Zero is none of them.
const (
	ErrCodeSessionNotFound ErrorCode = 1
	ErrCodeHandlerNotFound ErrorCode = 2
	ErrCodeSessionClosed   ErrorCode = 3
	ErrCodeTerminalError   ErrorCode = 4
	ErrCodeSessionExists   ErrorCode = 5
	// What xsh adds begins at 100. ErrCodeKeyboardHeld: a person types into the session.
	ErrCodeKeyboardHeld ErrorCode = 100
)

var codeNames = map[ErrorCode]string{
	0:                      "UNKNOWN",
	ErrCodeSessionNotFound: "SESSION_NOT_FOUND",
	ErrCodeHandlerNotFound: "HANDLER_NOT_FOUND",
	ErrCodeSessionClosed:   "SESSION_CLOSED",
	ErrCodeTerminalError:   "TERMINAL_ERROR",
	ErrCodeSessionExists:   "SESSION_EXISTS",
	ErrCodeKeyboardHeld:    "KEYBOARD_HELD",
}

// String returns the code's text, such as SESSION_NOT_FOUND; UNKNOWN for a
// number that is no code.
func (c ErrorCode) String() string {
	if name, known := codeNames[c]; known {
		return name
	}
	return codeNames[0]
}

// codeNamed returns the code with this text, or 0.
func codeNamed(name string) ErrorCode {
	for c, n := range codeNames {
		if n == name {
			return c
		}
	}
	return 0
}

// statusCodes is the one table of what our codes are on the wire.
var statusCodes = map[ErrorCode]codes.Code{
	ErrCodeSessionNotFound: codes.NotFound,
	ErrCodeHandlerNotFound: codes.NotFound,
	ErrCodeSessionClosed:   codes.FailedPrecondition,
	ErrCodeTerminalError:   codes.Internal,
	ErrCodeSessionExists:   codes.AlreadyExists,
	ErrCodeKeyboardHeld:    codes.Unavailable,
}

// onWire returns the status code of c. One that is not in the table says no
// more than that something went wrong on the other side, as a plain error does.
func (c ErrorCode) onWire() codes.Code {
	if on, ok := statusCodes[c]; ok {
		return on
	}
	return codes.Internal
}
