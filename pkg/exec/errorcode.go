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
)

var codeNames = [...]string{
	0:                      "UNKNOWN",
	ErrCodeSessionNotFound: "SESSION_NOT_FOUND",
	ErrCodeHandlerNotFound: "HANDLER_NOT_FOUND",
	ErrCodeSessionClosed:   "SESSION_CLOSED",
	ErrCodeTerminalError:   "TERMINAL_ERROR",
	ErrCodeSessionExists:   "SESSION_EXISTS",
}

// String returns the code's text, such as SESSION_NOT_FOUND; UNKNOWN for a
// number that is no code.
func (c ErrorCode) String() string {
	if c < 0 || int(c) >= len(codeNames) {
		c = 0
	}
	return codeNames[c]
}

// codeNamed returns the code with this text, or 0.
func codeNamed(name string) ErrorCode {
	for c, n := range codeNames {
		if n == name {
			return ErrorCode(c)
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
}

// onWire returns the status code of c. One that is not in the table says no
// more than that something went wrong on the other side, as a plain error does.
func (c ErrorCode) onWire() codes.Code {
	if on, ok := statusCodes[c]; ok {
		return on
	}
	return codes.Internal
}
