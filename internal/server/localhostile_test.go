package server

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// header is a frame of which only the header comes.
func header(t stream.Type, length uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{byte(t)}, length)
}

// join puts what a client sends together.
func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestHostileBeginnings: each gets a status that says what is wrong, or nothing
// if it has gone, and its connection is closed. A good client goes on.
func TestHostileBeginnings(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	good := r.dial()
	good.attach("s", fromStart())
	preface := []byte(stream.Preface)
	random := make([]byte, 100_000)
	rand.Read(random)
	version := func(lo, hi uint32) []byte {
		return join(preface, message(stream.Hello, &xshpb.Hello{MinVersion: lo, MaxVersion: hi}), attachFrame("s", fromStart()))
	}
	attached := opening(attachFrame("s", fromStart()))
	for name, tc := range map[string]struct {
		sent []byte
		code codes.Code
		says string
	}{
		"nothing but the preface":   {preface, codes.OK, ""},
		"half a preface":            {preface[:5], codes.OK, ""},
		"a wrong preface":           {[]byte("xsh\x00screams\n"), codes.InvalidArgument, "preface"},
		"a preface and random":      {join(preface, random), codes.InvalidArgument, ""},
		"x and random":              {join([]byte("x"), random), codes.InvalidArgument, "preface"},
		"half a hello":              {join(preface, helloFrame()[:6]), codes.OK, ""},
		"no hello":                  {join(preface, attachFrame("s", nil)), codes.InvalidArgument, "no hello"},
		"a hello that is none":      {join(preface, stream.Append(nil, stream.Hello, []byte("\xff\xff"))), codes.InvalidArgument, "no hello"},
		"a hello of 4 GiB":          {join(preface, header(stream.Hello, 0xffffffff)), codes.InvalidArgument, "4294967295 bytes"},
		"an unknown frame of 4 GiB": {join(preface, header(222, 0xffffffff)), codes.InvalidArgument, "4294967295 bytes"},
		"a newer version only":      {version(stream.MaxVersion+1, 99), codes.FailedPrecondition, "speaks versions 1 to 1 of the local stream, the client 2 to 99"},
		"an older version only":     {version(0, stream.MinVersion-1), codes.FailedPrecondition, "speaks versions"},
		"two hellos":                {opening(helloFrame()), codes.InvalidArgument, "frame 1 at the beginning"},
		"input before an attach":    {opening(input(0, "x")), codes.InvalidArgument, "frame 4 at the beginning"},
		"a server's frame":          {opening(stream.AppendOutput(nil, stream.OutputFrame{})), codes.InvalidArgument, "frame 5 at the beginning"},
		"detach at the beginning":   {opening(stream.Append(nil, stream.Detach, nil)), codes.InvalidArgument, "at the beginning"},
		"an attach of nothing":      {opening(stream.Append(nil, stream.Attach, nil)), codes.NotFound, ""},
		"an attach that is none":    {opening(stream.Append(nil, stream.Attach, []byte("\xff"))), codes.InvalidArgument, ""},
		"an attach to no session":   {opening(attachFrame("nosuch", nil)), codes.NotFound, "nosuch"},
		"an absurd size":            {opening(attachFrame("s", &typespb.AttachOptions{Size: &typespb.Size{Rows: 1 << 31, Cols: 7}})), codes.Internal, ""},
		"an attach of 4 GiB":        {opening(header(stream.Attach, 0xffffffff)), codes.InvalidArgument, ""},
		"a second attach":           {join(attached, attachFrame("s", nil)), codes.InvalidArgument, "frame 2 while attached"},
		"a call while attached":     {join(attached, stream.Append(nil, stream.Call, nil)), codes.InvalidArgument, "frame 14 while attached"},
		"a hello while attached":    {join(attached, helloFrame()), codes.InvalidArgument, "frame 1 while attached"},
		"output from the client":    {join(attached, stream.AppendOutput(nil, stream.OutputFrame{})), codes.InvalidArgument, "while attached"},
		"input without an offset":   {join(attached, stream.Append(nil, stream.Input, []byte("short"))), codes.InvalidArgument, "input of 5 bytes"},
		"input with a gap":          {join(attached, input(7, "x")), codes.InvalidArgument, ""},
		"input of 4 GiB":            {join(attached, header(stream.Input, 0xffffffff)), codes.InvalidArgument, ""},
		"shown without a number":    {join(attached, stream.Append(nil, stream.Shown, nil)), codes.InvalidArgument, "a count of 0 bytes"},
		"a size that is none":       {join(attached, stream.Append(nil, stream.Resize, []byte("\xff"))), codes.InvalidArgument, ""},
		"random while attached":     {join(attached, []byte{byte(stream.Ping)}, random), codes.InvalidArgument, ""},
	} {
		p := r.dial()
		p.send(tc.sent)
		p.Conn.(*net.UnixConn).CloseWrite()
		st := p.refusal()
		if st.Code() != tc.code || !strings.Contains(st.Message(), tc.says) {
			t.Errorf("%s: %v, want %v that says %q", name, st, tc.code, tc.says)
		}
		p.Close()
	}
	io.WriteString(tty, "unharmed")
	good.output("unharmed")
	if n := clientsOf(t, r.m, "s"); n != 1 {
		t.Errorf("%d clients are attached", n)
	}
}

func clientsOf(t *testing.T, m *exec.Manager, id string) int {
	t.Helper()
	s, err := m.GetSession(nil, id)
	if err != nil {
		t.Fatal(err)
	}
	return s.Clients
}

// TestDoesNotMindUnknownFrames: a newer client may send what this server does not
// know, at any place.
func TestDoesNotMindUnknownFrames(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	p := r.dial()
	unknown := join(stream.Append(nil, 77, nil), stream.Append(nil, 200, make([]byte, 100_000)), stream.Append(nil, 0, []byte("x")))
	p.send(join([]byte(stream.Preface), unknown, helloFrame(), unknown, attachFrame("s", fromStart()), unknown, input(0, "typed")))
	p.expect(stream.Attached, nil)
	readText(t, tty, "typed")
}

// TestMillionEmptyFrames hold up their own connection and nobody else.
func TestMillionEmptyFrames(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	p := r.dial()
	p.attach("s", fromStart())
	const million = 1_000_000
	frames := bytes.Repeat(stream.Append(nil, 250, nil), 1000)
	for range million / 1000 {
		p.send(frames)
	}
	for range 100 { // and those that mean nothing
		p.send(input(0, ""), stream.AppendCount(nil, stream.Shown, 0), stream.Append(nil, stream.Pong, make([]byte, 8)))
	}
	p.send(input(0, "done"))
	readText(t, tty, "done")
}

// TestSilenceAtTheBeginning: a client that says half of what it must, or less, is
// hung up on.
func TestSilenceAtTheBeginning(t *testing.T) {
	begin := opening(attachFrame("s", nil))
	for _, n := range []int{1, len(stream.Preface), len(stream.Preface) + 3, len(begin) - len(attachFrame("s", nil)), len(begin) - 1} {
		synctest.Test(t, func(t *testing.T) {
			l := &localServer{life: t.Context()}
			client, server := net.Pipe()
			served := make(chan struct{})
			go func() {
				l.serve(server)
				close(served)
			}()
			client.Write(begin[:n])
			began := time.Now()
			io.Copy(io.Discard, client)
			<-served
			if waited := time.Since(began); waited != firstWait {
				t.Errorf("after %d bytes it was hung up on after %v", n, waited)
			}
		})
	}
}

// TestPeerThatNeverReads: the session's program goes on, what waits for the peer
// is bounded, others are served, and its attachment can be ended.
func TestPeerThatNeverReads(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	good := r.dial()
	good.attach("s", fromStart())
	stuck := r.dial()
	stuck.send(opening(attachFrame("s", fromStart())))
	for clientsOf(t, r.m, "s") != 2 {
		runtime.Gosched()
	}
	go stuck.lie()
	const size = 8 << 20
	wrote := make(chan struct{})
	go func() {
		chunk := bytes.Repeat([]byte("0123456789abcde\n"), 4096)
		for range size / len(chunk) {
			tty.Write(chunk)
		}
		io.WriteString(tty, "the end")
		close(wrote)
	}()
	before := heap()
	for tail := ""; !strings.Contains(tail, "the end"); { // it may be drawn, being slow

		f := good.expectOutput()
		good.shown += int64(len(f.Data))
		good.send(stream.AppendCount(nil, stream.Shown, good.shown))
		tail = tail[max(0, len(tail)-10):] + string(f.Data)
	}
	<-wrote
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("a peer that does not read makes the server hold %d bytes more", grown)
	}
	if n, err := r.m.DetachAll(nil, "s"); n != 2 || err != nil {
		t.Errorf("detached %d, %v", n, err)
	}
	var end execpb.StreamOutput
	good.expect(stream.Ended, &end)
	// It is hung up on, whether it reads or not.
	deadline := time.Now().Add(patience)
	for {
		if _, err := stuck.Write(stream.Append(nil, 250, nil)); err != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the peer that does not read is connected still")
		}
		time.Sleep(time.Millisecond)
	}
}

// lie says, until the connection is closed, that all was shown that the server
// may have sent, so that its window never is what holds it back.
func (p *remote) lie() {
	for {
		for n := int64(0); n < 1<<20; n += 4000 {
			if _, err := p.Write(stream.AppendCount(nil, stream.Shown, n)); err != nil {
				return
			}
		}
	}
}

// heap is how much memory is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestPeerComesBackWhileStuck: the connection that a client had takes nothing any
// more and does not break. The client dials again and is served at once.
func TestPeerComesBackWhileStuck(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	o := fromStart()
	o.Client = "the client"
	for range 5 {
		stuck := r.dial()
		stuck.send(opening(attachFrame("s", o)))
		stuck.expect(stream.Attached, nil)
		// Its socket gets full, with the rest of a cut frame behind it.
		go stuck.lie()
		good := r.dial()
		good.attach("s", nil)
		for i := range 20 {
			io.WriteString(tty, strings.Repeat("x", 3000)+fmt.Sprint("chunk ", i))
			good.output(fmt.Sprint("chunk ", i))
		}
		good.Close()
		again := r.dial()
		again.attach("s", &typespb.AttachOptions{Client: "the client"})
		io.WriteString(tty, "\nhere again")
		again.output("here again")
		again.send(stream.Append(nil, stream.Detach, nil))
		again.expect(stream.Detached, nil)
	}
}

// TestFasterThanTheProgram: input that the program does not read is bounded; the
// client may still detach, and other clients are served.
func TestFasterThanTheProgram(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	good := r.dial()
	good.attach("s", fromStart())
	p := r.dial()
	p.attach("s", fromStart())
	before := heap()
	data := strings.Repeat("y", 32<<10)
	offset := int64(0)
	for offset < 2<<20 { // the terminal takes some, the session a megabyte, the connection another
		p.send(input(offset, data))
		offset += int64(len(data))
	}
	p.send(stream.Append(nil, stream.Ping, make([]byte, 8)))
	p.expect(stream.Pong, nil) // all of it was received
	if grown := heap() - before; grown > 6<<20 {
		t.Errorf("the server holds %d bytes more", grown)
	}
	io.WriteString(tty, "others")
	good.output("others")
	p.send(stream.Append(nil, stream.Detach, nil))
	p.expect(stream.Detached, nil)

	// One that goes on and on is told to stop.
	q := r.dial()
	q.attach("s", fromStart())
	q.SetWriteDeadline(time.Now().Add(patience))
	for offset = 0; offset < 16<<20; offset += int64(len(data)) {
		if _, err := q.Write(input(offset, data)); err != nil {
			break
		}
	}
	if st := q.refusal(); offset >= 16<<20 || st != nil && st.Code() != codes.InvalidArgument {
		t.Errorf("16 MB of input were taken; %v", st)
	}
}

// TestComingBackWhileTheProgramDoesNotRead: neither the new connection's input
// nor an empty frame of it keeps the client from leaving.
func TestComingBackWhileTheProgramDoesNotRead(t *testing.T) {
	r := newLocalRig(t)
	r.session("s")
	o := fromStart()
	o.Client = "the client"
	data := strings.Repeat("y", 64<<10)
	typed := int64(0)
	for range 30 {
		p := r.dial()
		typed = p.attach("s", o).GetReply().GetTyped()
		p.send(input(typed, ""))
		for range 4 {
			p.send(input(typed, data))
			typed += int64(len(data))
		}
		p.send(stream.Append(nil, stream.Detach, nil))
		p.expect(stream.Detached, nil)
		p.Close()
	}
}

// TestCutAtEveryByte: a client goes away at every byte of a conversation, in
// either direction.
func TestCutAtEveryByte(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	io.WriteString(tty, "some output of the program")
	sent := opening(attachFrame("s", fromStart()))
	sent = append(sent, input(0, "typed")...)
	sent = append(sent, message(stream.Resize, &typespb.Size{Rows: 30, Cols: 90})...)
	sent = append(sent, stream.Append(nil, stream.Ping, []byte("pingpong"))...)
	sent = append(sent, stream.AppendCount(nil, stream.Shown, 10)...)
	sent = append(sent, stream.Append(nil, stream.Detach, nil)...)
	go io.Copy(io.Discard, tty)
	for n := range len(sent) {
		p := r.dial()
		p.send(sent[:n])
		if n%2 == 0 { // with or without reading what comes
			p.Conn.(*net.UnixConn).CloseWrite()
			if st := p.refusal(); st != nil {
				t.Errorf("cut after %d bytes: %v", n, st)
			}
		}
		p.Close()
	}
	whole := r.dial()
	whole.send(sent)
	answer, err := io.ReadAll(whole)
	if err != nil && len(answer) == 0 {
		t.Fatal(err)
	}
	for n := range len(answer) {
		p := r.dial()
		p.send(sent)
		io.ReadFull(p, answer[:n])
		p.Close()
	}
	r.noClients("s")
	p := r.dial()
	p.attach("s", fromStart())
	io.WriteString(tty, "unharmed")
	p.output("unharmed")
}

// TestPanicInTheLocalStream ends its connection and nothing else.
func TestPanicInTheLocalStream(t *testing.T) {
	r := newLocalRig(t)
	tty := r.session("s")
	good := r.dial()
	good.attach("s", fromStart())
	client, server := net.Pipe()
	r.local.serve(panickyConn{server})
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client read %v", err)
	}
	io.WriteString(tty, "unharmed")
	good.output("unharmed")
	r.forgetPanics()
}

// panickyConn is a fault in the server.
type panickyConn struct{ net.Conn }

func (panickyConn) Read([]byte) (int, error) { panic("read") }

// seed is opening without the preface.
func seed(frame []byte) []byte { return opening(frame)[len(stream.Preface):] }

// FuzzServe: whatever a client sends, the server closes the connection once that
// has ended, and the session goes on.
func FuzzServe(f *testing.F) {
	attached := seed(attachFrame("s", fromStart()))
	f.Add(attached)
	f.Add(join(attached, input(0, "typed"), message(stream.Resize, &typespb.Size{Rows: 3, Cols: 3}), stream.Append(nil, stream.Detach, nil)))
	f.Add(join(attached, stream.AppendCount(nil, stream.Shown, 1<<40), stream.Append(nil, stream.Ping, make([]byte, 8))))
	f.Add(seed(message(stream.Call, &xshpb.Call{Method: "/xsh.v1.Sessions/ListAll"})))
	f.Add(seed(header(stream.Attach, 0xffffffff)))
	f.Add(seed(attachFrame("s", &typespb.AttachOptions{Size: &typespb.Size{Rows: 1, Cols: 1}, Client: "c", InputOffset: 3, History: -1, ScreenFirst: true})))
	r := newLocalRig(f)
	tty := r.session("s")
	go io.Copy(io.Discard, tty)
	io.WriteString(tty, "some output")
	f.Fuzz(func(t *testing.T, data []byte) {
		client, server := net.Pipe()
		served := make(chan struct{})
		go func() {
			r.local.serve(server)
			close(served)
		}()
		go func() {
			client.Write(append([]byte(stream.Preface), data...))
			client.SetReadDeadline(time.Now().Add(time.Millisecond))
		}()
		io.Copy(io.Discard, client)
		client.Close()
		select {
		case <-served:
		case <-time.After(patience):
			t.Fatal("the connection was not closed")
		}
		if _, err := r.m.GetSession(nil, "s"); err != nil && !bytes.Contains(data, []byte("Close")) {
			t.Error(err)
		}
	})
}

// TestManyKeysThatTheProgramDoesNotRead are bounded by their number as well: an
// empty frame takes memory too.
func TestManyKeysThatTheProgramDoesNotRead(t *testing.T) {
	r := newLocalRig(t)
	r.session("s")
	p := r.dial()
	p.attach("s", fromStart())
	offset := int64(0)
	data := strings.Repeat("y", 32<<10)
	for offset < 1600<<10 { // the terminal and the session take no more
		p.send(input(offset, data))
		offset += int64(len(data))
	}
	empty := bytes.Repeat(input(offset, ""), 1000)
	frames := 0
	for ; frames < 1_000_000; frames += 1000 {
		if _, err := p.Write(empty); err != nil {
			break
		}
	}
	if st := p.refusal(); frames == 1_000_000 || st != nil && st.Code() != codes.InvalidArgument {
		t.Errorf("%d empty frames were kept; %v", frames, st)
	}
}
