package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// tools measures xsh mcp: how long an agent waits for the screen of a session.
func tools(ctx context.Context, r *rig) error {
	for _, p := range r.those(func(p *peer) bool { return p.name == xshName }) {
		if err := r.timeTools(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) timeTools(ctx context.Context, p *peer) error {
	xsh := p.list()[0]
	text := "i=0; while [ $i -lt 23 ]; do i=$((i+1)); echo line $i of a screen that is full; done; echo shown; exec cat >/dev/null"
	if err := p.do(xsh, "new", "-d", "tools", "-l", "bench=tools", "--", "sh", "-c", text); err != nil {
		return err
	}
	if err := p.do(xsh, "wait", "tools", "--for", "text=shown", "--timeout", "1m"); err != nil {
		return err
	}
	a, err := p.startAgent(xsh, "mcp", "--only", "bench=tools")
	if err != nil {
		return err
	}
	var took []time.Duration
	err = r.rounds(ctx, 500, []*peer{p}, func(*peer) error {
		start := time.Now()
		answer, err := a.ask("tools/call", `{"name":"screen","arguments":{"session":"tools"}}`)
		took = append(took, time.Since(start))
		if err == nil && !strings.Contains(answer, `line 23 of a screen`) {
			err = fmt.Errorf("screen answers %.300s", answer)
		}
		return err
	})
	if err = errors.Join(err, a.close()); err != nil {
		return err
	}
	r.sayOwn("screen by xsh mcp, ms", milliseconds(median(took)), atMost(5), "ms, of %d calls", len(took))
	return nil
}

// agent speaks the Model Context Protocol, as little as it takes, with a command.
type agent struct {
	to    io.WriteCloser
	from  *bufio.Reader
	asked int
	wait  func() error
}

func (p *peer) startAgent(command ...string) (*agent, error) {
	cmd := p.command(command...)
	to, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	from, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	a := &agent{to: to, from: bufio.NewReader(from), wait: cmd.Wait}
	_, err = a.ask("initialize", `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}`)
	if err == nil {
		_, err = io.WriteString(to, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// ask makes a request and returns its result.
func (a *agent) ask(method, params string) (result string, err error) {
	a.asked++
	if _, err := fmt.Fprintf(a.to, `{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`+"\n", a.asked, method, params); err != nil {
		return "", err
	}
	line, err := a.from.ReadBytes('\n')
	if err != nil {
		return "", err
	}
	var answer struct {
		ID            int
		Result, Error json.RawMessage
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return "", err
	}
	if answer.ID != a.asked || answer.Error != nil {
		return "", fmt.Errorf("%s is answered with %.300s", method, line)
	}
	return string(answer.Result), nil
}

// close lets the command end, and waits for it.
func (a *agent) close() error { return errors.Join(a.to.Close(), a.wait()) }
