package server

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// attach opens an attachment and serves it until either side ends it.
func (c *localConn) attach(ctx context.Context, payload []byte) error {
	var in xshpb.Attach
	if err := proto.Unmarshal(payload, &in); err != nil {
		return protocolError(err)
	}
	out := &streamOutlet{out: c.out, window: newWindow(), begun: make(chan struct{})}
	out.window.heardNow()
	begin := c.greetSoon(ctx)
	a, err := c.open(ctx, &in, out)
	if err != nil {
		c.refuse(exec.Status(err), begin())
		return errClosed
	}
	left := false // in order
	defer func() {
		if !left {
			end, cancel := context.WithTimeout(context.Background(), lastWait)
			defer cancel()
			a.Detach(end)
		}
	}()
	session := a.Session()
	reply := &execpb.AttachSessionResponse{
		Session: session.ToProto(), Buffer: a.Replay(),
		Reply: &typespb.AttachReply{Offset: a.Offset(), Resumed: a.Resumed(), Typed: a.Typed(), TypedUnknown: a.TypedUnknown(), Rest: a.Rest()},
	}
	out.attachment = a
	if err := c.out.write(ctx, appendMessage(begin(), stream.Attached, reply)); err != nil {
		return errClosed
	}
	close(out.begun)
	if in.GetTold() {
		told, cancel := context.WithCancel(ctx)
		defer cancel()
		go c.tell(told, a, session) // ends when this call returns
	}
	go func() { // ends with the attachment, which ends when this call returns
		<-a.Done()
		c.conn.SetReadDeadline(time.Unix(1, 0))
	}()
	typist := newTypist(a, c.out)
	defer typist.close()
	for {
		f, err := c.next()
		if err != nil {
			return err
		}
		out.window.heardNow()
		left, err = c.take(ctx, f, a, out, typist)
		if left || err != nil {
			return err
		}
	}
}

func (c *localConn) open(ctx context.Context, in *xshpb.Attach, out exec.Outlet) (*exec.Attachment, error) {
	o := exec.AttachOptionsFromProto(in.GetOptions())
	if in.GetCreate() == nil {
		return c.sessions.Open(ctx, in.GetSession(), o, out)
	}
	who := &types.PluginContext{Context: ctx}
	return c.sessions.OpenNew(who, *exec.NewSessionOptionsFromProto(in.GetCreate()), in.GetOrExisting(), o, out)
}

// take does what a frame of an attached client asks. left says that it was the last,
// and that the client has detached.
func (c *localConn) take(ctx context.Context, f stream.Frame, a *exec.Attachment, out *streamOutlet, typist *typist) (left bool, err error) {
	switch f.Type {
	case stream.Input:
		in, err := stream.ParseInput(f.Payload)
		if err == nil {
			err = typist.take(in)
		}
		if err != nil {
			return false, protocolError(err)
		}
	case stream.Resize:
		var size typespb.Size
		if err := proto.Unmarshal(f.Payload, &size); err != nil {
			return false, protocolError(err)
		}
		a.ResizePixels(exec.SizeFromProto(&size), exec.PixelsFromProto(size.GetPixels())) // one that fails changes nothing; the next may work
	case stream.Shown:
		n, err := stream.ParseCount(f.Payload)
		if err != nil {
			return false, protocolError(err)
		}
		out.window.show(n)
	case stream.Ping:
		c.out.soon(stream.Append(nil, stream.Pong, f.Payload))
	case stream.Pong:
	case stream.Detach:
		err := c.detach(ctx, a)
		return err == nil, err
	default:
		return false, protocolError(fmt.Errorf("%w: frame %d while attached", stream.ErrProtocol, f.Type))
	}
	return false, nil
}

// detach answers a Detach, behind all output.
func (c *localConn) detach(ctx context.Context, a *exec.Attachment) error {
	ctx, cancel := context.WithTimeout(ctx, lastWait)
	defer cancel()
	d, err := a.Detach(ctx)
	if err != nil {
		return status.Error(codes.Aborted, "the output before the detach was not taken")
	}
	reply := &execpb.AttachSessionResponse{Session: d.Session.ToProto(), Buffer: d.Leave, AnswersDue: d.AnswersDue}
	if c.out.write(ctx, appendMessage(nil, stream.Detached, reply)) != nil {
		return errClosed
	}
	return nil
}

// streamOutlet is an exec.Outlet, exec.Line and exec.Keepalive, to a client of the local
// stream.
type streamOutlet struct {
	out        *sender
	window     *window
	begun      chan struct{}    // closed when the client has been told that it is attached
	attachment *exec.Attachment // set by then
}

// Send implements exec.Outlet.
func (o *streamOutlet) Send(ctx context.Context, output exec.StreamOutput) bool {
	select {
	case <-o.begun:
	case <-ctx.Done():
		return false
	}
	if output.Signal != exec.StreamSignalNone {
		return o.out.write(ctx, appendMessage(nil, stream.Ended, output.ToProto())) == nil
	}
	for data := output.Data; ; {
		piece := output
		piece.Data = data[:min(len(data), stream.MaxData)]
		data = data[len(piece.Data):]
		piece.Whole = output.Whole && len(data) == 0
		if !o.window.wait(ctx, len(piece.Data)) {
			return false
		}
		frame := frames.Get().(*[]byte)
		*frame = o.append((*frame)[:0], piece)
		err := o.out.write(ctx, *frame)
		frames.Put(frame)
		if err != nil {
			if ctx.Err() == nil {
				o.out.conn.Close() // it is broken: whoever reads from it must not wait
			}
			return false
		}
		if len(data) == 0 {
			return true
		}
		if !output.Drawn {
			output.Offset += int64(len(piece.Data))
		}
	}
}

// TrySend implements exec.Line.
func (o *streamOutlet) TrySend(output exec.StreamOutput) bool {
	select {
	case <-o.begun:
	default:
		return false
	}
	n := len(output.Data)
	if n > stream.MaxData || !o.window.take(n) {
		return false
	}
	frame := frames.Get().(*[]byte)
	*frame = o.append((*frame)[:0], output)
	sent := o.out.try(*frame)
	frames.Put(frame)
	if !sent {
		o.window.giveBack(n)
	}
	return sent
}

// frames is memory for frames, which is nobody's once they were written. A flood
// would else be as much garbage.
var frames = sync.Pool{New: func() any { return new([]byte) }}

func (o *streamOutlet) append(dst []byte, output exec.StreamOutput) []byte {
	f := stream.OutputFrame{Offset: output.Offset, Typed: o.attachment.Typed(), Data: output.Data}
	if output.Drawn {
		f.Flags |= stream.Drawn
	}
	if output.Whole {
		f.Flags |= stream.Whole
	}
	if output.Target == exec.StreamTargetStdErr {
		f.Flags |= stream.Stderr
	}
	return stream.AppendOutput(dst, f)
}

// Chunk implements exec.Line.
func (o *streamOutlet) Chunk() int { return min(o.window.chunk(), stream.MaxData) }

// SilentSince implements exec.Keepalive.
func (o *streamOutlet) SilentSince() time.Time { return o.window.silentSince() }

// Delay implements exec.Line.
func (o *streamOutlet) Delay(n int64) time.Duration { return o.window.delay(n) }

// typist hands what a client types to its session. As a rule that is done at
// once, by whoever received it; a goroutine does it while the program does not
// read, so that the client can still detach.
type typist struct {
	a   *exec.Attachment
	out *sender

	mu      sync.Mutex // guards the fields below
	pending []stream.InputFrame
	bytes   int
	busy    bool
	fail    error
	acked   int64
}

const (
	// maxPending is how much a client may have typed that was not taken.
	maxPending = 1<<20 + stream.MaxData

	// frameCost is what a frame that was not taken counts for beside its data,
	// so that many small ones are bounded as well.
	frameCost = 64

	// ackEvery is how much input is taken without a word, for output says
	// how far it got as well.
	ackEvery = 32 << 10
)

func newTypist(a *exec.Attachment, out *sender) *typist { return &typist{a: a, out: out} }

// take types a frame's data, or keeps a copy to be typed.
func (t *typist) take(in stream.InputFrame) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fail != nil {
		return t.fail
	}
	if !t.busy {
		ok, err := t.a.TryTypeAt(in.Offset, in.Data, in.Flags&stream.FirstKey != 0)
		if ok {
			return t.typed(err)
		}
	}
	if t.bytes += len(in.Data) + frameCost; t.bytes > maxPending {
		return fmt.Errorf("%w: more input than a client may have on its way", stream.ErrProtocol)
	}
	in.Data = append([]byte(nil), in.Data...)
	t.pending = append(t.pending, in)
	if !t.busy {
		t.busy = true
		go t.run() // ends when all was typed, the session has ended or the client has left
	}
	return nil
}

// typed says from time to time how far input got, and reports what was wrong
// with a frame that was typed. The session's end is told otherwise.
func (t *typist) typed(err error) error {
	if err != nil && !exec.IsClosed(err) {
		return err
	}
	if n := t.a.Typed(); n-t.acked >= ackEvery && t.out.try(stream.AppendCount(nil, stream.Typed, n)) {
		t.acked = n
	}
	return nil
}

func (t *typist) run() {
	for {
		t.mu.Lock()
		if len(t.pending) == 0 || t.fail != nil {
			t.busy, t.pending = false, nil
			t.mu.Unlock()
			return
		}
		in := t.pending[0]
		t.pending = t.pending[1:]
		t.bytes -= len(in.Data) + frameCost
		t.mu.Unlock()
		if err := t.typed(t.a.TypeAt(in.Offset, in.Data, in.Flags&stream.FirstKey != 0)); err != nil {
			t.stop(err)
		}
	}
}

// close drops what is pending: a client that comes back sends it again.
func (t *typist) close() { t.stop(errClosed) }

// stop is close that says why; the client is told with the next that it types.
func (t *typist) stop(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail = err
}
