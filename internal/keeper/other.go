//go:build !linux

package keeper

import (
	"context"
	"os"
	"time"
)

// Supported says whether the system can have a keeper.
const Supported = false

// Run says that there is no keeper here.
func Run(Config) error { return ErrUnsupported }

// Inherited reports false: no process was a keeper before.
func Inherited() bool { return false }

// Become says that there is no keeper here.
func Become(Takeover) error { return ErrUnsupported }

// FromSystemd returns nothing.
func FromSystemd() Systemd { return Systemd{} }

// Client is a link that nobody has here: Connect returns none.
type Client struct{}

// Connect says that no keeper started this process.
func Connect() (*Client, error) { return nil, ErrNoKeeper }

func (*Client) Listeners() []*os.File                        { return nil }
func (*Client) Supervised() bool                             { return false }
func (*Client) Lost() <-chan struct{}                        { return nil }
func (*Client) Events() <-chan Event                         { return nil }
func (*Client) Close()                                       {}
func (*Client) Held(context.Context) ([]Session, error)      { return nil, ErrUnsupported }
func (*Client) Hold(context.Context, Session) error          { return ErrUnsupported }
func (*Client) Update(context.Context, string, []byte) error { return ErrUnsupported }
func (*Client) Ended(context.Context, string, Status) error  { return ErrUnsupported }
func (*Client) Drop(context.Context, string) error           { return ErrUnsupported }
func (*Client) Adopting(string) error                        { return ErrUnsupported }
func (*Client) Adopted(string) error                         { return ErrUnsupported }
func (*Client) Ready(context.Context) error                  { return ErrUnsupported }
func (*Client) Listen(context.Context, []*os.File) error     { return ErrUnsupported }
func (*Client) Rest(context.Context) error                   { return ErrUnsupported }
func (*Client) Restart(context.Context) error                { return ErrUnsupported }
func (*Client) Fail(context.Context, error) error            { return ErrUnsupported }
func (*Client) Stop(context.Context) error                   { return ErrUnsupported }
func (*Client) Upgrade(context.Context, []string, []string, time.Duration) error {
	return ErrUnsupported
}
