package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// Sessions is what a console needs. Manager, PluginClient and client.Client have it.
type Sessions interface {
	exec.Typist
	exec.Capturer
	exec.Waiter
	exec.LogReader
	CreateSession(ctx *types.PluginContext, opts exec.SessionOptions) (*exec.Session, error)
	GetSession(ctx *types.PluginContext, sessionID string) (*exec.Session, error)
	ResizeSession(ctx *types.PluginContext, sessionID string, rows, cols int32) error
	CloseSession(ctx *types.PluginContext, sessionID string) error
}

// Console drives one session. Its methods may be called concurrently, Read and
// Expect by one caller at a time.
type Console struct {
	of    Sessions
	id    string // immutable, as is the next
	owned bool   // the session was started for the console

	life context.Context // of Read
	end  context.CancelFunc

	mu       sync.Mutex // guards the fields below; not held across calls
	expected int64      // the offset that the next Expect begins at
	reading  *exec.Logs
}

// Start creates a session and returns its console, which closes it with Close.
func Start(ctx context.Context, of Sessions, opts exec.SessionOptions) (*Console, error) {
	opts.TTY = true
	s, err := of.CreateSession(request(ctx), opts)
	if err != nil {
		return nil, err
	}
	return newConsole(of, s.ID, true), nil
}

// Open returns a console of a session that there is, by its ID or name. Expect begins
// with the oldest output that is kept.
func Open(ctx context.Context, of Sessions, name string) (*Console, error) {
	s, err := of.GetSession(request(ctx), name)
	if err != nil {
		return nil, err
	}
	return newConsole(of, s.ID, false), nil
}

func newConsole(of Sessions, id string, owned bool) *Console {
	c := &Console{of: of, id: id, owned: owned, expected: -1}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// request is the context of one call.
func request(ctx context.Context) *types.PluginContext {
	return &types.PluginContext{Context: ctx, RequestID: "console"}
}

// ID is the session's.
func (c *Console) ID() string { return c.id }

// Error is what a console's methods return when a call fails.
type Error struct {
	// Doing is what was tried.
	Doing string
	Err   error
	// Screen is what the session showed then; nil if nobody knows.
	Screen *exec.Screen
}

// Error tells what was tried, why it failed, and what the screen showed.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v", e.Doing, e.Err)
	if e.Screen != nil {
		text += "\nthe screen:\n" + e.Screen.Text()
	}
	return text
}

// Unwrap returns the error of the call.
func (e *Error) Unwrap() error { return e.Err }

// failed makes an Error, with the screen.
func (c *Console) failed(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	// The context may have ended, which is what is to be told.
	screen, _ := c.of.Capture(request(context.WithoutCancel(ctx)), c.id, exec.CaptureOptions{})
	return &Error{Doing: doing, Err: err, Screen: screen}
}

func (c *Console) typeAll(ctx context.Context, doing string, input ...exec.Input) error {
	_, err := c.of.Type(request(ctx), c.id, input...)
	return c.failed(ctx, doing, err)
}

// Type types text as it is, without Enter.
func (c *Console) Type(ctx context.Context, text string) error {
	return c.typeAll(ctx, fmt.Sprintf("type %.40q", text), exec.Input{Text: []byte(text)})
}

// Press presses keys, one after the other, such as "enter", "ctrl-c" or "up".
func (c *Console) Press(ctx context.Context, keys ...string) error {
	var input []exec.Input
	for _, key := range keys {
		input = append(input, exec.Input{Key: key})
	}
	return c.typeAll(ctx, fmt.Sprintf("press %q", keys), input...)
}

// Paste pastes text, as a terminal does.
func (c *Console) Paste(ctx context.Context, text string) error {
	return c.typeAll(ctx, fmt.Sprintf("paste %.40q", text), exec.Input{Paste: []byte(text)})
}

// ExpectScreen waits until the screen matches a regular expression, or what is
// printed meanwhile. ^ and $ match at the ends of lines. What the screen shows
// already counts.
func (c *Console) ExpectScreen(ctx context.Context, pattern string) error {
	return c.wait(ctx, exec.WaitOptions{For: exec.WaitText, Pattern: pattern})
}

// ExpectGone waits until the screen does not match.
func (c *Console) ExpectGone(ctx context.Context, pattern string) error {
	return c.wait(ctx, exec.WaitOptions{For: exec.WaitGone, Pattern: pattern})
}

func (c *Console) wait(ctx context.Context, o exec.WaitOptions) error {
	_, err := c.of.Wait(request(ctx), c.id, o)
	return c.failed(ctx, fmt.Sprintf("wait for %s %q", o.For, o.Pattern), err)
}

// Screen returns what the session shows.
func (c *Console) Screen(ctx context.Context) (*exec.Screen, error) {
	return c.of.Capture(request(ctx), c.id, exec.CaptureOptions{})
}

// Resize gives the session's terminal another size.
func (c *Console) Resize(ctx context.Context, size exec.Size) error {
	err := c.of.ResizeSession(request(ctx), c.id, int32(size.Rows), int32(size.Cols))
	return c.failed(ctx, fmt.Sprintf("resize to %d rows, %d columns", size.Rows, size.Cols), err)
}

// Wait waits until the session has ended and returns how.
func (c *Console) Wait(ctx context.Context) (exec.ExitStatus, error) {
	w, err := c.of.Wait(request(ctx), c.id, exec.WaitOptions{For: exec.WaitExit})
	if err != nil {
		return exec.ExitStatus{}, c.failed(ctx, "wait for the end", err)
	}
	return *w.Session.Exit, nil
}

// Write implements io.Writer: it types p as it is.
func (c *Console) Write(p []byte) (int, error) {
	typed, err := c.of.Type(request(c.life), c.id, exec.Input{Text: p})
	return int(typed.Bytes), err
}

// Read implements io.Reader: it gives the output as the program printed it, from the
// oldest that is kept on, and io.EOF at the session's end. Expect does not take
// anything from it.
func (c *Console) Read(p []byte) (int, error) {
	logs, err := c.logs()
	if err != nil {
		return 0, err
	}
	return logs.Read(p)
}

func (c *Console) logs() (*exec.Logs, error) {
	c.mu.Lock()
	reading := c.reading
	c.mu.Unlock()
	if reading != nil {
		return reading, nil
	}
	logs, err := c.of.Logs(c.life, c.id, exec.LogsOptions{Follow: true})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = logs
	return logs, err
}

// Close ends Read and Write, and the session if it was started for the console. It
// may be called twice.
func (c *Console) Close() error {
	c.end()
	if !c.owned {
		return nil
	}
	err := c.of.CloseSession(request(context.Background()), c.id)
	if errors.Is(err, exec.ErrSessionClosed) || errors.Is(err, exec.ErrSessionNotFound) {
		return nil
	}
	return err
}

var _ io.ReadWriteCloser = (*Console)(nil)
