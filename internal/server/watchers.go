package server

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/openfiles"
	"github.com/xsh-project/xsh/pkg/exec"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// filesForWatcher is how many descriptors are left for those who attach, look and end
// something, when connections are refused that last and only watch: a call that waits or
// follows something, or gRPC, over which a host does that. pkg/exec's limits are around it:
// new sessions are refused before, and those who attach behind it.
const filesForWatcher = 48

// roomForWatcher says why nobody more can watch.
func roomForWatcher() error {
	if openfiles.Left(filesForWatcher) {
		return nil
	}
	return exec.NewTerminalError("", &exec.ExecError{
		Err:        fmt.Errorf("nearly all of the %d files are open that the server may have, and what is left is for those who attach", openfiles.Limit()),
		Suggestion: "end some that watch or wait (xsh events, xsh wait, xsh ls -w) or some sessions; xsh doctor tells how to raise the limit",
	})
}

// roomForCall is roomForWatcher for a call that may last for ever.
func roomForCall(method string, request []byte) error {
	switch method {
	case xshpb.Driver_Wait_FullMethodName, xshpb.Driver_Watch_FullMethodName:
	case xshpb.Driver_Logs_FullMethodName:
		var in xshpb.LogsRequest
		if proto.Unmarshal(request, &in) != nil || !in.GetFollow() {
			return nil
		}
	default:
		return nil
	}
	return exec.Status(roomForWatcher())
}

// turnAway ends a connection of HTTP/2 with a word why (RFC 9113, sections 6.5 and 6.8):
// the server's empty SETTINGS, and GOAWAY with the code ENHANCE_YOUR_CALM.
func turnAway(c net.Conn, why error) {
	const settings, goAway, enhanceYourCalm = 4, 7, 11
	frame := func(kind byte, payload []byte) []byte {
		n := len(payload)
		return append([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, 0, 0, 0, 0, 0}, payload...)
	}
	last := binary.BigEndian.AppendUint32(make([]byte, 4), enhanceYourCalm)
	c.SetDeadline(time.Now().Add(lastWait))
	c.Write(append(frame(settings, nil), frame(goAway, append(last, why.Error()...))...))
	io.Copy(io.Discard, c) // what is closed while the other side writes was never read by that
	c.Close()
}
