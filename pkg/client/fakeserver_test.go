package client

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/stream"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// fakeServer speaks PROTOCOL.md about one session, whose program prints what
// print is given and echoes what is typed.
type fakeServer struct {
	t *testing.T

	release string
	refuse  error                                                // answers every Attach
	greet   func(net.Conn) (goOn bool)                           // in place of the Hello, if set
	call    func(c *xshpb.Call, reply func(proto.Message)) error // answers a Call
	leave   *execpb.AttachSessionResponse                        // answers a Detach
	onInput func(f stream.InputFrame)                            // sees each input that is new
	replay  []byte                                               // of an attach that does not resume
	rest    bool                                                 // more of it is to follow, which never comes
	unknown bool                                                 // the next attach cannot tell how far input got
	silent  bool                                                 // answers no ping and sends nothing
	can     []string                                             // of the Hello
	state   *typespb.State                                       // of the session

	mu       sync.Mutex
	changed  *sync.Cond
	log      []byte
	from     int64 // the oldest offset that is held
	typed    map[string]int64
	input    []byte // all that arrived, once
	firsts   int    // presses of the detach key's first key
	shown    int64
	sizes    []*typespb.Size
	attaches []*xshpb.Attach
	conns    map[net.Conn]bool // those with an attachment
	ended    *execpb.StreamOutput
	done     sync.WaitGroup
}

func newFakeServer(t *testing.T) *fakeServer {
	s := &fakeServer{t: t, release: "v1", typed: map[string]int64{}, conns: map[net.Conn]bool{}}
	s.changed = sync.NewCond(&s.mu)
	t.Cleanup(func() {
		s.cut()
		s.done.Wait()
	})
	return s
}

// dialer connects to the server in memory's stead: over a socket of the system,
// which a loop can wait for. wrap, which may be nil, is put around the server's end.
func (s *fakeServer) dialer(wrap func(net.Conn) net.Conn) Dialer {
	return func(context.Context) (net.Conn, error) {
		theirs, ours := socketPair(s.t)
		var end net.Conn = ours
		if wrap != nil {
			end = wrap(ours)
		}
		s.done.Go(func() { s.serve(end) })
		return theirs, nil
	}
}

func socketPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "xsh-pair-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("unix", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

func (s *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	preface := make([]byte, len(stream.Preface))
	if _, err := io.ReadFull(conn, preface); err != nil || string(preface) != stream.Preface {
		return
	}
	var in stream.Reader
	f, err := in.Read(conn)
	if err != nil || f.Type != stream.Hello {
		return
	}
	if s.greet != nil && !s.greet(conn) {
		return
	}
	hello, _ := proto.Marshal(&xshpb.Hello{MinVersion: 1, MaxVersion: 1, Release: s.release, Can: s.can})
	out := stream.Append(nil, stream.Hello, hello)
	if f, err = in.Read(conn); err != nil {
		return
	}
	switch f.Type {
	case stream.Attach:
		a := &xshpb.Attach{}
		if proto.Unmarshal(f.Payload, a) == nil {
			s.attach(conn, &in, a, out)
		}
	case stream.Call:
		c := &xshpb.Call{}
		if proto.Unmarshal(f.Payload, c) == nil {
			s.answer(conn, c, out)
		}
	}
}

func frame(t stream.Type, m proto.Message) []byte {
	p, _ := proto.Marshal(m)
	return stream.Append(nil, t, p)
}

func statusFrame(err error) []byte { return frame(stream.Status, status.Convert(err).Proto()) }

func (s *fakeServer) answer(conn net.Conn, c *xshpb.Call, out []byte) {
	err := s.call(c, func(m proto.Message) { out = append(out, frame(stream.Reply, m)...) })
	conn.Write(append(out, statusFrame(err)...))
}

func (s *fakeServer) attach(conn net.Conn, in *stream.Reader, a *xshpb.Attach, out []byte) {
	s.mu.Lock()
	s.attaches = append(s.attaches, a)
	s.changed.Broadcast()
	for c := range s.conns { // one client has one attachment
		c.Close()
		delete(s.conns, c)
	}
	if s.refuse != nil {
		s.mu.Unlock()
		conn.Write(append(out, statusFrame(s.refuse)...))
		return
	}
	s.conns[conn] = true
	s.changed.Broadcast()
	o := a.GetOptions()
	client := o.GetClient()
	if _, known := s.typed[client]; !known {
		s.typed[client] = o.GetInputOffset()
	}
	reply := &typespb.AttachReply{Typed: s.typed[client], TypedUnknown: s.unknown}
	resp := &execpb.AttachSessionResponse{Session: &execpb.Session{Id: "id1", Name: "one", State: s.state}, Reply: reply}
	at := int64(len(s.log))
	if o.ResumeOffset != nil && o.GetResumeOffset() >= s.from && o.GetResumeOffset() <= at {
		at, reply.Resumed = o.GetResumeOffset(), true
	} else {
		resp.Buffer, reply.Rest = append([]byte(nil), s.replay...), s.rest
	}
	if s.unknown {
		s.typed[client], s.unknown = -1, false // what comes next says
	}
	reply.Offset = at
	s.mu.Unlock()
	if _, err := conn.Write(append(out, frame(stream.Attached, resp)...)); err != nil {
		return
	}
	s.done.Go(func() { s.tail(conn, client, at) })
	s.listen(conn, in, client)
}

// tail sends the log, until the connection is closed.
func (s *fakeServer) tail(conn net.Conn, client string, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.typed[client]
	for {
		for s.conns[conn] && (s.silent || at == int64(len(s.log)) && s.ended == nil && told == s.typed[client]) {
			s.changed.Wait()
		}
		if !s.conns[conn] {
			return
		}
		data := slices.Clone(s.log[at:])
		data = data[:min(len(data), stream.MaxData)]
		told = s.typed[client]
		var out []byte
		switch {
		case len(data) > 0:
			out = stream.AppendOutput(nil, stream.OutputFrame{Offset: at, Typed: max(told, 0), Data: data})
			at += int64(len(data))
		case s.ended != nil:
			out = frame(stream.Ended, s.ended)
			delete(s.conns, conn)
		default:
			out = stream.AppendCount(nil, stream.Typed, max(told, 0))
		}
		s.mu.Unlock()
		_, err := conn.Write(out)
		s.mu.Lock()
		if err != nil || s.ended != nil && len(data) == 0 {
			conn.Close()
			return
		}
	}
}

// listen takes what the client sends.
func (s *fakeServer) listen(conn net.Conn, in *stream.Reader, client string) {
	defer s.drop(conn)
	for {
		f, err := in.Read(conn)
		if err != nil {
			return
		}
		s.mu.Lock()
		switch f.Type {
		case stream.Input:
			s.takeInput(f, client)
		case stream.Resize:
			size := &typespb.Size{}
			proto.Unmarshal(f.Payload, size)
			s.sizes = append(s.sizes, size)
		case stream.Shown:
			s.shown, _ = stream.ParseCount(f.Payload)
		case stream.Ping:
			if !s.silent {
				conn.Write(stream.Append(nil, stream.Pong, f.Payload))
			}
		case stream.Detach:
			answer := s.leave
			if answer == nil {
				answer = &execpb.AttachSessionResponse{Buffer: []byte("bye.")}
			}
			conn.Write(frame(stream.Detached, answer))
			s.mu.Unlock()
			return
		}
		s.changed.Broadcast()
		s.mu.Unlock()
	}
}

func (s *fakeServer) takeInput(f stream.Frame, client string) {
	i, err := stream.ParseInput(f.Payload)
	if err != nil {
		s.t.Error(err)
		return
	}
	if s.typed[client] < 0 {
		s.typed[client] = i.Offset
	}
	skip := s.typed[client] - i.Offset
	if skip < 0 {
		s.t.Errorf("input at %d, %d is next", i.Offset, s.typed[client])
		return
	}
	if skip >= int64(len(i.Data)) {
		return
	}
	data := i.Data[skip:]
	s.typed[client] += int64(len(data))
	s.input = append(s.input, data...)
	s.log = append(s.log, data...)
	if i.Flags&stream.FirstKey != 0 {
		s.firsts++
	}
	if s.onInput != nil {
		s.onInput(i)
	}
}

func (s *fakeServer) drop(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.changed.Broadcast()
}

// cut breaks every connection.
func (s *fakeServer) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
		delete(s.conns, c)
	}
	s.changed.Broadcast()
}

func (s *fakeServer) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, text...)
	s.changed.Broadcast()
}

// tell tells those who are attached what the session's program is at, and its title.
func (s *fakeServer) tell(state, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = &typespb.State{Name: state, Source: "report"}
	for c := range s.conns {
		c.Write(frame(stream.Told, &execpb.Session{Id: "id1", Name: "one", Title: title, State: s.state}))
	}
}

func (s *fakeServer) end(o *execpb.StreamOutput) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = o
	s.changed.Broadcast()
}

// await waits until what ok looks at, with the lock held, is so.
func (s *fakeServer) await(what string, ok func() bool) {
	s.t.Helper()
	late := time.AfterFunc(patience, func() { s.changed.Broadcast() })
	defer late.Stop()
	began := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !ok() {
		if time.Since(began) > patience {
			s.t.Fatalf("%s: it does not come; input so far %q", what, s.input)
		}
		s.changed.Wait()
	}
}

func (s *fakeServer) arrived() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.input)
}

var errNotFound = status.Error(codes.NotFound, "no such session")

var errCut = errors.New("cut")

// cutConn breaks after so many bytes in one direction.
type cutConn struct {
	net.Conn
	mu          sync.Mutex
	read, write int // bytes left; negative: no bound
}

func (c *cutConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	left := c.read
	c.mu.Unlock()
	if left == 0 {
		c.Close()
		return 0, errCut
	}
	if left > 0 {
		p = p[:min(len(p), left)]
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	if c.read > 0 {
		c.read -= n
	}
	c.mu.Unlock()
	return n, err
}

func (c *cutConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.write >= 0 && len(p) >= c.write {
		n, _ := c.Conn.Write(p[:c.write])
		c.write = 0
		c.Close()
		return n, errCut
	}
	n, err := c.Conn.Write(p)
	if c.write > 0 {
		c.write -= n
	}
	return n, err
}

func newTestClient(s *fakeServer) *Client { return New(Config{Dial: s.dialer(nil), Release: "v1"}) }

func closeOutput(exit *typespb.ExitStatus) *execpb.StreamOutput {
	return &execpb.StreamOutput{Signal: execpb.StreamSignal_STREAM_SIGNAL_CLOSE, Exit: exit, Data: []byte("end.")}
}
