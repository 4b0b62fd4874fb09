package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/types"
)

// startTimeout is how long a server may take to start, or an old one to leave.
const startTimeout = 15 * time.Second

// dial connects to the server that runs. Its error wraps client.ErrNoServer if
// there is none. Whether the server answers, and of which version it is, the
// first call tells.
func (a *app) dial(ctx context.Context) (*client.Client, error) {
	socket, err := client.DefaultSocket()
	if err != nil {
		return nil, err
	}
	c, err := a.dialSocket(ctx, socket)
	if !errors.Is(err, client.ErrNoServer) {
		return c, err
	}
	p, pathErr := paths.Find(a.getenv)
	if pathErr != nil {
		return c, err
	}
	recall, cancel := context.WithTimeout(ctx, recallTimeout)
	defer cancel()
	if found, _ := launch.Recall(recall, p); !found {
		return c, err
	}
	return a.dialSocket(ctx, socket)
}

// recallTimeout is how long a server that lost its socket may take to put it
// back, where a command has no need of a server.
const recallTimeout = 2 * time.Second

func (a *app) dialSocket(ctx context.Context, socket string) (*client.Client, error) {
	c := client.New(client.Config{Dial: client.DialSocket(socket), Release: version(), Greeted: a.noticeVersion})
	return c, c.Connect(ctx)
}

// withServer calls do with a client of the server, which is started if there is
// none. A server may leave at any time before it has answered, as one does that
// has nothing to do: do is called again then, with the next one.
func (a *app) withServer(ctx context.Context, do func(*client.Client) error) error {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return err
	}
	if err := p.MakeDir(); err != nil {
		return fmt.Errorf("cannot use the runtime directory: %w", err)
	}
	for try := 1; ; try++ {
		c, err := a.dialSocket(ctx, p.Socket)
		if err == nil {
			err = do(c)
			c.Close()
		}
		if !errors.Is(err, client.ErrNoServer) || try == 3 {
			return err
		}
		if err := a.startServer(ctx, p); err != nil {
			return a.startError(err)
		}
	}
}

func (a *app) startServer(ctx context.Context, p paths.Paths) error {
	// A signal that this process ignores would be ignored by all that it starts;
	// see internal/early.
	a.catchSignals()
	if p.Note != "" {
		fmt.Fprintf(a.err, "xsh: %s\n", harmless(p.Note))
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return client.Start(ctx, client.StartConfig{
		Socket:  p.Socket,
		Program: server.Program(),
		Warn: func(text string) {
			if !a.restores || !strings.HasSuffix(text, "xsh restore") {
				fmt.Fprintf(a.err, "xsh: %s\n", harmless(text))
			}
		},
	})
}

// requester is this process, as it asks the server.
var requester = sync.OnceValue(func() *types.PluginContext { return client.NewRequester(context.Background()) })

// request is the context of one call that is not about an attachment.
func request(ctx context.Context) *types.PluginContext { return requester().WithContext(ctx) }
