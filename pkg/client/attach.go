package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// AttachConfig says what to attach to what.
type AttachConfig struct {
	Session string   // ID or name
	In, Out *os.File // the local terminal

	DetachKey DetachKey // the zero value turns it off
	// Options go to the server; Size is the local terminal's and is filled in.
	Options exec.AttachOptions
	// Check, which may be nil, is called while the server attaches the client,
	// and before the terminal is touched. Its error is Attach's.
	Check func() error
}

// Reason is why an attachment ended.
type Reason int

// The reasons.
const (
	// ReasonDetached: the detach key was typed.
	ReasonDetached Reason = iota
	// ReasonEnded: the session's program ended; Outcome.Exit tells how.
	ReasonEnded
	// ReasonEvicted: another client ended the attachment.
	ReasonEvicted
	// ReasonLost: the connection to the server was lost.
	ReasonLost
	// ReasonHangup: the local terminal went away, or the context ended.
	ReasonHangup

	// What follows leads to a new attachment.
	reasonSuspend // asked to stop, as by Ctrl-Z
	reasonResumed // was stopped by somebody and goes on
)

// Outcome is how an attachment ended.
type Outcome struct {
	Session *exec.Session
	Reason  Reason
	Exit    *exec.ExitStatus  // with ReasonEnded
	Failure *exec.StreamError // what went wrong beside the exit status, or nil
}

// Attach joins the local terminal to a session. When it returns, with an
// outcome or an error, the terminal is as it was before. It fails only before
// it has touched the terminal: if In or Out is none (rawtty.ErrNotTerminal), or
// with the server's error.
//
// A client that is suspended gives the terminal back, and attaches again when
// it goes on: at once, if nobody could continue it.
func (c *Client) Attach(ctx context.Context, cfg AttachConfig) (Outcome, error) {
	for {
		out, err := c.attachOnce(ctx, cfg)
		if err != nil || out.Reason < reasonSuspend {
			return out, err
		}
		cfg.Options.DetachOthers, cfg.Check = false, nil
	}
}

func (c *Client) attachOnce(ctx context.Context, cfg AttachConfig) (Outcome, error) {
	tty, err := rawtty.Open(cfg.In, cfg.Out)
	if err != nil {
		return Outcome{}, err
	}
	defer tty.Close()
	a := &attachment{tty: tty, key: newTypist(cfg.DetachKey), ended: make(chan Outcome, 8)}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	who := &types.PluginContext{Context: ctx, RequestID: newID(), RequesterID: newID()}
	a.in = make(chan exec.StreamInput)
	// The stream lives a little longer than ctx, so that what was typed before
	// the end still arrives; hangUp ends it.
	stream, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	checked := cfg.check(cancel) // nobody waits for a server that does not answer
	a.recv, err = c.Receive(types.NewContext(stream, who), a.in)
	if size, err := tty.Size(); err == nil {
		cfg.Options.Size = known(size)
	}
	cfg.Options.ScreenFirst, cfg.Options.Opening = true, true
	var at *exec.Attached
	if err == nil {
		at, err = c.PluginClient.Attach(who, cfg.Session, cfg.Options)
	}
	if err := <-checked; err != nil {
		return Outcome{}, err
	}
	if err != nil {
		return Outcome{}, err
	}
	a.session = at.Session
	a.resize = func(size exec.Size) error {
		return c.ResizeSession(who, at.Session.ID, int32(size.Rows), int32(size.Cols))
	}
	a.detach = func(ctx context.Context) *exec.Detached {
		d, err := c.Detach(&types.PluginContext{Context: ctx, RequesterID: who.RequesterID}, at.Session.ID)
		if err != nil {
			return &exec.Detached{} // the connection is lost, or the session gone
		}
		return d
	}
	a.drain = func() { drain(cfg.In, cfg.Out, fenceWait) }
	// From here on a stopped client would leave the terminal raw.
	a.suspend = make(chan os.Signal, 1)
	signal.Notify(a.suspend, syscall.SIGTSTP)
	defer signal.Stop(a.suspend)
	if err := tty.MakeRaw(); err != nil {
		return Outcome{}, err
	}
	out := a.run(ctx, at.Replay, hangUp)
	out.Session = at.Session
	if out.Reason == reasonSuspend {
		// Where nobody could continue us, we go on at once.
		if err := tty.Suspend(); err != nil && !errors.Is(err, rawtty.ErrNoJobControl) {
			return out, fmt.Errorf("suspend: %w", err)
		}
	}
	return out, nil
}

// check runs Check and gives its result; an error calls failed first.
func (cfg *AttachConfig) check(failed func()) <-chan error {
	checked := make(chan error, 1)
	if cfg.Check == nil {
		checked <- nil
		return checked
	}
	go func() { // ends with Check
		err := cfg.Check()
		if err != nil {
			failed()
		}
		checked <- err
	}()
	return checked
}

// known is the size as the server takes it: one that the terminal does not
// know is left out.
func known(size rawtty.Size) exec.Size {
	s := exec.Size{Rows: size.Rows, Cols: size.Cols}
	if !s.Valid() {
		return exec.Size{}
	}
	return s
}

func newID() string {
	b := make([]byte, 8)
	rand.Read(b)
	return hex.EncodeToString(b)
}
