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

// dial connects to the server that runs. Its error wraps client.ErrNoServer if
// there is none.
func (a *app) dial(ctx context.Context) (*client.Client, error) {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return nil, err
	}
	if err := p.CheckDir(); errors.Is(err, os.ErrNotExist) {
		return nil, client.ErrNoServer
	} else if err != nil {
		return nil, err
	}
	return a.dialAt(ctx, p)
}

func (a *app) dialAt(ctx context.Context, p paths.Paths) (*client.Client, error) {
	c, st, err := client.Dial(ctx, p.Socket)
	if err != nil {
		return nil, err
	}
	if own := version(); st.Version != own {
		fmt.Fprintf(a.err, "xsh: the server is version %s, this is version %s\n", harmless(st.Version), own)
		fmt.Fprintf(a.err, "xsh: hint: once its sessions may end, xsh server stop and start it anew\n")
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
		c, err := a.dialAt(ctx, p)
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
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return server.Start{
		Paths:   p,
		Command: []string{self, "server", "start", "--foreground", "--notify"},
		Env:     append(os.Environ(), "XSH_DIR="+p.Dir),
	}.Ensure(ctx)
}

// request is the context of one call that is not about an attachment.
func request(ctx context.Context) *types.PluginContext {
	return &types.PluginContext{Context: ctx, RequestID: "xsh", RequesterID: ""}
}
