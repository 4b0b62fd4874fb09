package exec

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// Errors cross the wire as a status code and message, as every peer of the
// exec service sends them, and as details that tell errors of one status
// apart: an ErrorInfo of errorDomain whose reason is our code, and a
// StreamError if an ExecError is in the chain.

// statusCodes is the one table of what our codes are on the wire.
var statusCodes = map[ErrorCode]codes.Code{
	ErrCodeSessionNotFound: codes.NotFound,
	ErrCodeHandlerNotFound: codes.NotFound,
	ErrCodeSessionClosed:   codes.FailedPrecondition,
	ErrCodeTerminalError:   codes.Internal,
	ErrCodeSessionExists:   codes.AlreadyExists,
}

const (
	errorDomain      = "exec.xsh"
	errorKeySession  = "session_id"
	errorKeyTerminal = "message"
)

// toStatus turns a Provider's error into one for the wire; nil stays nil.
func toStatus(err error) error {
	var e *ExecSessionError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e): // whatever it wraps
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	default:
		return err // a status keeps its code; anything else is Unknown
	}
	st := status.New(statusCodes[e.Code], brief(err.Error()))
	info := &errdetails.ErrorInfo{
		Reason:   string(e.Code),
		Domain:   errorDomain,
		Metadata: map[string]string{errorKeySession: brief(e.SessionID), errorKeyTerminal: brief(e.Error())},
	}
	detailed, detailErr := st.WithDetails(info)
	if failed := execErrorDetail(err); failed != nil && detailErr == nil {
		failed.Message = brief(failed.Message)
		detailed, detailErr = detailed.WithDetails(failed.ToProto())
	}
	if detailErr != nil {
		return st.Err()
	}
	return detailed.Err()
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

// execErrorDetail returns the ExecError in err's chain as a StreamError.
func execErrorDetail(err error) *StreamError {
	var e *ExecError
	if !errors.As(err, &e) {
		return nil
	}
	return streamErrorOf(e)
}

// fromStatus undoes toStatus. notFound is what NotFound stands for, and ref
// the session that was asked for, where the peer sent no details.
func fromStatus(err error, notFound ErrorCode, ref string) error {
	st, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	switch st.Code() {
	case codes.Canceled:
		return context.Canceled
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	}
	e := &ExecSessionError{SessionID: ref, Message: st.Message()}
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == errorDomain {
				e.Code = ErrorCode(d.GetReason())
				e.SessionID = d.GetMetadata()[errorKeySession]
				e.Message = d.GetMetadata()[errorKeyTerminal]
			}
		case *execpb.StreamError:
			e.Err = execErrorFromProto(d)
		}
	}
	if e.Code == "" {
		e.Code = plainCode(st.Code(), notFound)
	}
	if e.Code == "" {
		return err
	}
	return e
}

// plainCode is our code for a status that came without details, or "".
func plainCode(c codes.Code, notFound ErrorCode) ErrorCode {
	if c == codes.NotFound {
		return notFound
	}
	for code, on := range statusCodes {
		if on == c {
			return code
		}
	}
	return ""
}

func execErrorFromProto(p *execpb.StreamError) *ExecError {
	return &ExecError{
		Title:         p.GetTitle(),
		Message:       p.GetMessage(),
		Suggestion:    p.GetSuggestion(),
		Retryable:     p.GetRetryable(),
		RetryCommands: p.GetRetryCommands(),
	}
}
