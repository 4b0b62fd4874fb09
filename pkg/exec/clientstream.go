package exec

import (
	"context"
	"io"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/xsh-project/xsh/pkg/types"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// Stream implements Provider. It returns once the server has opened the
// stream, so that an attach that follows finds it, or has said why not.
func (c *PluginClient) Stream(ctx context.Context, in chan StreamInput) (chan StreamOutput, error) {
	st, err := c.openStream(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := opened(st.call); err != nil {
		st.cancel()
		return nil, fromStatus(err, ErrCodeSessionNotFound, "")
	}
	out := make(chan StreamOutput)
	go func() { // ends with the stream
		defer close(out)
		for {
			output, err := st.recv()
			if err != nil {
				return
			}
			select {
			case out <- output:
			case <-st.ctx.Done():
			}
		}
	}()
	return out, nil
}

// clientStream is a stream of ours, as the server may have it.
type clientStream struct {
	call   execpb.ExecPlugin_StreamClient
	ctx    context.Context // the stream's life
	cancel func()
	sent   chan struct{} // closed when it takes no more input
}

func (c *PluginClient) openStream(ctx context.Context, in <-chan StreamInput) (*clientStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	call, err := c.exec.Stream(withMetadata(ctx, types.FromContext(ctx)))
	if err != nil {
		cancel()
		return nil, fromStatus(err, ErrCodeSessionNotFound, "")
	}
	st := &clientStream{call, ctx, cancel, make(chan struct{})}
	go func() { // ends with in, or with the stream
		defer close(st.sent)
		sendInput(ctx, call, in)
	}()
	return st, nil
}

func (st *clientStream) recv() (StreamOutput, error) {
	msg, err := st.call.Recv()
	if err != nil {
		st.cancel()
		<-st.sent
		return StreamOutput{}, err
	}
	return NewStreamOutputFromProto(msg), nil
}

// headerWait is how long opened waits. A server of ours sends its header at
// once; others send theirs with their first output, whenever that is.
const headerWait = 500 * time.Millisecond

// opened returns once the server has opened the stream, as far as it tells.
func opened(st execpb.ExecPlugin_StreamClient) error {
	type header struct {
		md  metadata.MD
		err error
	}
	came := make(chan header, 1)
	go func() { // ends with the stream
		md, err := st.Header()
		came <- header{md, err}
	}()
	wait := time.NewTimer(headerWait)
	defer wait.Stop()
	select {
	case h := <-came:
		if h.md == nil && h.err == nil { // ended without one; receiving tells why
			if _, h.err = st.Recv(); h.err == io.EOF {
				h.err = nil
			}
		}
		return h.err
	case <-wait.C:
		return nil
	}
}

func sendInput(ctx context.Context, st execpb.ExecPlugin_StreamClient, in <-chan StreamInput) {
	for {
		select {
		case <-ctx.Done():
			return
		case input, ok := <-in:
			if !ok {
				st.CloseSend()
				return
			}
			if st.Send(input.ToProto()) != nil {
				return
			}
		}
	}
}
