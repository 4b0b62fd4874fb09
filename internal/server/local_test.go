package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
)

// localRig is the server's end of the local stream on a socket of its own, with
// sessions whose programs are the test. It checks that nothing is left behind.
type localRig struct {
	t      testing.TB
	m      *exec.Manager
	local  *localServer
	socket string
	log    *record

	ttys   chan *os.File // of each program that was started
	hangUp context.CancelFunc
}

func newLocalRig(t testing.TB) *localRig {
	t.Helper()
	leaktest.Check(t)
	r := &localRig{t: t, log: &record{}, ttys: make(chan *os.File, 100)}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	r.m = exec.NewManager(exec.ManagerConfig{
		Logger: log, Handlers: map[string]exec.Handler{"test/stage": {Plugin: "test", Resource: "stage", TTYHandler: r.start}},
		TerminalFactory: new(exectest.Terminals).Open,
	})
	t.Cleanup(r.m.Close)
	calls := newMethods(log)
	(&exec.PluginServer{Impl: r.m}).Register(calls)
	life, hangUp := context.WithCancel(context.Background())
	r.hangUp = hangUp
	r.local = &localServer{sessions: r.m, methods: calls, release: "v1", log: log, life: life}

	dir, err := os.MkdirTemp("", "xsh")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r.socket = filepath.Join(dir, "s")
	l, err := net.Listen("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	s := newSplitter(l.Addr(), newConnections(), func(c net.Conn) {
		// Frames are cut often, where the socket takes only a little at once.
		c.(*begunConn).Conn.(*net.UnixConn).SetWriteBuffer(1)
		r.local.serve(c)
	})
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		accept(l, log, s.take)
	}()
	t.Cleanup(func() {
		l.Close()
		s.Close()
		hangUp()
		s.wait(context.Background())
		<-ran
		if log := r.log.String(); strings.Contains(log, "panicked") && !t.Failed() {
			t.Errorf("the log tells of a panic:\n%s", log)
		}
	})
	return r
}

// start is a handler whose program is the test.
func (r *localRig) start(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
	r.ttys <- tty
	go func() {
		<-ctx.Ctx().Done()
		stop <- nil
	}()
	return nil
}

// session makes a session and returns its program's end of the terminal.
func (r *localRig) session(id string) *os.File {
	r.t.Helper()
	_, err := r.m.CreateSession(nil, exec.SessionOptions{ID: id, ResourcePlugin: "test", ResourceKey: "stage", TTY: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return <-r.ttys
}

// noClients waits until nobody is attached to the session.
func (r *localRig) noClients(id string) {
	r.t.Helper()
	for e := range r.m.Watch(context.Background(), 0) {
		s, err := r.m.GetSession(nil, id)
		if err != nil {
			r.t.Fatal(err)
		}
		if s.Clients == 0 {
			return
		}
		_ = e
	}
}

// remote is a client's end of a connection of the local stream.
type remote struct {
	net.Conn
	t     testing.TB
	in    stream.Reader
	shown int64 // bytes of output
}

// dial connects and says nothing.
func (r *localRig) dial() *remote {
	r.t.Helper()
	c, err := net.Dial("unix", r.socket)
	if err != nil {
		r.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	r.t.Cleanup(func() { c.Close() })
	return &remote{Conn: c, t: r.t}
}

// send sends frames; a server that has hung up does not take them.
func (p *remote) send(frames ...[]byte) {
	for _, f := range frames {
		p.Write(f)
	}
}

// receive returns the next frame; its payload is the caller's.
func (p *remote) receive() (stream.Frame, error) {
	f, err := p.in.Read(p.Conn)
	f.Payload = append([]byte(nil), f.Payload...)
	return f, err
}

// expect receives a frame of that type, passing over those of others in between
// that a client may pass over, and decodes it into m if that is not nil.
func (p *remote) expect(want stream.Type, m proto.Message) stream.Frame {
	p.t.Helper()
	for {
		f, err := p.receive()
		switch {
		case err != nil:
			p.t.Fatalf("waiting for frame %d: %v", want, err)
		case f.Type == want:
			if m != nil {
				if err := proto.Unmarshal(f.Payload, m); err != nil {
					p.t.Fatal(err)
				}
			}
			return f
		case f.Type == stream.Status:
			var st statuspb.Status
			proto.Unmarshal(f.Payload, &st)
			p.t.Fatalf("waiting for frame %d: %v", want, &st)
		case f.Type != stream.Output && f.Type != stream.Hello && f.Type != stream.Typed:
			p.t.Fatalf("waiting for frame %d: came %d", want, f.Type)
		}
	}
}

// refusal receives until the server hangs up, and returns the status it gave.
func (p *remote) refusal() *status.Status {
	p.t.Helper()
	var given *status.Status
	for {
		f, err := p.receive()
		if err != nil {
			if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
				p.t.Fatal("the connection was not closed")
			}
			return given
		}
		if f.Type == stream.Status {
			var st statuspb.Status
			if err := proto.Unmarshal(f.Payload, &st); err != nil {
				p.t.Fatal(err)
			}
			given = status.FromProto(&st)
		}
	}
}

// output receives output until it has text, and returns it all and the
// offset behind it.
func (p *remote) output(text string) (got string, end int64) {
	p.t.Helper()
	for !strings.Contains(got, text) {
		f := p.expectOutput()
		got += string(f.Data)
		end = f.Offset
		if f.Flags&stream.Drawn == 0 {
			end += int64(len(f.Data))
		}
		p.shown += int64(len(f.Data))
		p.send(stream.AppendCount(nil, stream.Shown, p.shown))
	}
	return got, end
}

func (p *remote) expectOutput() stream.OutputFrame {
	p.t.Helper()
	f, err := stream.ParseOutput(p.expect(stream.Output, nil).Payload)
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

func message(t stream.Type, m proto.Message) []byte { return appendMessage(nil, t, m) }

func helloFrame() []byte {
	return message(stream.Hello, &xshpb.Hello{MinVersion: stream.MinVersion, MaxVersion: stream.MaxVersion})
}

// opening is what a client sends first: preface, hello and what it is about.
func opening(frame []byte) []byte {
	return append(append([]byte(stream.Preface), helloFrame()...), frame...)
}

func attachFrame(id string, o *typespb.AttachOptions) []byte {
	return message(stream.Attach, &xshpb.Attach{Session: id, Options: o})
}

func input(offset int64, text string) []byte {
	return stream.AppendInput(nil, stream.InputFrame{Offset: offset, Data: []byte(text)})
}

// fromStart attaches to all of the log, and no replay.
func fromStart() *typespb.AttachOptions { return &typespb.AttachOptions{ResumeOffset: ptr(int64(0))} }

// attach attaches and returns what the server answered.
func (p *remote) attach(id string, o *typespb.AttachOptions) *execpb.AttachSessionResponse {
	p.t.Helper()
	p.send(opening(attachFrame(id, o)))
	var hello xshpb.Hello
	p.expect(stream.Hello, &hello)
	if hello.GetMinVersion() != stream.MinVersion || hello.GetMaxVersion() != stream.MaxVersion || hello.GetRelease() != "v1" {
		p.t.Errorf("hello %v", &hello)
	}
	var reply execpb.AttachSessionResponse
	p.expect(stream.Attached, &reply)
	return &reply
}

// readText reads from a program's terminal until it has text.
func readText(t testing.TB, tty *os.File, text string) string {
	t.Helper()
	tty.SetReadDeadline(time.Now().Add(patience))
	var got []byte
	buf := make([]byte, 64<<10)
	for !strings.HasSuffix(string(got), text) {
		n, err := tty.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			t.Fatalf("the program read %d bytes, ending in %.40q, not %q: %v", len(got), got[max(0, len(got)-40):], text, err)
		}
	}
	return string(got)
}

// TestLocalAttachment is the story of an attachment over the local stream.
func TestLocalAttachment(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	io.WriteString(tty, "hello")
	p := r.dial()
	at := p.attach("s", fromStart())
	if !at.GetReply().GetResumed() || at.GetReply().GetOffset() != 0 || len(at.GetBuffer()) != 0 || at.GetSession().GetId() != "s" {
		t.Errorf("attached: %v", at)
	}
	if got, end := p.output("hello"); got != "hello" || end != 5 {
		t.Errorf("output %q up to %d", got, end)
	}
	p.send(input(0, "one "), input(4, "two "), input(0, "one two three"))
	if got := readText(t, tty, "three"); got != "one two three" {
		t.Errorf("the program read %q", got)
	}
	p.send(stream.Append(nil, stream.Ping, []byte("12345678")))
	if f := p.expect(stream.Pong, nil); string(f.Payload) != "12345678" {
		t.Errorf("pong %q", f.Payload)
	}
	io.WriteString(tty, "x")
	if out := p.expectOutput(); out.Typed != int64(len("one two three")) || out.Offset != 5 || out.Flags != 0 {
		t.Errorf("output %+v", out)
	}
	p.send(message(stream.Resize, &typespb.Size{Rows: 11, Cols: 22}), stream.Append(nil, 222, []byte("of a newer client")), stream.Append(nil, stream.Detach, nil))
	var gone execpb.AttachSessionResponse
	p.expect(stream.Detached, &gone)
	if s := gone.GetSession(); s.GetAttached() || s.GetSize().GetRows() != 11 || s.GetSize().GetCols() != 22 || len(gone.GetBuffer()) == 0 {
		t.Errorf("detached: %v", &gone)
	}
	if _, err := p.receive(); err == nil {
		t.Error("a frame behind Detached")
	}
	r.noClients("s")
}

// TestLocalTold: a client that asked for it is told what the session's program is at,
// what it is called then, and that nobody tells any more; others are not.
func TestLocalTold(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	p, other := r.dial(), r.dial()
	p.send(opening(message(stream.Attach, &xshpb.Attach{Session: "s", Options: fromStart(), Told: true})))
	p.expect(stream.Attached, nil)
	other.attach("s", fromStart())
	frames := 0
	want := func(name, state, msg, title string) {
		t.Helper()
		for ; ; frames++ {
			var told execpb.Session
			p.expect(stream.Told, &told)
			st := told.GetState()
			if told.GetName() == name && st.GetName() == state && st.GetMessage() == msg && told.GetTitle() == title {
				return
			}
			if told.GetId() != "s" || len(told.GetCommand()) > 0 {
				t.Fatalf("told of %v", &told)
			}
		}
	}
	report := func(state exec.State) {
		t.Helper()
		if _, err := r.m.Report(nil, "s", state); err != nil {
			t.Fatal(err)
		}
	}
	io.WriteString(tty, "\x1b]133;A\a\x1b]2;early\a") // neither of which is worth a word
	p.output("early")
	report(exec.State{Name: exec.StateBlocked, Message: "may I?"})
	want("s", "blocked", "may I?", "early")
	io.WriteString(tty, "\x1b]2;late\a")
	want("s", "blocked", "may I?", "late")
	// A title that spins costs a frame from time to time.
	frames = 0
	began := time.Now()
	for i := range 500 {
		fmt.Fprintf(tty, "\x1b]2;late %d\a", i)
	}
	want("s", "blocked", "may I?", "late 499")
	if most := 2 + int(time.Since(began)/tellRest); frames > most {
		t.Errorf("%d frames tell of 500 titles, want %d at most", frames, most)
	}
	io.WriteString(tty, "\x1b]2;late\a")
	want("s", "blocked", "may I?", "late")
	report(exec.State{})
	want("s", "", "", "late")

	io.WriteString(tty, "done")
	for got := ""; !strings.HasSuffix(got, "done"); {
		f, err := other.receive()
		if err != nil || f.Type == stream.Told {
			t.Fatalf("another client: frame %d, %v", f.Type, err)
		}
		if f.Type == stream.Output {
			out, err := stream.ParseOutput(f.Payload)
			if err != nil {
				t.Fatal(err)
			}
			got += string(out.Data)
		}
	}
}

// TestLocalComingBack: a client that names itself goes on over another
// connection where the first one got, for output and for input; the attachment
// that it had ends.
func TestLocalComingBack(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	o := fromStart()
	o.Client = "me, over all connections"
	first := r.dial()
	first.attach("s", o)
	first.send(input(0, "abc"))
	readText(t, tty, "abc")
	io.WriteString(tty, "one two")
	first.output("one two")

	second := r.dial()
	o.ResumeOffset = ptr(int64(3))
	at := second.attach("s", o)
	if re := at.GetReply(); !re.GetResumed() || re.GetOffset() != 3 || re.GetTyped() != 3 || re.GetTypedUnknown() || at.GetSession().GetClients() != 1 {
		t.Errorf("attached again: %v", at)
	}
	if got, _ := second.output("two"); got != " two" {
		t.Errorf("output goes on with %q", got)
	}
	second.send(input(1, "bcd"), input(4, "e"))
	if got := readText(t, tty, "e"); got != "de" {
		t.Errorf("input sent again is taken as %q", got)
	}
	if _, err := first.receive(); err == nil {
		t.Error("the first connection goes on")
	}

	// One that the server does not know says where its input begins.
	stranger := r.dial()
	at = stranger.attach("s", &typespb.AttachOptions{Client: "somebody else", InputOffset: 100})
	if re := at.GetReply(); !re.GetTypedUnknown() || re.GetTyped() != 100 {
		t.Errorf("a client of another server: %v", re)
	}
	stranger.send(input(150, "new"))
	readText(t, tty, "new")
}

// TestLocalEnds: the session's end and a detach by somebody else are told.
func TestLocalEnds(t *testing.T) {
	r := newLocalRig(t)
	r.session("s")
	p, q := r.dial(), r.dial()
	p.attach("s", fromStart())
	q.attach("s", fromStart())
	o := fromStart()
	o.DetachOthers = true
	last := r.dial()
	last.attach("s", o)
	for _, p := range []*remote{p, q} {
		var end execpb.StreamOutput
		p.expect(stream.Ended, &end)
		if end.GetSignal() != execpb.StreamSignal_STREAM_SIGNAL_CLOSE || !end.GetDetached() || end.GetExit() != nil {
			t.Errorf("detached by another: %v", &end)
		}
		if st := p.refusal(); st != nil {
			t.Errorf("then came %v", st)
		}
	}
	r.m.CloseSession(nil, "s")
	var end execpb.StreamOutput
	last.expect(stream.Ended, &end)
	if end.GetSignal() != execpb.StreamSignal_STREAM_SIGNAL_CLOSE || end.GetDetached() || end.GetExit() == nil {
		t.Errorf("the session's end: %v", &end)
	}
	// What it left can be looked at.
	again := r.dial()
	again.attach("s", fromStart())
	again.expect(stream.Ended, &end)
}

// TestLocalCreate: the session is made with its first client, or that of its
// name is taken.
func TestLocalCreate(t *testing.T) {
	r := newLocalRig(t)
	create := &xshpb.Attach{
		Options: &typespb.AttachOptions{Size: &typespb.Size{Rows: 9, Cols: 40}, ResumeOffset: ptr(int64(0))},
		Create:  (must(t, &exec.SessionOptions{Name: "n", ResourcePlugin: "test", ResourceKey: "stage", Size: exec.Size{Rows: 9, Cols: 40}})),
	}
	p := r.dial()
	p.send(opening(message(stream.Attach, create)))
	p.expect(stream.Attached, nil)
	io.WriteString(<-r.ttys, "made")
	if got, _ := p.output("made"); got != "made" {
		t.Errorf("output %q", got)
	}
	q := r.dial()
	q.send(opening(message(stream.Attach, create)))
	if st := q.refusal(); st.Code() != codes.AlreadyExists {
		t.Errorf("made again: %v", st)
	}
	create.OrExisting = true
	q = r.dial()
	q.send(opening(message(stream.Attach, create)))
	var at execpb.AttachSessionResponse
	q.expect(stream.Attached, &at)
	if at.GetSession().GetClients() != 2 {
		t.Errorf("attached to the existing one: %v", &at)
	}
}

func must(t testing.TB, o *exec.SessionOptions) *execpb.SessionOptions {
	t.Helper()
	p, err := o.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
