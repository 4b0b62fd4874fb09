package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/types"
)

// startTimeout is how long a server may take to start, or an old one to leave.
const startTimeout = 15 * time.Second

// recallTimeout is how long a server that lost its socket may take to put it
// back, where a command has no need of a server.
const recallTimeout = 2 * time.Second

// dial connects to the server that runs and checks it. Its error wraps
// client.ErrNoServer if there is none.
func (a *app) dial(ctx context.Context) (*client.Client, error) {
	c, err := a.open(ctx)
	return a.checked(ctx, c, err)
}

// open is dial that leaves the check to the caller.
func (a *app) open(ctx context.Context) (*client.Client, error) {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return nil, err
	}
	if err := p.CheckDir(); errors.Is(err, os.ErrNotExist) {
		return nil, client.ErrNoServer
	} else if err != nil {
		return nil, err
	}
	c, err := client.Dial(ctx, p.Socket)
	if !errors.Is(err, client.ErrNoServer) {
		return c, err
	}
	recall, cancel := context.WithTimeout(ctx, recallTimeout)
	defer cancel()
	if found, _ := server.Recall(recall, p); !found {
		return nil, err
	}
	return client.Dial(ctx, p.Socket)
}

// check makes sure that the server answers, and warns if it is of another
// version.
func (a *app) check(ctx context.Context, c *client.Client) error {
	st, err := c.Check(ctx)
	if err != nil {
		return err
	}
	if own := version(); st.Version != own {
		fmt.Fprintf(a.err, "xsh: the server is version %s, this is version %s\n", harmless(st.Version), own)
		fmt.Fprintf(a.err, "xsh: hint: once its sessions may end, xsh server stop and start it anew\n")
	}
	return nil
}

// checked is a client that was dialled, once it was checked.
func (a *app) checked(ctx context.Context, c *client.Client, err error) (*client.Client, error) {
	if err != nil {
		return nil, err
	}
	if err := a.check(ctx, c); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// connect is dial that starts a server if there is none. One that is just
// leaving is waited for.
func (a *app) connect(ctx context.Context) (*client.Client, error) {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return nil, err
	}
	if err := p.MakeDir(); err != nil {
		return nil, fmt.Errorf("cannot use the runtime directory: %w", err)
	}
	for try := 1; ; try++ {
		c, err := client.Dial(ctx, p.Socket)
		c, err = a.checked(ctx, c, err)
		if err == nil || !errors.Is(err, client.ErrNoServer) || try == 3 {
			return c, err
		}
		if err := a.startServer(ctx, p); err != nil {
			return nil, fmt.Errorf("cannot start the server: %w", err)
		}
	}
}

func (a *app) startServer(ctx context.Context, p paths.Paths) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if p.Note != "" {
		fmt.Fprintf(a.err, "xsh: %s\n", harmless(p.Note))
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return server.Start{
		Paths:   p,
		Command: []string{self, "server", "start", "--foreground", "--notify"},
		Env:     append(os.Environ(), "XSH_DIR="+p.Dir, "XSH_SOCKET="+p.Socket),
		Warn:    func(text string) { fmt.Fprintf(a.err, "xsh: %s\n", harmless(text)) },
	}.Ensure(ctx)
}

// request is the context of one call that is not about an attachment.
func request(ctx context.Context) *types.PluginContext {
	return &types.PluginContext{Context: ctx, RequestID: "xsh", RequesterID: ""}
}
