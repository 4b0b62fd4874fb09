package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/stream"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
)

const (
	faultyClients  = 5
	faultySessions = 20
	faultyLines    = 150 // that each program prints
	faultyKeys     = 12  // that each client types into each session
	faultyCuts     = 8   // connections that each of them loses
)

// faultyConn is a connection that breaks after so many bytes in either direction,
// in frames and between them, and that is slow now and then.
type faultyConn struct {
	net.Conn
	rand        *rand.Rand
	read, write int // bytes left; negative is for ever
}

var errCut = errors.New("the connection was cut")

func (c *faultyConn) Read(p []byte) (int, error) {
	c.pause()
	n, err := c.Conn.Read(p[:c.least(len(p), c.read)])
	return n, c.spend(&c.read, n, err)
}

func (c *faultyConn) Write(p []byte) (int, error) {
	c.pause()
	n, err := c.Conn.Write(p[:c.least(len(p), c.write)])
	return n, c.spend(&c.write, n, err)
}

func (c *faultyConn) least(n, left int) int {
	if left < 0 {
		return n
	}
	return min(n, left)
}

// spend takes n bytes from what is left, and breaks the connection behind them.
func (c *faultyConn) spend(left *int, n int, err error) error {
	if err != nil { // it broke earlier
		return errCut
	}
	if *left < 0 {
		return nil
	}
	if *left -= n; *left == 0 {
		c.Conn.Close()
		return errCut
	}
	return nil
}

func (c *faultyConn) pause() {
	if c.rand.IntN(20) == 0 {
		time.Sleep(time.Duration(c.rand.IntN(2000)) * time.Microsecond)
	}
}

// wanderer is a client of one session that loses its connection again and again.
type wanderer struct {
	r             *localRig
	session, name string
	rand          *rand.Rand
	cuts          int

	out   []byte // all that its terminal was shown
	typed []byte // all that it typed
	taken int64  // how much of it the server has said that it took
	keys  int
}

// run attaches, and attaches again, until all that the session prints was shown.
func (w *wanderer) run(want int) error {
	for len(w.out) < want {
		err := w.connection(want)
		if err != nil && !errors.Is(err, errCut) {
			return fmt.Errorf("%s in %s: %w", w.name, w.session, err)
		}
	}
	return nil
}

// key types the next key, if there is one.
func (w *wanderer) key() {
	if w.keys < faultyKeys {
		w.typed = fmt.Appendf(w.typed, "key %s %d\n", w.name, w.keys)
		w.keys++
	}
}

// connection is one, until it breaks or all was shown.
func (w *wanderer) connection(want int) error {
	c, err := net.Dial("unix", w.r.socket)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	conn := &faultyConn{Conn: c, rand: w.rand, read: -1, write: -1}
	if w.cuts > 0 {
		w.cuts--
		conn.read, conn.write = 1+w.rand.IntN(3000), 1+w.rand.IntN(600)
	}
	w.key()
	hello := opening(attachFrame(w.session, &typespb.AttachOptions{
		Client: w.name + " of the test", ResumeOffset: ptr(int64(len(w.out))), InputOffset: w.taken,
	}))
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	var in stream.Reader
	shown := int64(0)
	for len(w.out) < want {
		f, err := in.Read(conn)
		if err != nil {
			return errCut
		}
		switch f.Type {
		case stream.Hello:
		case stream.Attached:
			var at execpb.AttachSessionResponse
			if err := proto.Unmarshal(f.Payload, &at); err != nil {
				return err
			}
			if re := at.GetReply(); !re.GetResumed() || re.GetOffset() != int64(len(w.out)) || re.GetTypedUnknown() || re.GetTyped() < w.taken {
				return fmt.Errorf("attached again: %v, with %d shown and %d taken", re, len(w.out), w.taken)
			}
			w.taken = at.GetReply().GetTyped()
			if err := w.send(conn); err != nil {
				return err
			}
		case stream.Typed:
			w.taken, _ = stream.ParseCount(f.Payload)
		case stream.Output:
			o, err := stream.ParseOutput(f.Payload)
			if err != nil || o.Flags != 0 || o.Offset != int64(len(w.out)) {
				return fmt.Errorf("output at %d, flags %d, goes on behind %d; %v", o.Offset, o.Flags, len(w.out), err)
			}
			w.out = append(w.out, o.Data...)
			w.taken = max(w.taken, o.Typed)
			shown += int64(len(o.Data))
			from := len(w.typed)
			w.key()
			more := stream.AppendCount(nil, stream.Shown, shown)
			if len(w.typed) > from {
				more = append(more, input(int64(from), string(w.typed[from:]))...)
			}
			if _, err := conn.Write(more); err != nil {
				return err
			}
		default:
			return fmt.Errorf("frame %d", f.Type)
		}
	}
	return nil
}

// send sends what the server has not taken, in whole lines, since others type
// in between, and some of it twice.
func (w *wanderer) send(conn io.Writer) error {
	for at := int(w.taken); at < len(w.typed); {
		end := at + w.rand.IntN(len(w.typed)-at)
		end += bytes.IndexByte(w.typed[end:], '\n') + 1
		if _, err := conn.Write(input(int64(at), string(w.typed[at:end]))); err != nil {
			return err
		}
		if w.rand.IntN(3) > 0 {
			at = end
		}
	}
	return nil
}

// faultyProgram prints numbered lines and echoes what it reads, a line at a time.
func faultyProgram(tty *os.File) {
	var printing sync.Mutex
	say := func(line string) {
		printing.Lock()
		defer printing.Unlock()
		io.WriteString(tty, line)
	}
	go func() { // ends with its lines
		for i := range faultyLines {
			say(fmt.Sprintf("line %d\n", i))
		}
	}()
	keys := bufio.NewScanner(tty)
	for keys.Scan() {
		say(keys.Text() + "\n")
	}
}

// TestFaultyConnections: clients lose their connections within frames and
// between them, come back and resume. Each shows each line once, and each
// program reads each key once, in order.
func TestFaultyConnections(t *testing.T) {
	r := newLocalRig(t)
	want := 0
	for i := range faultyLines {
		want += len(fmt.Sprintf("line %d\n", i))
	}
	for i := range faultyKeys {
		want += faultyClients * len(fmt.Sprintf("key client0 %d\n", i))
	}
	var all []*wanderer
	for s := range faultySessions {
		id := fmt.Sprint("session", s)
		go faultyProgram(r.session(id))
		for c := range faultyClients {
			all = append(all, &wanderer{
				r: r, session: id, name: fmt.Sprint("client", c), cuts: faultyCuts,
				rand: rand.New(rand.NewPCG(uint64(s), uint64(c))),
			})
		}
	}
	failed := make(chan error, len(all))
	for _, w := range all {
		go func() { failed <- w.run(want) }()
	}
	for range all {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		return
	}
	for i, w := range all {
		first := all[i/faultyClients*faultyClients]
		if !bytes.Equal(w.out, first.out) {
			t.Errorf("%s and %s saw different output of %s", w.name, first.name, w.session)
		}
		w.check(t)
	}
}

// check looks for each line and each key.
func (w *wanderer) check(t *testing.T) {
	t.Helper()
	next := map[string]int{}
	for line := range strings.Lines(string(w.out)) {
		var n int
		kind, number, _ := cutLast(strings.TrimSuffix(line, "\n"), " ")
		if _, err := fmt.Sscan(number, &n); err != nil || n != next[kind] {
			t.Fatalf("%s in %s was shown %q where number %d was to come", w.name, w.session, line, next[kind])
		}
		next[kind]++
	}
	if next["line"] != faultyLines || len(next) != 1+faultyClients {
		t.Errorf("%s in %s was shown %v", w.name, w.session, next)
	}
	for kind, n := range next {
		if kind != "line" && n != faultyKeys {
			t.Errorf("%s in %s: %q was echoed %d times", w.name, w.session, kind, n)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
