package exec

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// Errors cross the wire as a status code and message, as every peer of the
// exec service sends them, and as details that tell errors of one status
// apart: an ErrorInfo of errorDomain whose reason is our code, and a
// StreamError if an ExecError is in the chain.

const (
	errorDomain     = "exec.xsh"
	errorKeySession = "session_id"
	errorKeyMessage = "message"
)

// Status is an error of a Manager as it crosses the wire; see PluginServer.
func Status(err error) error { return toStatus(err) }

// IsClosed reports whether err says that a session has ended.
func IsClosed(err error) bool {
	return errors.Is(err, ErrSessionClosed) || errors.Is(err, errInputClosed)
}

// toStatus turns a Provider's error into one for the wire; nil stays nil.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	var e *ExecSessionError
	var lost *LostError
	var has interface{ GRPCStatus() *status.Status }
	switch {
	case errors.As(err, &lost): // of no code of ours
		return lostStatus(lost)
	case errors.As(err, &e) && e != nil: // whatever it wraps
	case errors.As(err, &has) && has.GRPCStatus().Code() != codes.OK: // a status keeps its code
		st, _ := status.FromError(err)
		return st.Err()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	default:
		e = &ExecSessionError{Message: err.Error()} // of no code: Internal, and plain on the other side
	}
	st := status.New(e.Code.onWire(), brief(err.Error()))
	info := &errdetails.ErrorInfo{
		Reason:   e.Code.String(),
		Domain:   errorDomain,
		Metadata: map[string]string{errorKeySession: brief(e.SessionID), errorKeyMessage: brief(e.message())},
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

// A LostError has a reason of its own, and its offsets beside that.
const (
	reasonLost     = "OUTPUT_LOST"
	errorKeyFrom   = "from"
	errorKeyBehind = "until"
)

func lostStatus(e *LostError) error {
	st := status.New(codes.OutOfRange, e.Error())
	detailed, err := st.WithDetails(&errdetails.ErrorInfo{
		Reason: reasonLost, Domain: errorDomain,
		Metadata: map[string]string{
			errorKeyFrom:   strconv.FormatInt(e.From, 10),
			errorKeyBehind: strconv.FormatInt(e.Until, 10),
		},
	})
	if err != nil {
		return st.Err()
	}
	return detailed.Err()
}

func lostFromInfo(info *errdetails.ErrorInfo) *LostError {
	if info.GetReason() != reasonLost {
		return nil
	}
	from, err := strconv.ParseInt(info.GetMetadata()[errorKeyFrom], 10, 64)
	until, untilErr := strconv.ParseInt(info.GetMetadata()[errorKeyBehind], 10, 64)
	if err != nil || untilErr != nil {
		return nil
	}
	return &LostError{From: from, Until: until}
}

// execErrorDetail returns the ExecError in err's chain as a StreamError.
func execErrorDetail(err error) *StreamError {
	var e *ExecError
	if !errors.As(err, &e) {
		return nil
	}
	return streamErrorOf(e)
}

// statusError is a status that stands for an error of another kind than ours.
// Its text is the one that the error had on the other side.
type statusError struct {
	st    *status.Status
	cause error // what errors.Is finds, or nil
}

func (e *statusError) Error() string { return e.st.Message() }

func (e *statusError) Unwrap() error { return e.cause }

func (e *statusError) GRPCStatus() *status.Status { return e.st }

// fromStatus undoes toStatus. notFound is what NotFound stands for, and ref
// the session that was asked for, where the peer sent no details.
func fromStatus(err error, notFound ErrorCode, ref string) error {
	st, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	switch st.Code() {
	case codes.Canceled:
		return &statusError{status.New(codes.Canceled, context.Canceled.Error()), context.Canceled}
	case codes.DeadlineExceeded:
		return &statusError{status.New(codes.DeadlineExceeded, context.DeadlineExceeded.Error()), context.DeadlineExceeded}
	}
	var info *errdetails.ErrorInfo
	var failed error
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == errorDomain {
				info = d
			}
		case *execpb.StreamError:
			failed = execErrorFromProto(d)
		}
	}
	if lost := lostFromInfo(info); lost != nil {
		return lost
	}
	e := fromMessage(st.Message(), ref)
	if info != nil {
		e = &ExecSessionError{
			Code:      codeNamed(info.GetReason()),
			SessionID: info.GetMetadata()[errorKeySession],
			Message:   info.GetMetadata()[errorKeyMessage],
		}
	} else if e.Code == 0 {
		e.Code = plainCode(st.Code(), notFound)
	}
	e.Err = failed
	switch {
	case e.Code != 0:
		return e
	case info != nil: // a Provider's plain error
		return &statusError{st, failed}
	default:
		return err
	}
}

// fromMessage takes apart the text of an ExecSessionError. A peer that sends no
// details sends that, or words of its own about the session ref.
func fromMessage(message, ref string) *ExecSessionError {
	e := &ExecSessionError{SessionID: ref, Message: message}
	name, rest, ok := strings.Cut(strings.TrimPrefix(message, "["), "] ")
	if !ok || !strings.HasPrefix(message, "[") || codeNamed(name) == 0 {
		return e
	}
	e.Code, e.Message = codeNamed(name), strings.TrimPrefix(rest, "session "+ref+": ")
	return e
}

// plainCode is our code for a status that came without details, or 0.
func plainCode(c codes.Code, notFound ErrorCode) ErrorCode {
	if c == codes.NotFound {
		return notFound
	}
	for code, on := range statusCodes {
		if on == c {
			return code
		}
	}
	return 0
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
