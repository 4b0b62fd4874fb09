package exec_test

import (
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// hostContract is what a plain host relies on: it opens one stream, names nobody
// on it, and sends its requester's id on the calls alone.
var hostContract = []contractCase{
	{"HostLeavesTTYFalse", testHostLeavesTTYFalse},
	{"CloseAloneAfterAnAskedForClose", testCloseAlone},
}

// requesterContract is about requesters, the one stream that each of them has, and hosts
// that were not written for xsh. The local stream has none of them: an attachment is a
// connection there, and a client that has told a size is drawn frames.
var requesterContract = []contractCase{
	{"AttachBeforeStream", testAttachBeforeStream},
	{"NoRequester", testNoRequester},
	{"TwoStreamsWithoutRequester", testTwoStreamsWithoutRequester},
	{"InputForNobody", testInputForNobody},
	{"CreatorIsToldTheEnd", testCreatorIsToldTheEnd},
	{"HostAttachesTwice", testHostAttachesTwice},
	{"HostSeesNoFrames", testHostSeesNoFrames},
	{"SecondStreamIsRefused", testSecondStreamIsRefused},
}

// as makes the user's calls come from a requester; its stream stays.
func (u *user) as(requester string) *user {
	v := *u
	v.ctx = by(requester)
	return &v
}

// testHostAttachesTwice: attaches by two requesters put each byte on the stream
// once, and a detach by either ends that.
func testHostAttachesTwice(t *testing.T, p exec.SessionProvider) {
	for _, leaves := range []string{"first", "second"} {
		s := tty(t, p, "start", exec.SessionOptions{})
		host := connect(t, p, "")
		replay := host.as("first").attachPlain(s.ID)
		if again := host.as("second").attachPlain(s.ID); !strings.HasPrefix(again, replay) {
			t.Errorf("replays %q and %q", replay, again)
		}
		host.typ(s.ID, "say once")
		host.out.WaitText(t, s.ID, "once\n")
		host.typ(s.ID, "say and the end")
		host.out.WaitText(t, s.ID, "and the end\n")
		if got := string(host.out.Bytes(s.ID, exec.StreamTargetStdOut)); strings.Count(got, "once") != 1 || strings.Count(got, "end") != 1 {
			t.Errorf("the stream carried %q", got)
		}
		if s := host.as(leaves).detach(s.ID); s.Clients != 0 || s.Attached {
			t.Errorf("after a detach by the %s: %+v", leaves, s)
		}
		seen := len(host.out.Outputs(s.ID))
		host.typ(s.ID, "say nobody hears")
		other := connect(t, p, newName())
		other.attach(s.ID, exec.AttachOptions{Resume: true})
		other.out.WaitText(t, s.ID, "nobody hears\n")
		if got := host.out.Outputs(s.ID); len(got) != seen {
			t.Errorf("a detached host was sent %v", got[seen:])
		}
		host.hangUp()
		other.hangUp()
	}
}

// testHostSeesNoFrames: another client's size is nothing to a stream whose client
// did not ask for frames.
func testHostSeesNoFrames(t *testing.T, p exec.SessionProvider) {
	s := tty(t, p, "start", exec.SessionOptions{})
	host := connect(t, p, "").as("host")
	replay := host.attachPlain(s.ID)
	if err := p.ResizeSession(host.ctx, s.ID, 30, 100); err != nil {
		t.Fatal(err)
	}
	leader := connect(t, p, "leader")
	leader.attach(s.ID, exec.AttachOptions{Size: exec.Size{Rows: 5, Cols: 10}})
	leader.typ(s.ID, "say one")
	host.out.WaitText(t, s.ID, "one\n")
	if err := p.ResizeSession(leader.ctx, s.ID, 6, 11); err != nil {
		t.Fatal(err)
	}
	leader.typ(s.ID, "lines 300")
	leader.typ(s.ID, "say two")
	outputs := host.out.WaitText(t, s.ID, "two\n")
	for _, o := range outputs {
		if o.Drawn {
			t.Fatalf("a host was drawn %q", o.Data)
		}
	}
	checkContiguous(t, outputs, int64(len(replay)))
}

func testHostLeavesTTYFalse(t *testing.T, p exec.SessionProvider) {
	s := create(t, p, "start", exec.SessionOptions{Command: []string{"say hello"}})
	if s.Size.Rows != exec.InitialRows || s.Size.Cols != exec.InitialCols {
		t.Errorf("its terminal has the size %v", s.Size)
	}
	u := connect(t, p, "u")
	u.attach(s.ID, exec.AttachOptions{Resume: true})
	u.out.WaitText(t, s.ID, "hello\n")
}

// testCloseAlone: who asked for a session's end is not told that it went wrong.
func testCloseAlone(t *testing.T, p exec.SessionProvider) {
	for _, resource := range []string{"start", "block", "command", "deaf", "resize"} {
		s := create(t, p, resource, exec.SessionOptions{Command: []string{"wait"}})
		u := connect(t, p, newName())
		u.attachPlain(s.ID)
		if err := p.CloseSession(nil, s.ID); err != nil {
			t.Fatalf("%s: close: %v", resource, err)
		}
		u.out.WaitClose(t, s.ID)
		closes := 0
		for _, o := range u.out.Outputs(s.ID) {
			switch o.Signal {
			case exec.StreamSignalError:
				t.Errorf("%s: told of an error: %+v", resource, o.Error)
			case exec.StreamSignalClose:
				closes++
			}
		}
		if closes != 1 {
			t.Errorf("%s: closed %d times", resource, closes)
		}
		u.hangUp()
	}
}

// testSecondStreamIsRefused: a requester has one stream, and may have another
// when that has ended.
func testSecondStreamIsRefused(t *testing.T, p exec.SessionProvider) {
	u := connect(t, p, "u")
	out, err := p.Stream(types.NewContext(t.Context(), u.ctx), make(chan exec.StreamInput))
	if err == nil { // over the wire it may be told by the stream's end
		for o := range out {
			t.Errorf("a second stream carried %+v", o)
		}
	}
	s := tty(t, p, "start", exec.SessionOptions{})
	u.attachPlain(s.ID)
	u.echo(s.ID, "the first goes on")
	u.hangUp()
	poll(t, "the requester's next stream", func() bool {
		in := make(chan exec.StreamInput)
		out, err := p.Stream(types.NewContext(t.Context(), u.ctx), in)
		if err != nil {
			return false
		}
		select {
		case _, ok := <-out:
			return ok
		case in <- exec.StreamInput{SessionID: s.ID, Data: []byte("\n")}:
		}
		close(in)
		for range out {
		}
		return true
	})
}

// TestRequestersAreScopedByConnection: two hosts that use one requester's id do
// not get each other's output.
func TestRequestersAreScopedByConnection(t *testing.T) {
	m := newManager(t)
	path := listen(t, m)
	one, two := exec.NewPluginClient(dial(t, path)), exec.NewPluginClient(dial(t, path))
	tty(t, m, "start", exec.SessionOptions{ID: "a"})
	tty(t, m, "start", exec.SessionOptions{ID: "b"})
	a, b := connect(t, one, "same"), connect(t, two, "same")
	a.attachPlain("a")
	b.attachPlain("b")
	a.echo("a", "for one")
	b.echo("b", "for two")
	if s := b.detach("a"); s.Clients != 1 {
		t.Errorf("one host detached the other's client: %+v", s)
	}
	a.echo("a", "still here")
	if got := len(a.out.Outputs("b")) + len(b.out.Outputs("a")); got != 0 {
		t.Errorf("%d outputs went to the other host", got)
	}
}
