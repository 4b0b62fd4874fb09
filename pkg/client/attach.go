package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/exec"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// DefaultReconnect is how long a broken connection on this machine is dialled
// again.
const DefaultReconnect = time.Minute

// AttachConfig says what to attach to what.
type AttachConfig struct {
	Session string // ID or name; not looked at with Create
	// Create makes this session first; its program prints nothing before the
	// terminal is attached.
	Create *exec.SessionOptions
	// OrExisting, with Create: attach to the active session of that name, if
	// there is one.
	OrExisting bool

	In, Out *os.File // the local terminal

	DetachKey DetachKey // the zero value turns it off
	// Options go to the server; Size is the local terminal's and is filled in.
	Options exec.AttachOptions
	// Terminal tells the server which terminal this is, so that one that comes
	// back gets only the history that it has not seen; see TerminalID. Empty:
	// it gets what Options asks for.
	Terminal string
	// Reconnect is how long a connection that breaks is dialled again; 0 is not
	// at all.
	Reconnect time.Duration
	// Redial, which may be nil, takes the place of the Client's Dialer when a
	// connection broke. It returns when its context ends.
	Redial Dialer
	// KeepScrollback keeps what a program prints from clearing the terminal's own
	// scrollback (CSI 3 J).
	KeepScrollback bool
	// Title, which may be nil, is what the terminal's window is called while the
	// session's program has said nothing of that; "" leaves it.
	Title func(*exec.Session) string
	// StateTitle, which may be nil, is what the window is called while the session's
	// program tells what it is at, whatever else it has said; "" for a state that is
	// not to be seen there.
	StateTitle func(*exec.Session) string
	// Attached, which may be nil, is called once the server has answered, and
	// before the terminal is touched.
	Attached func(*exec.Session)
}

// Reason is why an attachment ended.
type Reason int

// The reasons.
const (
	// ReasonDetached: the detach key was typed, or Detach called.
	ReasonDetached Reason = iota
	// ReasonEnded: the session's program ended; Outcome.Exit tells how.
	ReasonEnded
	// ReasonEvicted: another client ended the attachment.
	ReasonEvicted
	// ReasonLost: the connection to the server broke, and did not come back in
	// time, or the session was gone when it did; Outcome.Err tells which.
	ReasonLost
	// ReasonHangup: the local terminal went away, the context ended, or a signal
	// told the client to end.
	ReasonHangup

	// What follows leads to a new attachment.
	reasonSuspend // asked to stop, as by Ctrl-Z
	reasonResumed // was stopped by somebody and goes on
	reasonMoved   // to another session, Outcome.moveTo
)

// Outcome is how an attachment ended.
type Outcome struct {
	Session *exec.Session
	Reason  Reason
	Exit    *exec.ExitStatus  // with ReasonEnded
	Failure *exec.StreamError // what went wrong beside the exit status, or nil
	Err     error             // with ReasonLost: why
	// Unsure is how many bytes were typed of which it is not known whether they
	// arrived, and Undelivered how many did not.
	Unsure, Undelivered int
	// Dropped is how many bytes were typed while the terminal was put back, and
	// could not be given to who reads it next.
	Dropped int

	moveTo string // with reasonMoved: the session's ID
}

// AttachTerminal joins the local terminal to a session. When it returns, with an
// outcome or an error, the terminal is as it was before. It fails only before
// it has touched the terminal: if In or Out is none (rawtty.ErrNotTerminal), or
// with the server's error. It ends with ctx, and with the signals HUP, INT, QUIT
// and TERM, which it takes while it runs; a second one ends it whatever it does.
//
// A connection that breaks is dialled again, and goes on where it broke. A
// client that is suspended gives the terminal back, and attaches again when it
// goes on: at once, if nobody could continue it. One whose user typed xsh switch
// attaches to another session; the Outcome is of the last one.
func (c *Client) AttachTerminal(ctx context.Context, cfg AttachConfig) (Outcome, error) {
	request, err := cfg.request()
	if err != nil {
		return Outcome{}, err
	}
	var input typed
	for {
		s := &seat{cfg: &cfg, request: request, input: input, greeted: c.conn.greeted}
		out, err := s.attach(ctx, c.conn)
		if err != nil || out.Reason < reasonSuspend {
			return out, err
		}
		input = typed{offset: s.link.typed.end()}
		cfg.Attached = nil
		if out.Reason == reasonMoved {
			cfg.Session, cfg.Create, cfg.Options.DetachOthers = out.moveTo, nil, false
			input = typed{}
			if request, err = cfg.request(); err != nil {
				return Outcome{}, err
			}
		}
	}
}

// request is what the first connection asks for.
func (cfg *AttachConfig) request() (*xshpb.Attach, error) {
	options := cfg.Options.ToProto()
	options.Terminal, options.ScreenFirst, options.CanMove = cfg.Terminal, true, true
	r, err := newRequest(cfg.Session, cfg.Create, cfg.OrExisting, options)
	if err == nil {
		r.Told = cfg.StateTitle != nil && cfg.Options.SyncOutput
	}
	return r, err
}

func newRequest(session string, create *exec.SessionOptions, orExisting bool, options *typespb.AttachOptions) (*xshpb.Attach, error) {
	options.Client = newID()
	r := &xshpb.Attach{Session: session, Options: options, OrExisting: orExisting}
	if create != nil {
		in, err := create.ToProto()
		if err != nil {
			return nil, exec.NewTerminalError(create.ID, err)
		}
		r.Create = in
	}
	return r, nil
}

// sizeToProto is the size as the server takes it: one that the terminal does not
// know is left out.
func sizeToProto(size rawtty.Size) *typespb.Size {
	if s := (exec.Size{Rows: size.Rows, Cols: size.Cols}); !s.Valid() {
		return nil
	}
	p := &typespb.Size{Rows: uint32(size.Rows), Cols: uint32(size.Cols)}
	if size.Wide > 0 && size.High > 0 {
		p.Pixels = &typespb.Pixels{Width: uint32(size.Wide), Height: uint32(size.High)}
	}
	return p
}

// newID is what a client calls itself in all of its connections.
func newID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// attach is one attachment of the terminal, from opening to leaving it.
func (s *seat) attach(ctx context.Context, conn *Conn) (out Outcome, err error) {
	if err := s.open(); err != nil {
		return Outcome{}, err
	}
	defer s.close()
	spare, err := s.dialFirst(ctx, conn)
	if err != nil {
		return Outcome{}, err
	}
	dial := s.cfg.Redial
	if dial == nil {
		dial = conn.dial
	}
	s.link = newLink(dial, s.waker, s.request, usualTimes(s.cfg.Reconnect))
	s.link.release, s.link.typed = conn.release, s.input
	defer s.link.close()
	defer func() {
		if p := recover(); p != nil {
			s.abandon()
			panic(p) // with the terminal in order
		}
	}()
	stop := context.AfterFunc(ctx, func() {
		s.ended.Store(true)
		s.waker.Wake()
	})
	defer stop()
	if err := s.run(spare); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = &WaitError{What: "the server's answer", Err: ctx.Err()}
		}
		return Outcome{}, exec.ErrorFromStatus(err, s.request.GetSession())
	}
	out = s.leave()
	if out.Reason == reasonSuspend {
		// Where nobody could continue us, we go on at once.
		if err := s.tty.Suspend(); err != nil && !errors.Is(err, rawtty.ErrNoJobControl) {
			return out, fmt.Errorf("suspend: %w", err)
		}
	}
	return out, nil
}

// dialFirst connects, before there is anything that could be spoilt. A signal
// ends it by its context.
func (s *seat) dialFirst(ctx context.Context, conn *Conn) (net.Conn, error) {
	if spare := conn.takeSpare(); spare != nil {
		return spare, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	return conn.dial(ctx)
}
