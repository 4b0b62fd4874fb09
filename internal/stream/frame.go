package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Preface is what a client sends first. HTTP/2 begins with "PRI".
const Preface = "xsh\x00stream\n"

// The versions of the protocol that this package speaks. A Hello names both
// sides' range; the highest that both know is spoken.
const (
	MinVersion = 1
	MaxVersion = 1
)

// CanTell stands in the Hello of a server that sends Told frames.
const CanTell = "told"

// Type tells what a frame carries. PROTOCOL.md defines each.
type Type byte

// The frames. Client and Server say who sends them.
const (
	Hello    Type = 1  // both: xsh.v1.Hello, the first frame of each side
	Attach   Type = 2  // client: xsh.v1.Attach
	Attached Type = 3  // server: AttachSessionResponse
	Input    Type = 4  // client: offset, flags, bytes
	Output   Type = 5  // server: offset, typed, flags, bytes
	Resize   Type = 6  // client: xsh.types.v1.Size
	Detach   Type = 7  // client: nothing
	Detached Type = 8  // server: AttachSessionResponse, the answer to Detach
	Ended    Type = 9  // server: StreamOutput with a signal
	Ping     Type = 10 // both: 8 bytes
	Pong     Type = 11 // both: the Ping's bytes
	Shown    Type = 12 // client: how many bytes of Output it has shown
	Typed    Type = 13 // server: how far Input got
	Call     Type = 14 // client: xsh.v1.Call
	Reply    Type = 15 // server: a message that the call answers
	Status   Type = 16 // server: google.rpc.Status, which ends a call or refuses
	Told     Type = 17 // server: Session, of which the name, the title or the state has changed
)

const (
	headerLen = 5 // type, and the payload's length

	// MaxData bounds the bytes of one Input or Output.
	MaxData = 64 << 10

	inputHead  = 8 + 1
	outputHead = 8 + 8 + 1

	// maxRequest bounds what a client can make the server hold, maxReply what
	// a server can make a client hold: a replay with all of its history.
	maxRequest = 4 << 20
	maxReply   = 64 << 20
	maxSmall   = 64
	maxTold    = 64 << 10
)

// limits are the longest payload of each frame. One that is not listed is of
// a newer peer: it is skipped, and may be as long as maxRequest.
var limits = [...]int{
	Hello: 4 << 10, Attach: maxRequest, Attached: maxReply,
	Input: inputHead + MaxData, Output: outputHead + MaxData,
	Resize: maxSmall, Detach: maxSmall, Detached: maxReply, Ended: maxReply,
	Ping: 8, Pong: 8, Shown: 8, Typed: 8,
	Call: maxRequest, Reply: maxReply, Status: maxRequest,
	Told: maxTold,
}

// Known reports whether this version knows the frame.
func (t Type) Known() bool { return int(t) < len(limits) && limits[t] != 0 }

func (t Type) limit() int {
	if t.Known() {
		return limits[t]
	}
	return maxRequest
}

// ErrProtocol is wrapped by the errors about what a peer sent.
var ErrProtocol = errors.New("not the local stream's protocol")

// Frame is one frame that was received. Payload is the Reader's memory, valid
// until it is filled again.
type Frame struct {
	Type    Type
	Payload []byte
}

// Reader takes frames out of what a connection carries. One goroutine uses it.
type Reader struct {
	buf        []byte
	start, end int // what of buf was received and not yet taken
}

// minRoom is the least that one read asks for.
const minRoom = 4 << 10

// Fill reads once from the connection. It must be called only after Next has
// said that there is no whole frame left.
func (r *Reader) Fill(from io.Reader) error {
	if r.start == r.end {
		r.start, r.end = 0, 0
		if cap(r.buf) > 2*(headerLen+outputHead+MaxData) { // after a large replay
			r.buf = nil
		}
	}
	need := minRoom
	if have := r.end - r.start; have >= headerLen {
		need = headerLen + int(binary.BigEndian.Uint32(r.buf[r.start+1:])) - have
	}
	if len(r.buf)-r.end < need {
		// A frame's memory grows with what has come of it, so that a length
		// alone makes nobody hold that much.
		size := r.end - r.start + min(max(need, minRoom), MaxData+r.end-r.start)
		buf := r.buf
		if len(buf) < size {
			buf = make([]byte, size)
		}
		r.end = copy(buf, r.buf[r.start:r.end])
		r.buf, r.start = buf, 0
	}
	n, err := from.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil // an error comes again with the next read
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// Next returns the next frame, if the whole of it was received. Its error says
// that what came is no frame; the connection is of no use then.
func (r *Reader) Next() (f Frame, ok bool, err error) {
	have := r.buf[r.start:r.end]
	if len(have) < headerLen {
		return Frame{}, false, nil
	}
	t, n := Type(have[0]), int64(binary.BigEndian.Uint32(have[1:]))
	if n > int64(t.limit()) {
		return Frame{}, false, fmt.Errorf("%w: frame %d of %d bytes", ErrProtocol, t, n)
	}
	whole := headerLen + int(n)
	if len(have) < whole {
		return Frame{}, false, nil
	}
	r.start += whole
	return Frame{t, have[headerLen:whole:whole]}, true, nil
}

// Read returns the next frame, and fills the reader as often as that takes. A
// connection that ends between frames gives io.EOF, and within one
// io.ErrUnexpectedEOF.
func (r *Reader) Read(from io.Reader) (Frame, error) {
	for {
		f, ok, err := r.Next()
		if ok || err != nil {
			return f, err
		}
		if err := r.Fill(from); err != nil {
			if errors.Is(err, io.EOF) && r.end > r.start {
				err = io.ErrUnexpectedEOF
			}
			return Frame{}, err
		}
	}
}

// Append adds a frame to dst.
func Append(dst []byte, t Type, payload []byte) []byte {
	return append(appendHeader(dst, t, len(payload)), payload...)
}

func appendHeader(dst []byte, t Type, n int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, byte(t)), uint32(n))
}

// AppendFunc adds a frame to dst whose payload encode appends.
func AppendFunc(dst []byte, t Type, encode func([]byte) ([]byte, error)) ([]byte, error) {
	start := len(dst)
	dst, err := encode(appendHeader(dst, t, 0))
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-headerLen))
	return dst, nil
}

// InputFlags say how input is to be taken.
type InputFlags byte

// FirstKey marks input that is the first press of the client's detach key. The
// session holds it while the program's terminal would make a signal of it.
const FirstKey InputFlags = 1

// InputFrame is what a client's user typed.
type InputFrame struct {
	Offset int64 // how many bytes of input came before, in all of this client's connections
	Flags  InputFlags
	Data   []byte
}

// AppendInput adds an Input frame to dst; data is at most MaxData.
func AppendInput(dst []byte, in InputFrame) []byte {
	dst = appendHeader(dst, Input, inputHead+len(in.Data))
	dst = binary.BigEndian.AppendUint64(dst, uint64(in.Offset))
	return append(append(dst, byte(in.Flags)), in.Data...)
}

// ParseInput reads an Input frame's payload.
func ParseInput(p []byte) (InputFrame, error) {
	if len(p) < inputHead {
		return InputFrame{}, fmt.Errorf("%w: input of %d bytes", ErrProtocol, len(p))
	}
	return InputFrame{
		Offset: int64(binary.BigEndian.Uint64(p)),
		Flags:  InputFlags(p[8]),
		Data:   p[inputHead:],
	}, nil
}

// OutputFlags say what output is.
type OutputFlags byte

// The flags of output.
const (
	// Drawn marks bytes that were made from the screen. Without it they are the
	// program's own, and the client's offset moves on with them.
	Drawn OutputFlags = 1
	// Whole marks the last bytes of a drawing behind which the log goes on at
	// the frame's offset. Before that, and after drawn bytes without it, a
	// client cannot resume.
	Whole OutputFlags = 2
	// Stderr marks bytes of a program's other output.
	Stderr OutputFlags = 4
)

// OutputFrame is what the client's terminal is to show.
type OutputFrame struct {
	Offset int64 // of the first byte; of drawn bytes, where the screen was taken
	Typed  int64 // how far the client's input got
	Flags  OutputFlags
	Data   []byte
}

// OutputHead is what AppendOutput puts before the data.
const OutputHead = headerLen + outputHead

// AppendOutput adds an Output frame to dst; data is at most MaxData.
func AppendOutput(dst []byte, out OutputFrame) []byte {
	dst = appendHeader(dst, Output, outputHead+len(out.Data))
	dst = binary.BigEndian.AppendUint64(dst, uint64(out.Offset))
	dst = binary.BigEndian.AppendUint64(dst, uint64(out.Typed))
	return append(append(dst, byte(out.Flags)), out.Data...)
}

// ParseOutput reads an Output frame's payload.
func ParseOutput(p []byte) (OutputFrame, error) {
	if len(p) < outputHead {
		return OutputFrame{}, fmt.Errorf("%w: output of %d bytes", ErrProtocol, len(p))
	}
	return OutputFrame{
		Offset: int64(binary.BigEndian.Uint64(p)),
		Typed:  int64(binary.BigEndian.Uint64(p[8:])),
		Flags:  OutputFlags(p[16]),
		Data:   p[outputHead:],
	}, nil
}

// AppendCount adds a Shown or Typed frame to dst.
func AppendCount(dst []byte, t Type, n int64) []byte {
	return binary.BigEndian.AppendUint64(appendHeader(dst, t, 8), uint64(n))
}

// ParseCount reads the payload of a Shown or Typed frame.
func ParseCount(p []byte) (int64, error) {
	if len(p) != 8 {
		return 0, fmt.Errorf("%w: a count of %d bytes", ErrProtocol, len(p))
	}
	return int64(binary.BigEndian.Uint64(p)), nil
}
