package exec_test

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// localStream has the contract hold for the way in that xsh's own client takes: a
// server on its socket, each call and each attachment a connection of the local
// stream. A requester's attachments are put together as its stream here, which is for
// the contract alone: over the local stream there are neither.
type localStream struct {
	*client.Client
	t *testing.T

	mu    sync.Mutex // guards hosts
	hosts map[string]*localHost
}

// newLocalStream returns a server's client. The server leaves with the test.
func newLocalStream(t *testing.T) exec.SessionProvider {
	dir, err := os.MkdirTemp("", "xsh") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p, err := paths.Find(func(name string) string {
		return map[string]string{"XSH_DIR": filepath.Join(dir, "run"), "XDG_STATE_HOME": dir}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	m := exec.NewManager(exec.ManagerConfig{Handlers: testHandlers(), Settings: testSettings})
	ctx, stop := context.WithCancel(context.Background())
	ready, left := make(chan struct{}), make(chan error, 1)
	go func() {
		left <- server.Serve(ctx, server.Config{
			Paths: p, Version: "v1", Logger: slog.New(slog.DiscardHandler), Sessions: m, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-left:
		stop()
		t.Fatalf("the server left: %v", err)
	}
	s := &localStream{
		Client: client.New(client.Config{Dial: client.DialSocket(p.Socket)}), t: t, hosts: map[string]*localHost{},
	}
	t.Cleanup(func() {
		s.Client.Close()
		stop()
		if err := <-left; err != nil {
			t.Errorf("the server left: %v", err)
		}
	})
	return s
}

// localHost is a requester's stream.
type localHost struct {
	ctx      context.Context
	out      chan exec.StreamOutput
	carrying sync.WaitGroup

	mu    sync.Mutex // guards links
	links map[string]*localLink
}

// localLink is one attachment.
type localLink struct {
	*client.Link
	id   string        // the session's
	name string        // how the session's list of clients tells the attachment from others
	told chan struct{} // closed when the stream carries no more of it
}

// Stream implements exec.Provider.
func (p *localStream) Stream(ctx context.Context, in chan exec.StreamInput) (chan exec.StreamOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	who := types.FromContext(ctx).Requester()
	h := &localHost{ctx: ctx, out: make(chan exec.StreamOutput), links: map[string]*localLink{}}
	p.mu.Lock()
	p.hosts[who] = h
	p.mu.Unlock()
	go func() { // ends with ctx, or when in is closed
		defer close(h.out)
		defer h.carrying.Wait()
		defer h.close()
		defer cancel()
		for {
			select {
			case i, ok := <-in:
				if !ok {
					return
				}
				if l := h.link(i.SessionID); l != nil {
					l.Type(i.Data) // one that has ended takes nothing
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	context.AfterFunc(ctx, func() { // a link that takes no input does not hold up the end
		p.mu.Lock()
		if p.hosts[who] == h {
			delete(p.hosts, who)
		}
		p.mu.Unlock()
		h.close()
	})
	return h.out, nil
}

// host returns the stream that a call is about: its requester's, or one that named
// nobody; nil if there is neither.
func (p *localStream) host(ctx *types.PluginContext) *localHost {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.hosts[ctx.Requester()]; h != nil {
		return h
	}
	return p.hosts[""]
}

// link returns the attachment to a session, or nil.
func (h *localHost) link(id string) *localLink {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.links[id]
}

func (h *localHost) close() {
	h.mu.Lock()
	all := slices.Collect(maps.Values(h.links))
	h.mu.Unlock()
	for _, l := range all {
		l.Close()
	}
}

// AttachSession implements exec.Provider.
func (p *localStream) AttachSession(ctx *types.PluginContext, id string) (*exec.Session, []byte, error) {
	at, err := p.Attach(ctx, id, exec.AttachOptions{Replay: exec.ReplayRaw})
	if err != nil {
		return nil, nil, err
	}
	return at.Session, at.Replay, nil
}

// Attach implements exec.Attacher.
func (p *localStream) Attach(ctx *types.PluginContext, id string, o exec.AttachOptions) (*exec.Attached, error) {
	h := p.host(ctx)
	if s, err := p.GetSession(ctx, id); err == nil {
		p.leave(h.link(s.ID))
	}
	o.TTY = newName()
	link, err := p.Open(ctx.Ctx(), id, client.LinkConfig{Options: o})
	if err != nil {
		return nil, err
	}
	replay, err := link.Receive()
	if err != nil {
		link.Close()
		return nil, err
	}
	l := &localLink{Link: link, id: link.Session().ID, name: o.TTY, told: make(chan struct{})}
	at := &exec.Attached{Session: link.Session(), Replay: replay.Data, Offset: replay.Offset}
	if h == nil || h.ctx.Err() != nil {
		link.Close()
		return at, nil
	}
	h.mu.Lock()
	h.links[l.id] = l
	h.mu.Unlock()
	h.carrying.Go(func() { h.carry(l) })
	return at, nil
}

// carry puts what a link receives on the stream, and how the link ended.
func (h *localHost) carry(l *localLink) {
	defer close(l.told)
	defer l.Close()
	for {
		o, err := l.Receive()
		if err != nil {
			break
		}
		out := exec.StreamOutput{SessionID: l.id, Data: o.Data, Offset: o.Offset, Drawn: o.Drawn, Whole: o.Whole}
		if o.Stderr {
			out.Target = exec.StreamTargetStdErr
		}
		h.send(out)
	}
	<-l.Done()
	h.mu.Lock()
	if h.links[l.id] == l {
		delete(h.links, l.id)
	}
	h.mu.Unlock()
	end := exec.StreamOutput{SessionID: l.id, Offset: l.Offset(), Signal: exec.StreamSignalClose}
	switch how := l.Outcome(); how.Reason {
	case client.ReasonEnded:
		if how.Failure != nil {
			h.send(exec.StreamOutput{SessionID: l.id, Offset: l.Offset(), Signal: exec.StreamSignalError, Error: how.Failure})
		}
		end.Exit = how.Exit
		h.send(end)
	case client.ReasonEvicted:
		end.Detached = true
		h.send(end)
	}
}

func (h *localHost) send(o exec.StreamOutput) {
	select {
	case h.out <- o:
	case <-h.ctx.Done():
	}
}

// leave detaches, and waits until the server has it so too.
func (p *localStream) leave(l *localLink) {
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), exectest.Patience)
	defer cancel()
	if err := l.Detach(ctx); err != nil {
		p.t.Errorf("detach from %s: %v", l.id, err)
	}
	<-l.told
	poll(p.t, "the end of an attachment", func() bool { return p.attachment(l) == nil })
}

// attachment is what the server says of a link, nil if it knows none.
func (p *localStream) attachment(l *localLink) *exec.ClientInfo {
	s, err := p.GetSession(nil, l.id)
	if err != nil {
		return nil
	}
	for _, a := range s.Attachments {
		if a.TTY == l.name {
			return &a
		}
	}
	return nil
}

// Detach implements exec.Attacher.
func (p *localStream) Detach(ctx *types.PluginContext, id string) (*exec.Detached, error) {
	s, err := p.DetachSession(ctx, id)
	return &exec.Detached{Session: s}, err
}

// DetachSession implements exec.Provider.
func (p *localStream) DetachSession(ctx *types.PluginContext, id string) (*exec.Session, error) {
	s, err := p.GetSession(ctx, id)
	if err != nil {
		return nil, err
	}
	p.leave(p.host(ctx).link(s.ID))
	return p.GetSession(ctx, s.ID)
}

// ResizeSession implements exec.Provider. A link's size has no answer: what the server
// says of the link tells when it is there.
func (p *localStream) ResizeSession(ctx *types.PluginContext, id string, rows, cols int32) error {
	size := exec.Size{Rows: int(rows), Cols: int(cols)}
	l := p.host(ctx).link(id)
	if l == nil || !size.Valid() {
		return p.Client.ResizeSession(ctx, id, rows, cols)
	}
	l.Resize(size)
	poll(p.t, "the size of an attachment", func() bool {
		a := p.attachment(l)
		return a == nil || a.Size == size
	})
	return nil
}
