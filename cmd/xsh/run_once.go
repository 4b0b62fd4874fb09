package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// onceWait is how long a session that is not wanted any more may take to end.
const onceWait = 10 * time.Second

// runOnce runs a command line in a session of its own, of which nothing is left. The
// session's program is the shell that runs the line: its end is the session's, so
// that no marks are needed.
func runOnce(ctx context.Context, a *app, o *runOptions, line string) error {
	if err := checkLine(line); err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return withHint(errors.New("the current directory is gone"), "run it in another one")
	}
	a.catchSignals()
	opts := exec.SessionOptions{
		NameHint: "run", Command: []string{"/bin/sh", "-c", line}, TTY: true, Size: a.size(),
		ResourcePlugin: local.Plugin, ResourceKey: local.Resource, ResourceData: a.sessionData(defaultHandler, program{dir: dir, env: os.Environ()}),
	}
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	return a.withServer(ctx, func(c *client.Client) error {
		// The program prints nothing before the link is there, which then has it wait.
		link, err := c.Open(ctx, "", client.LinkConfig{Create: &opts, Options: exec.AttachOptions{Replay: exec.ReplayNone}})
		if err != nil {
			return err
		}
		defer link.Close()
		id := link.Session().ID
		defer forgetOnce(ctx, c, id)
		logs, err := c.Logs(ctx, id, exec.LogsOptions{From: new(int64), Follow: true, Whole: true})
		if err != nil {
			return err
		}
		link.Close()
		defer logs.Close()
		out := newLogPrinter(a.out, nil, o.Raw, false)
		_, err = io.Copy(out, logs)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return &codedError{codeTimeout, fmt.Errorf("the command did not end within %v, and was ended", o.Timeout)}
		case ctx.Err() != nil:
			return errors.New("interrupted: the command was ended")
		case err != nil:
			return &codedError{codeLost, err}
		}
		if err := out.Close(); err != nil {
			return err
		}
		s, err := c.GetSession(request(ctx), id)
		switch {
		case err != nil || s.Exit == nil:
			return &codedError{codeLost, errUnknownEnd}
		case s.Exit.Code != 0:
			return &codedError{code: s.Exit.Code}
		}
		return nil
	})
}

// forgetOnce ends a session, if it has not ended, and has the server forget it.
func forgetOnce(ctx context.Context, c *client.Client, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onceWait)
	defer cancel()
	if s, err := c.GetSession(request(ctx), id); err == nil && s.Exit == nil {
		c.Kill(request(ctx), id, exec.StreamSignalNone)
	}
	c.Remove(request(ctx), id)
}
