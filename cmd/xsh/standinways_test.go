package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// cliHand drives the stand-in by commands, as a script does.
type cliHand struct{ *place }

func standinByCLI(p *place) (standinHand, string) {
	p.run("xsh", "new", "-d", "agent", "--", "standin")
	return cliHand{p}, "agent"
}

func (h cliHand) submit(prompt string) error {
	out, err := h.try("xsh", "send", "agent", "--agent", "--submit", prompt, "--timeout", "50s")
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (h cliHand) press(key string) error {
	_, err := h.try("xsh", "send", "agent", "--agent", key)
	return err
}

func (h cliHand) await(state exec.StateName) (string, error) {
	var came struct{ Match string }
	out, err := h.try("xsh", "wait", "agent", "--for", "state="+string(state), "--since", "last-send", "--timeout", "50s", "-o", "json")
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return came.Match, json.Unmarshal([]byte(out), &came)
}

func (h cliHand) state() (exec.State, error) {
	var all []struct{ State exec.State }
	out, err := h.try("xsh", "ls", "-o", "json")
	if err == nil {
		err = json.Unmarshal([]byte(out), &all)
	}
	if err != nil || len(all) != 1 {
		return exec.State{}, fmt.Errorf("%w: %d sessions: %s", err, len(all), out)
	}
	return all[0].State, nil
}

func (h cliHand) printed() (string, error) { return h.try("xsh", "logs", "agent", "--raw") }

// libraryHand drives it from a Go program.
type libraryHand struct {
	*place
	c *client.Client
	*console.Console
}

func standinByLibrary(p *place) (standinHand, string) {
	p.run("xsh", "server", "start")
	h := &libraryHand{place: p, c: p.dial()}
	ctx, cancel := h.within()
	defer cancel()
	var env []any
	for _, v := range p.env {
		env = append(env, v)
	}
	var err error
	h.Console, err = console.Start(ctx, h.c, exec.SessionOptions{
		Name: "agent", Command: []string{"standin"}, ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		ResourceData: map[string]any{local.DataEnv: env, local.DataDir: p.dir},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { h.Close() })
	return h, "agent"
}

// within is the context of one call by an agent.
func (h *libraryHand) within() (context.Context, context.CancelFunc) {
	ctx := exec.WithTyper(h.t.Context(), exec.Typer{Kind: exec.TyperAgent, Client: "library"})
	return context.WithTimeout(ctx, 2*patience)
}

func (h *libraryHand) submit(prompt string) error {
	ctx, cancel := h.within()
	defer cancel()
	return h.Submit(ctx, prompt)
}

func (h *libraryHand) press(key string) error {
	ctx, cancel := h.within()
	defer cancel()
	return h.Press(ctx, key)
}

func (h *libraryHand) await(state exec.StateName) (string, error) {
	ctx, cancel := h.within()
	defer cancel()
	w, err := h.c.Wait(request(ctx), h.ID(), exec.WaitOptions{For: exec.WaitState, Pattern: string(state), Since: new(exec.SinceTyped)})
	if err != nil {
		return "", err
	}
	return w.Match, nil
}

func (h *libraryHand) state() (exec.State, error) {
	ctx, cancel := h.within()
	defer cancel()
	s, err := h.c.GetSession(request(ctx), h.ID())
	if err != nil {
		return exec.State{}, err
	}
	return s.State, nil
}

func (h *libraryHand) printed() (string, error) {
	ctx, cancel := h.within()
	defer cancel()
	logs, err := h.c.Logs(ctx, h.ID(), exec.LogsOptions{})
	if err != nil {
		return "", err
	}
	defer logs.Close()
	all, err := io.ReadAll(logs)
	return string(all), err
}

// mcpHand drives it by tools, as another agent does.
type mcpHand struct {
	*toolUser
	typed atomic.Int64 // the offset of what was typed last
}

func standinByMCP(p *place) (standinHand, string) {
	h := &mcpHand{toolUser: p.useTools("--as", "driver")}
	h.do("new", toolArgs{"name": "agent", "command": []string{"standin"}})
	return h, "agent.driver"
}

func (h *mcpHand) send(in toolArgs) error {
	in["session"] = "agent"
	got, err := h.call("send", in)
	if err == nil {
		h.typed.Store(got.Offset)
	}
	return err
}

func (h *mcpHand) submit(prompt string) error {
	return h.send(toolArgs{"text": prompt, "submit": true})
}
func (h *mcpHand) press(key string) error { return h.send(toolArgs{"keys": []string{key}}) }

func (h *mcpHand) await(state exec.StateName) (string, error) {
	in := toolArgs{"session": "agent", "for": "state", "pattern": state, "since": h.typed.Load()}
	for deadline := time.Now().Add(2 * patience); ; {
		got, err := h.call("wait", in)
		if err != nil {
			return "", err
		}
		if got.Done {
			_, match, _ := strings.Cut(strings.TrimSuffix(got.output, "\n"), "match: ")
			return match, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("it is not %s yet", state)
		}
		in = got.Next.Arguments
	}
}

func (h *mcpHand) state() (exec.State, error) {
	var listed struct {
		State   exec.StateName
		Message string
	}
	got, err := h.call("list", nil)
	if err == nil {
		err = json.Unmarshal([]byte(got.output), &listed)
	}
	return exec.State{Name: listed.State, Message: listed.Message}, err
}

func (h *mcpHand) printed() (string, error) {
	var all strings.Builder
	for in := (toolArgs{"session": "agent", "offset": 0, "max_bytes": 256 << 10}); ; {
		got, err := h.call("history", in)
		if err != nil {
			return all.String(), err
		}
		all.WriteString(got.output)
		if got.GoOn == "" {
			return all.String(), nil
		}
		in["offset"] = got.NextOffset
	}
}
