package client

import (
	"fmt"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	spb "google.golang.org/genproto/googleapis/rpc/status"

	"github.com/xsh-project/xsh/internal/plainpb"
	"github.com/xsh-project/xsh/internal/stream"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// appendBeginning adds what every connection begins with.
func appendBeginning(dst []byte, release string) []byte {
	hello, _ := plainpb.Marshal(&xshpb.Hello{ // of numbers and a short text
		MinVersion: stream.MinVersion, MaxVersion: stream.MaxVersion, Release: release,
	})
	return stream.Append(append(dst, stream.Preface...), stream.Hello, hello)
}

// greeting reads what a server sends, and looks at the beginning of it. A server
// that knows only gRPC sends its settings before it reads anything, in a frame
// of HTTP/2: that begins with a length, of which the first byte is 0.
type greeting struct {
	from  io.Reader
	began bool
}

func (g *greeting) Read(p []byte) (int, error) {
	n, err := g.from.Read(p)
	if n > 0 && !g.began {
		g.began = true
		if p[0] == 0 {
			return 0, ErrOldServer
		}
	}
	return n, err
}

// readHello reads the server's Hello, the first frame that it sends.
func readHello(f stream.Frame) (*xshpb.Hello, error) {
	hello := &xshpb.Hello{}
	if err := unmarshal(f, hello); err != nil {
		return nil, err
	}
	if hello.GetMinVersion() > stream.MaxVersion || hello.GetMaxVersion() < stream.MinVersion {
		return nil, fmt.Errorf("the server speaks versions %d to %d of the local stream, this xsh %d to %d",
			hello.GetMinVersion(), hello.GetMaxVersion(), stream.MinVersion, stream.MaxVersion)
	}
	return hello, nil
}

func unmarshal(f stream.Frame, m proto.Message) error {
	if err := plainpb.Unmarshal(f.Payload, m); err != nil {
		return fmt.Errorf("%w: frame %d: %w", stream.ErrProtocol, f.Type, err)
	}
	return nil
}

// statusError is the error of a Status frame; nil if it says that all is well.
func statusError(f stream.Frame) error {
	p := &spb.Status{}
	if err := unmarshal(f, p); err != nil {
		return err
	}
	st := status.FromProto(p)
	if st.Code() == codes.OK {
		return nil
	}
	return &answerError{st}
}

// answerError is a server's status, as gRPC has it, whose text is the message
// alone.
type answerError struct{ st *status.Status }

func (e *answerError) Error() string { return e.st.Message() }

// GRPCStatus is what status.FromError returns.
func (e *answerError) GRPCStatus() *status.Status { return e.st }
