package exec_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
)

var attachContract = []contractCase{
	{"AttachReplaysAndGoesOn", testAttachReplaysAndGoesOn},
	{"AttachTwice", testAttachTwice},
	{"SeveralClients", testSeveralClients},
	{"Detach", testDetach},
	{"DetachAll", testDetachAll},
	{"DetachOthers", testDetachOthers},
	{"EndOfStreamDetaches", testEndOfStreamDetaches},
	{"EndOfInputEndsStream", testEndOfInputEndsStream},
	{"ReadOnly", testReadOnly},
	{"Resume", testResume},
	{"SeveralSessionsOnOneStream", testSeveralSessionsOnOneStream},
}

// echo types a line that makes the program say text and waits for it.
func (u *user) echo(id, text string) {
	u.t.Helper()
	u.typ(id, "say "+text)
	u.out.WaitText(u.t, id, text+"\n")
}

func testAttachReplaysAndGoesOn(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a := connect(t, p, "a")
	a.attachPlain("s")
	a.echo("s", "one")
	b := connect(t, p, "b")
	if replay := b.attachPlain("s"); replay != "ready\none\n" {
		t.Errorf("replay %q", replay)
	}
	b.echo("s", "two")
	if got := b.out.Outputs("s"); string(got[0].Data[0]) != "t" || got[0].Offset != int64(len("ready\none\n")) {
		t.Errorf("the stream goes on at %d with %q", got[0].Offset, got[0].Data)
	}
	if s := b.session("s"); s.Clients != 2 || !s.Attached || s.AttachedAt.IsZero() {
		t.Errorf("session %+v", s)
	}
	for _, replay := range []exec.Replay{exec.ReplayScreen, exec.ReplayNone, exec.ReplayRaw} {
		at := b.attach("s", exec.AttachOptions{Replay: replay})
		end := int64(len("ready\none\ntwo\n")) // which the screen model may not have reached
		if at.Offset > end || at.Offset < end && replay != exec.ReplayScreen || at.Session.ID != "s" {
			t.Errorf("attached at %d to %+v", at.Offset, at.Session)
		}
		if (len(at.Replay) == 0) != (replay == exec.ReplayNone) {
			t.Errorf("replay %d is %q", replay, at.Replay)
		}
		if replay == exec.ReplayRaw && string(at.Replay) != "ready\none\ntwo\n" {
			t.Errorf("raw replay %q", at.Replay)
		}
	}
}

func testAttachTwice(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	u := connect(t, p, "u")
	replay := u.attachPlain("s")
	u.echo("s", "one")
	replay2 := u.attachPlain("s")
	if !strings.HasPrefix(replay2, replay) || !strings.HasSuffix(replay2, "one\n") {
		t.Errorf("replays %q and then %q", replay, replay2)
	}
	u.echo("s", "two")
	if s := u.session("s"); s.Clients != 1 {
		t.Errorf("%d clients", s.Clients)
	}
	if got := string(u.out.Bytes("s", exec.StreamTargetStdOut)); strings.Count(got, "two") != 1 {
		t.Errorf("the stream carried %q", got)
	}
}

func testSeveralClients(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s", Command: []string{"say begin"}})
	var users []*user
	for _, name := range []string{"a", "b", "c"} {
		u := connect(t, p, name)
		u.attach("s", exec.AttachOptions{Resume: true})
		users = append(users, u)
	}
	for _, u := range users {
		u.typ("s", "say from "+u.ctx.RequesterID)
		for _, v := range users {
			v.out.WaitText(t, "s", "from "+u.ctx.RequesterID+"\n")
		}
	}
	for _, u := range users {
		checkContiguous(t, u.out.Outputs("s"), 0)
		if got := string(u.out.Bytes("s", exec.StreamTargetStdOut)); got != "ready\nbegin\nfrom a\nfrom b\nfrom c\n" {
			t.Errorf("%s got %q", u.ctx.RequesterID, got)
		}
	}
}

func testDetach(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a, b := connect(t, p, "a"), connect(t, p, "b")
	a.attachPlain("s")
	b.attachPlain("s")
	a.echo("s", "one")
	if s := a.detach("s"); s.Clients != 1 || !s.Attached {
		t.Errorf("after one detached: %+v", s)
	}
	seen := len(a.out.Outputs("s"))
	b.echo("s", "two")
	if s := a.detach("s"); s.Clients != 1 {
		t.Errorf("a second detach: %+v", s)
	}
	if s := b.detach("s"); s.Clients != 0 || s.Attached {
		t.Errorf("after both detached: %+v", s)
	}
	if got := a.out.Outputs("s"); len(got) != seen {
		t.Errorf("after its detach a client got %v", got[seen:])
	}
	if got := b.out.Outputs("s"); got[len(got)-1].Signal != exec.StreamSignalNone {
		t.Errorf("a client that detached by itself was told %v", got[len(got)-1])
	}
}

func checkDetached(t *testing.T, u *user, id string) {
	t.Helper()
	out := u.out.WaitClose(t, id)
	if !out.Detached || out.Exit != nil || out.Error != nil {
		t.Errorf("a client detached by another was told %+v", out)
	}
	if s := u.session(id); s.Exit != nil {
		t.Errorf("the session ended: %+v", s)
	}
}

func testDetachAll(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a, b := connect(t, p, "a"), connect(t, p, "b")
	a.attachPlain("s")
	b.attach("s", exec.AttachOptions{ReadOnly: true})
	if n, err := p.DetachAll(by("c"), "s"); n != 2 || err != nil {
		t.Errorf("DetachAll = %d, %v", n, err)
	}
	checkDetached(t, a, "s")
	checkDetached(t, b, "s")
	if n, err := p.DetachAll(by("c"), "s"); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	if s := a.session("s"); s.Attached {
		t.Errorf("still attached: %+v", s)
	}
	a.attachPlain("s")
	a.echo("s", "back again")
}

func testDetachOthers(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a, b := connect(t, p, "a"), connect(t, p, "b")
	a.attachPlain("s")
	b.attachPlain("s")
	at := b.attach("s", exec.AttachOptions{DetachOthers: true})
	if at.Session.Clients != 1 {
		t.Errorf("%d clients are left", at.Session.Clients)
	}
	checkDetached(t, a, "s")
	b.echo("s", "mine")
}

func testEndOfStreamDetaches(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	a, b := connect(t, p, "a"), connect(t, p, "b")
	b.attachPlain("s")
	a.attachPlain("s")
	a.echo("s", "one")
	a.hangUp()
	// Over the wire the other end hears of it a little later.
	waitSession(t, b, "s", func(s *exec.Session) bool { return s.Clients == 1 })
	b.echo("s", "two")
	if got := connect(t, p, "a"); got.attachPlain("s") != "ready\none\ntwo\n" {
		t.Error("attached again, the replay is not all there is")
	}
}

func testEndOfInputEndsStream(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	u := connect(t, p, "u")
	u.attachPlain("s")
	close(u.in)
	u.out.WaitEnd(t)
	if s := u.session("s"); s.Exit != nil {
		t.Errorf("the session ended: %+v", s)
	}
	// Beside it, a context that has ended opens none.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if out, err := p.Stream(ctx, make(chan exec.StreamInput)); err == nil {
		for range out {
		}
	}
}

func testReadOnly(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s", Size: exec.Size{Rows: 10, Cols: 10}})
	watcher, sized, writer := connect(t, p, "watcher"), connect(t, p, "sized"), connect(t, p, "writer")
	watcher.attach("s", exec.AttachOptions{ReadOnly: true, Resume: true})
	at := sized.attach("s", exec.AttachOptions{ReadOnly: true, Size: exec.Size{Rows: 50, Cols: 50}})
	if at.Session.Size != (exec.Size{Rows: 10, Cols: 10}) || at.Session.Clients != 2 {
		t.Errorf("a watcher made it %+v", at.Session)
	}
	for _, u := range []*user{watcher, sized} {
		u.typ("s", "say forbidden")
		if err := p.ResizeSession(u.ctx, "s", 60, 60); err != nil {
			t.Errorf("a watcher's resize: %v", err)
		}
		u.typ("s", "say forbidden too") // the stream has taken the first by now
	}
	writer.attachPlain("s")
	writer.echo("s", "allowed")
	writer.seesSize("s", size(10, 10))
	writer.typ("s", "say end")
	watcher.attach("s", exec.AttachOptions{ReadOnly: true, Resume: true}) // with no size again
	watcher.out.WaitText(t, "s", "allowed\n")
	if got := string(writer.out.Bytes("s", exec.StreamTargetStdOut)); strings.Contains(got, "forbidden") {
		t.Errorf("a watcher typed: %q", got)
	}
}

func testResume(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	u := connect(t, p, "u")
	u.attach("s", exec.AttachOptions{Resume: true})
	u.echo("s", "0123456789")
	end := int64(len("ready\n0123456789\n"))
	for i, from := range []int64{0, 1, end - 1, end} {
		v := connect(t, p, "v")
		at := v.attach("s", exec.AttachOptions{Resume: true, ResumeOffset: from})
		if at.Offset != from || len(at.Replay) != 0 {
			t.Errorf("resumed from %d: at %d with %q", from, at.Offset, at.Replay)
		}
		u.typ("s", "say x")
		want := ("ready\n0123456789\n" + strings.Repeat("x\n", i+1))[from:]
		v.out.Wait(t, "s", func([]exec.StreamOutput) bool {
			return len(v.out.Bytes("s", exec.StreamTargetStdOut)) >= len(want)
		})
		if got := string(v.out.Bytes("s", exec.StreamTargetStdOut)); got != want {
			t.Errorf("resumed from %d: %q, want %q", from, got, want)
		}
		checkContiguous(t, v.out.Outputs("s"), from)
		v.hangUp()
	}
	end += 2 * 4
	for _, from := range []int64{-1, end + 1, 1 << 62, -1 << 63} {
		at := u.attach("s", exec.AttachOptions{Resume: true, ResumeOffset: from, Replay: exec.ReplayRaw})
		if at.Offset != end || !strings.HasPrefix(string(at.Replay), "ready\n") {
			t.Errorf("resumed from %d: at %d with %q", from, at.Offset, at.Replay)
		}
	}
}

func testAttachBeforeStream(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	typist := connect(t, p, "typist")
	typist.attachPlain("s")
	typist.echo("s", "one")
	_, replay, err := p.AttachSession(by("late"), "s")
	if err != nil || string(replay) != "ready\none\n" {
		t.Errorf("replay %q, %v", replay, err)
	}
	typist.echo("s", "two")
	late := connect(t, p, "late")
	late.out.WaitText(t, "s", "two\n")
	checkContiguous(t, late.out.Outputs("s"), int64(len(replay)))
	if s := late.session("s"); s.Clients != 2 {
		t.Errorf("%d clients", s.Clients)
	}
	// Many that never come are forgotten.
	for range 100 {
		if _, _, err := p.AttachSession(by(newName()), "s"); err != nil {
			t.Fatal(err)
		}
	}
	if s := late.session("s"); s.Clients > 30 {
		t.Errorf("%d clients", s.Clients)
	}
}

// testNoRequester is the contract as existing hosts use it.
func testNoRequester(t *testing.T, p exec.SessionProvider) {
	for _, name := range []string{"", "names itself anew"} {
		s := tty(t, p, "start", exec.SessionOptions{})
		u := connect(t, p, "")
		if name != "" {
			u.ctx = by(newName())
		}
		replay := u.attachPlain(s.ID)
		u.typ(s.ID, "say hello")
		u.out.WaitText(t, s.ID, "hello\n")
		checkContiguous(t, u.out.Outputs(s.ID), int64(len(replay)))
		if name != "" {
			u.ctx = by(newName())
		}
		if s := u.detach(s.ID); s.Attached {
			t.Errorf("after a detach: %+v", s)
		}
		u.hangUp()
	}
}

// testTwoStreamsWithoutRequester: both carry what follows on the replay.
func testTwoStreamsWithoutRequester(t *testing.T, p exec.SessionProvider) {
	s := tty(t, p, "start", exec.SessionOptions{})
	a, b := connect(t, p, ""), connect(t, p, "")
	replay := a.attachPlain(s.ID)
	a.typ(s.ID, "say hello")
	for _, u := range []*user{a, b} {
		u.out.WaitText(t, s.ID, "hello\n")
		checkContiguous(t, u.out.Outputs(s.ID), int64(len(replay)))
	}
}

func testSeveralSessionsOnOneStream(t *testing.T, p exec.SessionProvider) {
	u := connect(t, p, "u")
	ids := []string{"a", "b", "c", "d"}
	for _, id := range ids {
		tty(t, p, "start", exec.SessionOptions{ID: id})
		u.attach(id, exec.AttachOptions{Resume: true})
	}
	for _, id := range ids {
		u.typ(id, "say to "+id)
	}
	for _, id := range ids {
		u.out.WaitText(t, id, "to "+id+"\n")
		checkContiguous(t, u.out.Outputs(id), 0)
	}
	u.typ("b", "exit 0")
	u.out.WaitClose(t, "b")
	for _, id := range []string{"a", "c", "d"} {
		u.echo(id, "still "+id)
	}
}

func testInputForNobody(t *testing.T, p exec.SessionProvider) {
	tty(t, p, "start", exec.SessionOptions{ID: "s"})
	create(t, p, "command", exec.SessionOptions{ID: "c", Command: []string{"wait"}})
	tty(t, p, "start", exec.SessionOptions{ID: "e", Command: []string{"exit 0"}})
	awaitEnd(t, p, "e")
	u := connect(t, p, "u")
	u.attachPlain("s")
	for _, id := range []string{"nosuch", "", "c", "e"} {
		u.typ(id, "say lost")
	}
	u.in <- exec.StreamInput{SessionID: "s"}
	u.echo("s", "here")
	if got := u.out.Outputs("nosuch"); len(got) != 0 {
		t.Errorf("a session that is none said %v", got)
	}
}

// waitSession waits until ok says so of the session. Nothing tells of such a
// change, so it asks again after each round trip.
func waitSession(t testing.TB, u *user, id string, ok func(*exec.Session) bool) {
	t.Helper()
	poll(t, "session "+id, func() bool { return ok(u.session(id)) })
}

// poll waits until ok, for what no event tells of.
func poll(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(exectest.Patience)
	for pause := time.Millisecond; !ok(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(pause)
	}
}

// newName returns a requester's name that was not used before.
func newName() string { return rand.Text() }
