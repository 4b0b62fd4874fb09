package exec

import (
	"context"
	"fmt"
)

// StreamTarget tells which of a program's outputs bytes came from. A terminal
// has one, StreamTargetStdOut.
type StreamTarget int

// The targets of a StreamOutput.
const (
	StreamTargetStdOut StreamTarget = iota
	StreamTargetStdErr
)

// String returns stdout or stderr, or unknown for any other number.
func (t StreamTarget) String() string {
	switch t {
	case StreamTargetStdOut:
		return "stdout"
	case StreamTargetStdErr:
		return "stderr"
	}
	return "unknown"
}

// StreamSignal is an event of a session, or a signal for its program.
type StreamSignal int

// The signals of a stream.
const (
	StreamSignalNone StreamSignal = iota
	// while close isn't a signal, it's used to close the stream.
	StreamSignalClose
	StreamSignalSigint
	StreamSignalSigquit
	StreamSignalSigterm
	StreamSignalSigkill
	StreamSignalSighup
	StreamSignalSigusr1
	StreamSignalSigusr2
	StreamSignalSigwinch
	StreamSignalError
)

var signalNames = [...]string{
	StreamSignalNone:     "NONE",
	StreamSignalClose:    "CLOSE",
	StreamSignalSigint:   "SIGINT",
	StreamSignalSigquit:  "SIGQUIT",
	StreamSignalSigterm:  "SIGTERM",
	StreamSignalSigkill:  "SIGKILL",
	StreamSignalSighup:   "SIGHUP",
	StreamSignalSigusr1:  "SIGUSR1",
	StreamSignalSigusr2:  "SIGUSR2",
	StreamSignalSigwinch: "SIGWINCH",
	StreamSignalError:    "ERROR",
}

func (s StreamSignal) known() bool { return s >= 0 && int(s) < len(signalNames) }

// String returns the signal's name, such as SIGTERM.
func (s StreamSignal) String() string {
	if s.known() {
		return signalNames[s]
	}
	return fmt.Sprintf("StreamSignal(%d)", int(s))
}

// checkSignal refuses a signal that this version does not know. A newer client
// may send one, and to take it for StreamSignalNone would close the session.
func checkSignal(sessionID string, s StreamSignal) error {
	if s.known() {
		return nil
	}
	return NewTerminalError(sessionID, fmt.Errorf("unknown signal %d: the client may be newer than the server", int(s)))
}

// StreamInput is what a client types into a session.
type StreamInput struct {
	// SessionID
	SessionID string `json:"session_id"`
	// Data
	Data []byte `json:"data"`
}

// StreamOutput is what a stream carries of a session: output of its program,
// or, with a Signal, an event. The receiver owns Data.
type StreamOutput struct {
	SessionID string       `json:"session_id"`
	Data      []byte       `json:"data"`
	Target    StreamTarget `json:"target"`
	Signal    StreamSignal `json:"signal"`
	Error     *StreamError `json:"error,omitempty"`

	// Offset is the offset of Data's first byte in the session's output; with
	// a signal, the offset at which the event came. With StreamSignalClose,
	// Data puts the client's terminal back as a shell expects it. Data that was drawn from
	// the screen because the output itself was no longer held, or does not
	// fit the client's size, has the offset at which the screen was taken.
	Offset int64 `json:"offset"`
	// Exit tells, with StreamSignalClose, how the program ended.
	Exit *ExitStatus `json:"exit,omitempty"`
	// Detached says, with StreamSignalClose, that the session goes on and
	// only this attachment was ended, by another client.
	Detached bool `json:"detached,omitempty"`
	// MoveTo is, with Detached, the ID of the session that the client is to attach
	// to instead; only a client gets it that said AttachOptions.CanMove.
	MoveTo string `json:"move_to,omitempty"`
	// AnswersDue says, with StreamSignalClose, that the client's terminal was
	// asked what it has not answered; see the type Detached.
	AnswersDue bool `json:"answers_due,omitempty"`
	// Drawn says that Data was made from the screen. Whole marks the last of
	// a drawing, behind which the output goes on at Offset.
	Drawn bool `json:"drawn,omitempty"`
	Whole bool `json:"whole,omitempty"`
}

// failureOutput is the event that tells a stream of a session's failure. A host
// that shows a program's output and knows no errors shows its text as that.
func failureOutput(sessionID string, offset int64, failure *StreamError) StreamOutput {
	return StreamOutput{
		SessionID: sessionID,
		Data:      []byte(failure.Message),
		Target:    StreamTargetStdErr,
		Signal:    StreamSignalError,
		Error:     failure,
		Offset:    offset,
	}
}

// StreamResize is a request to resize a session.
type StreamResize struct {
	SessionID string `json:"session_id"`
	Cols      uint16 `json:"cols"`
	Rows      uint16 `json:"rows"`
}

// OutputSink receives stream output from the Manager. Tests inject one that
// records, such as the Sink of the package exectest; production uses
// ChannelSink.
//
// OnOutput is called from several goroutines, in order for each session.
type OutputSink interface {
	OnOutput(output StreamOutput)
}

// ChannelSink writes StreamOutput to a channel with context-aware sends. This
// is the production implementation used by Stream(). If the context is
// cancelled (e.g., gRPC stream closed), sends may be dropped instead of
// blocking forever on a full channel.
type ChannelSink struct {
	ctx context.Context // the life of whoever reads out
	out chan<- StreamOutput
}

// NewChannelSink creates a ChannelSink wrapping the given output channel. The
// context controls the lifetime — sends may be dropped after cancellation. If
// ctx is nil, context.Background() is used. If out is nil, output is silently
// discarded.
func NewChannelSink(ctx context.Context, out chan<- StreamOutput) *ChannelSink {
	if ctx == nil {
		ctx = context.Background()
	}
	return &ChannelSink{ctx: ctx, out: out}
}

// OnOutput sends output, waiting while the channel is full. It may be called
// concurrently. A nil ChannelSink discards.
func (s *ChannelSink) OnOutput(output StreamOutput) {
	s.Send(context.Background(), output)
}

// Send is OnOutput that also gives up when ctx ends; it implements Outlet.
func (s *ChannelSink) Send(ctx context.Context, output StreamOutput) bool {
	if s == nil || s.out == nil || s.ctx.Err() != nil || ctx.Err() != nil {
		return false
	}
	select {
	case s.out <- output:
		return true
	case <-s.ctx.Done():
	case <-ctx.Done():
	}
	return false
}
