package exec

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// ActionTargetBuilder builds a dynamic list of targets for an action.
type ActionTargetBuilder struct {
	Label         string            `json:"label"`
	LabelSelector string            `json:"label_selector"`
	Paths         []string          `json:"paths"`
	Selectors     map[string]string `json:"selectors"`
}

// Handler handles running commands and creating sessions for a resource.
type Handler struct {
	Plugin         string              `json:"plugin"`
	Resource       string              `json:"resource"`
	TargetBuilder  ActionTargetBuilder `json:"target_builder"`
	DefaultCommand []string            `json:"default_command"`
	TTYHandler     TTYHandlerFunc      `json:"-"`
	CommandHandler CommandHandler      `json:"-"`
	// HandlesResize: if true, resize events are sent through the channel
	// instead of via terminal.Resize().
	HandlesResize bool `json:"-"`

	// ReturnsAtStart: TTYHandler returns when its program has started, however long
	// that takes, and never at the program's end. Without it a start that takes more
	// than half a second, as on a machine that is very busy, is taken for a handler
	// that runs for as long as its program does.
	ReturnsAtStart bool `json:"-"`

	// Signal sends a signal to the program of a session that this handler
	// started; nil means that the handler can only close its sessions.
	Signal SignalFunc `json:"-"`
	// SendSignal is Signal for every signal of this system; nil means that the
	// handler can send those of StreamSignal at most.
	SendSignal SendSignalFunc `json:"-"`
	// Stopped reports whether a signal has stopped the program of a session, so
	// that it stands still until one continues it; nil means never.
	Stopped func(sessionID string) bool `json:"-"`
	// OnStop is called once, by the Manager that the handler is registered with,
	// before anything starts: with what the handler calls, and does not have to
	// wait for, when Stopped has changed. It may be nil.
	OnStop func(changed func(sessionID string)) `json:"-"`
	// Leads is called when another client has come to lead a session, with what that
	// told of its environment, as AttachOptions have it: nil if nobody leads, or the
	// leader told nothing. An attach does not wait for it, but nothing is typed into the
	// session before it has returned. It may be nil.
	Leads func(sessionID string, environment []string) `json:"-"`
	// PID returns the process ID of a session's program, 0 if it has none here.
	// A handler with PID and Adopt has sessions that outlive their server.
	PID func(sessionID string) int `json:"-"`
	// Adopt takes over a program that the same handler started in another
	// server, which may have died. It returns at once; the program's end comes
	// on Ended, and goes to Stop.
	Adopt func(ctx *types.PluginContext, p AdoptedProgram) error `json:"-"`
	// CloseGrace is how long a session that is being closed waits for the
	// handler to say how its program ended. Zero means a quarter of a second.
	CloseGrace time.Duration `json:"-"`
}

// ID is what the handler is registered under and what SessionOptions select it
// by: the plugin, a slash and the resource, also when the plugin is empty.
func (h Handler) ID() string { return handlerKey(h.Plugin, h.Resource) }

// String returns the ID.
func (h Handler) String() string { return h.ID() }

func handlerKey(plugin, resource string) string { return plugin + "/" + resource }

// SessionHandler is the expected signature for a function that creates a new
// session, returning the standard input, output, and error streams which will
// be multiplexed to the client.
type SessionHandler func(
	ctx *types.PluginContext,
	opts SessionOptions,
) (stdin io.Writer, stdout io.Reader, stderr io.Reader, err error)

// TTYHandlerFunc is the expected signature for a function that creates a new
// session with a TTY. It is passed the TTY file descriptor, a stop channel for
// signalling errors, and a receive-only resize channel.
//
// It starts its program and returns; an error means that there is no session.
// The program's end is told by sending its error (nil for success) on stopCh,
// which never blocks the first time, or by closing it. A handler may instead
// run for as long as its program does: one that has not returned after half a
// second counts as started, and its return as the program's end, unless
// Handler.ReturnsAtStart says otherwise. The context
// ends when the session is closed. The handler may close tty once its program
// has it.
//
// The terminal is in raw mode: what is typed arrives as it was typed, without an
// echo, and Enter is "\r". A handler that reads lines from tty itself, rather than
// starting a program that sets the terminal as it likes, takes them from the
// Terminal of golang.org/x/term, as the package's example does: a reader that waits
// for "\n" waits for ever.
//
// Renamed from TTYHandler to avoid confusion with the Handler struct.
type TTYHandlerFunc func(
	ctx *types.PluginContext,
	opts SessionOptions,
	tty *os.File,
	stopCh chan error,
	resize <-chan SessionResizeInput,
) error

// CommandHandler is the expected signature for a non-TTY handler. It should
// immediately return its standard output and error readers.
//
// The session ends when both have reached their end; the first error other
// than io.EOF is how. Readers that are io.Closers are closed with the session.
// Either may be nil.
type CommandHandler func(
	ctx *types.PluginContext,
	opts SessionOptions,
) (stdout io.Reader, stderr io.Reader, err error)

// SignalFunc sends signal to the program of the session with this ID.
type SignalFunc func(ctx *types.PluginContext, sessionID string, signal StreamSignal) error

// SendSignalFunc sends signal to the program of the session with this ID.
type SendSignalFunc func(ctx *types.PluginContext, sessionID string, signal syscall.Signal) error

// SessionResizeInput carries resize dimensions for a session.
type SessionResizeInput struct {
	Rows int32 `json:"rows"`
	Cols int32 `json:"cols"`
}

// AdoptedProgram is a program that another server started and this one takes
// over.
type AdoptedProgram struct {
	SessionID string
	PID       int
	TTY       *os.File // nil where it cannot be had any more
	// Ended receives how the program ended, once.
	Ended <-chan ExitStatus
	// Stops receives the signal that has stopped the program, and 0 when the program
	// goes on: the newest of what happened, from the time of the adoption on.
	Stops <-chan syscall.Signal
	// Stop takes the program's end, as the stop channel of a TTYHandlerFunc.
	Stop chan<- error
}

// defaultCloseGrace is CloseGrace's default.
const defaultCloseGrace = 250 * time.Millisecond

// guard runs f and turns a panic in it into an error that names who did, so
// that a fault ends what it was in and nothing else.
func guard(who string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v", who, p)
		}
	}()
	return f()
}
