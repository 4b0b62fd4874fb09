package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

const patience = 60 * time.Second

// startServer serves sessions of echo/numbers, which prints back each line that
// is typed, with its number.
func startServer(t *testing.T) (socket string) {
	t.Helper()
	socket, stop, err := serve(exec.Handler{Plugin: "echo", Resource: "numbers", TTYHandler: echoNumbers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return socket
}

// serve serves sessions of a handler on a socket until stop is called.
func serve(h exec.Handler) (socket string, stop func(), err error) {
	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		return "", nil, err
	}
	p, err := paths.Find(func(name string) string {
		return map[string]string{"XSH_DIR": filepath.Join(dir, "run"), "XDG_STATE_HOME": dir}[name]
	})
	if err == nil {
		err = p.MakeDir()
	}
	if err != nil {
		return "", nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- server.Serve(ctx, server.Config{
			Paths: p, Version: "test", Logger: slog.New(slog.DiscardHandler),
			Sessions: exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}}),
			Ready:    func() { close(ready) },
		})
	}()
	stop = func() {
		end()
		<-done
		os.RemoveAll(dir)
	}
	select {
	case <-ready:
		return p.Socket, stop, nil
	case err := <-done:
		done <- err
		stop()
		return "", nil, err
	}
}

func echoNumbers(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
	go func() {
		<-ctx.Ctx().Done()
		stop <- nil
	}()
	go func() { // ends with the terminal
		var line []byte
		buf := make([]byte, 4096)
		for n := 0; ; {
			m, err := tty.Read(buf)
			if err != nil {
				return
			}
			for _, b := range buf[:m] {
				if line = append(line, b); b == '\n' {
					fmt.Fprintf(tty, "%d: %s", n, line)
					n, line = n+1, line[:0]
				}
			}
		}
	}()
	return nil
}

// proxy stands between clients and a server, and can break all connections
// through it.
type proxy struct {
	socket string
	mu     sync.Mutex
	conns  map[net.Conn]bool
	done   sync.WaitGroup
}

func (p *proxy) dial(ctx context.Context) (net.Conn, error) {
	up, err := client.DialSocket(p.socket)(ctx)
	if err != nil {
		return nil, err
	}
	down, ours := net.Pipe()
	p.mu.Lock()
	p.conns[up], p.conns[ours] = true, true
	p.mu.Unlock()
	end := func() {
		up.Close()
		ours.Close()
		p.mu.Lock()
		delete(p.conns, up)
		delete(p.conns, ours)
		p.mu.Unlock()
	}
	p.done.Go(func() { io.Copy(up, ours); end() })
	p.done.Go(func() { io.Copy(ours, up); end() })
	return down, nil
}

// kill breaks every connection, wherever what it carries is.
func (p *proxy) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// TestProxyThatDies: while clients type numbered lines to sessions that print
// them back, the proxy between them dies again and again. Each line is printed
// once, and shown once.
func TestProxyThatDies(t *testing.T) {
	leaktest.Check(t)
	p := &proxy{socket: startServer(t), conns: make(map[net.Conn]bool)}
	const clients, lines, deaths = 5, 300, 50
	c := client.New(client.Config{Dial: p.dial})
	defer c.Close()
	var all, opened sync.WaitGroup
	opened.Add(clients)
	dead := make(chan struct{})
	for i := range clients {
		all.Go(func() {
			l, err := c.Open(t.Context(), "", client.LinkConfig{
				Create: &exec.SessionOptions{
					Name: fmt.Sprint("s", i), TTY: true, ResourcePlugin: "echo", ResourceKey: "numbers",
				},
				Options:   exec.AttachOptions{Size: exec.Size{Rows: 24, Cols: 80}},
				Reconnect: patience,
			})
			opened.Done()
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Close()
			typeAndRead(t, l, lines)
			<-dead
			l.Detach(t.Context())
		})
	}
	opened.Wait()
	for range deaths {
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // any moment will do
		p.kill()
	}
	close(dead)
	all.Wait()
	p.kill()
	p.done.Wait()
}

var numbered = regexp.MustCompile(`(?m)^(\d+): line (\d+)\.$`)

// typeAndRead types lines, and reads until all came back.
func typeAndRead(t *testing.T, l *client.Link, lines int) {
	typed := make(chan error, 1)
	go func() {
		for i := range lines {
			if err := l.Type(fmt.Appendf(nil, "line %d.\n", i)); err != nil {
				typed <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
		typed <- nil
	}()
	late := time.AfterFunc(patience, l.Close)
	defer late.Stop()
	var text strings.Builder
	for !strings.Contains(text.String(), fmt.Sprintf(": line %d.\n", lines-1)) {
		o, err := l.Receive()
		if err != nil {
			t.Errorf("%s: %v, %+v; it showed %d bytes", l.Session().Name, err, l.Outcome(), text.Len())
			return
		}
		if !o.Drawn {
			text.Write(o.Data)
		}
	}
	if err := <-typed; err != nil && !errors.Is(err, client.ErrLinkEnded) {
		t.Error(err)
	}
	shown := numbered.FindAllStringSubmatch(text.String(), -1)
	for i, m := range shown {
		if m[1] != fmt.Sprint(i) || m[2] != fmt.Sprint(i) {
			t.Errorf("%s: line %d is %q", l.Session().Name, i, m[0])
			return
		}
	}
	if len(shown) != lines {
		t.Errorf("%s: %d lines, want %d: %q", l.Session().Name, len(shown), lines, text.String())
	}
}
