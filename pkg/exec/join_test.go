package exec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// lineLength is that of each line of the flood.
const lineLength = 16

// flood writes numbered lines as fast as they are taken. Every byte of it
// follows from its offset.
type flood struct {
	lines int
	begin chan struct{}
}

func (f *flood) handler() map[string]exec.Handler {
	run := func(out io.Writer) error {
		<-f.begin
		var chunk []byte
		for i := range f.lines {
			chunk = fmt.Appendf(chunk, "%014d\r\n", i)
			if len(chunk) > 2000 || i == f.lines-1 {
				if _, err := out.Write(chunk); err != nil {
					return err
				}
				chunk = chunk[:0]
			}
		}
		return nil
	}
	return map[string]exec.Handler{
		"test/flood": {TTYHandler: func(_ *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
			go func() { stop <- run(tty) }()
			return nil
		}},
		"test/marker": {CommandHandler: func(*types.PluginContext, exec.SessionOptions) (stdout, stderr io.Reader, err error) {
			return nil, nil, nil
		}},
	}
}

func (f *flood) size() int64 { return int64(f.lines) * lineLength }

// floodBytes returns what the flood has from one offset to another.
func floodBytes(from, to int64) []byte {
	var b []byte
	for line := from / lineLength; line*lineLength < to; line++ {
		b = fmt.Appendf(b, "%014d\r\n", line)
	}
	skip := from % lineLength
	return b[skip : skip+to-from]
}

// checkFlood checks every byte of what a client was given: its replay, which
// ends where the stream begins, and the stream, without a gap or an overlap.
func checkFlood(t *testing.T, who string, replay []byte, outputs []exec.StreamOutput) (end int64) {
	t.Helper()
	for i, o := range outputs {
		if o.Signal != exec.StreamSignalNone {
			return end
		}
		if i == 0 {
			end = o.Offset
			from := end - int64(len(replay))
			if from < 0 || !bytes.Equal(replay, floodBytes(from, end)) {
				t.Errorf("%s: the replay of %d bytes is not what precedes offset %d", who, len(replay), end)
			}
		}
		if o.Offset != end {
			t.Fatalf("%s: output at offset %d follows on %d", who, o.Offset, end)
		}
		end += int64(len(o.Data))
		if !bytes.Equal(o.Data, floodBytes(o.Offset, end)) {
			t.Fatalf("%s: wrong bytes at offset %d: %.60q", who, o.Offset, o.Data)
		}
	}
	return end
}

// An attach whose stream ends leaves nothing behind: no attachment that nobody
// would end, and no size of a client that has gone.
func TestAttachWhoseStreamEnds(t *testing.T) {
	st := newStage(t, small, fake())
	stays := st.view("stays", small)
	stays.attach(exec.AttachOptions{Size: small})
	for i := range 100 {
		who := by(fmt.Sprint(i))
		life, end := context.WithCancel(t.Context())
		out, err := st.m.Stream(types.NewContext(life, who), make(chan exec.StreamInput))
		if err != nil {
			t.Fatal(err)
		}
		tried := make(chan error)
		go func() {
			_, err := st.m.Attach(who, st.id, exec.AttachOptions{Size: large})
			tried <- err
		}()
		end()
		for range out {
		}
		if err := <-tried; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// One that came behind the stream's end waits for the next stream, and can
		// be detached until then.
		if _, err := st.m.Detach(who, st.id); err != nil {
			t.Fatal(err)
		}
		s, err := st.m.GetSession(nil, st.id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Clients != 1 || s.Size != small {
			t.Fatalf("try %d: %d clients, size %v", i, s.Clients, s.Size)
		}
	}
}

// TestJoinOfReplayAndStream: while a program writes at full speed, clients
// attach and detach at random. Nothing is lost, nothing doubled.
func TestJoinOfReplayAndStream(t *testing.T) {
	for _, remote := range []bool{false, true} {
		t.Run(map[bool]string{false: "Manager", true: "PluginClient"}[remote], func(t *testing.T) {
			leaktest.Check(t)
			f := &flood{lines: 30_000, begin: make(chan struct{})}
			m := exec.NewManager(exec.ManagerConfig{
				Handlers:        f.handler(),
				Settings:        settings.Map{exec.SettingBufferBytes: int(f.size())}, // nobody falls behind
				TerminalFactory: new(exectest.Terminals).Open,
			})
			t.Cleanup(m.Close)
			var p exec.SessionProvider = m
			if remote {
				p = serve(t, m)
			}
			s, err := p.CreateSession(by("creator"), exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "flood", TTY: true})
			if err != nil {
				t.Fatal(err)
			}
			marker, err := p.CreateSession(by("creator"), exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "marker"})
			if err != nil {
				t.Fatal(err)
			}
			stays := connect(t, p, "stays")
			stays.attach(s.ID, exec.AttachOptions{Resume: true})
			var clients sync.WaitGroup
			for i := range 6 {
				u := connect(t, p, fmt.Sprint("client ", i))
				clients.Go(func() { u.comeAndGo(t, s.ID, marker.ID, rand.New(rand.NewPCG(7, uint64(i)))) })
			}
			close(f.begin)
			stays.out.WaitClose(t, s.ID)
			clients.Wait()
			if end := checkFlood(t, "stays", nil, stays.out.Outputs(s.ID)); end != f.size() {
				t.Errorf("the one who stayed got %d bytes of %d", end, f.size())
			}
		})
	}
}

// comeAndGo attaches and detaches until the session has ended.
func (u *user) comeAndGo(t *testing.T, id, marker string, rnd *rand.Rand) {
	for turn := 0; ; turn++ {
		seen := len(u.out.Outputs(id))
		var replay []byte
		var err error
		if turn%2 == 0 {
			_, replay, err = u.p.AttachSession(u.ctx, id)
		} else {
			var at *exec.Attached
			if at, err = u.p.Attach(u.ctx, id, exec.AttachOptions{Replay: exec.ReplayRaw}); err == nil {
				replay = at.Replay
			}
		}
		if err != nil {
			t.Errorf("attach: %v", err)
			return
		}
		want := 1 + rnd.IntN(5)
		u.out.Wait(t, id, func(all []exec.StreamOutput) bool {
			return len(all) >= seen+want || slices.ContainsFunc(all[seen:], closes)
		})
		s, err := u.p.DetachSession(u.ctx, id)
		if err != nil {
			t.Errorf("detach: %v", err)
			return
		}
		u.passMarker(marker)
		checkFlood(t, u.ctx.RequesterID, replay, u.out.Outputs(id)[seen:])
		if s.Exit != nil {
			return
		}
	}
}

func closes(o exec.StreamOutput) bool { return o.Signal == exec.StreamSignalClose }

// passMarker waits until all that the stream has carried so far is recorded:
// until the end of a session that has ended, asked for now, has come as well.
func (u *user) passMarker(id string) {
	u.t.Helper()
	seen := len(u.out.Outputs(id))
	u.attachPlain(id)
	u.out.Wait(u.t, id, func(all []exec.StreamOutput) bool { return slices.ContainsFunc(all[seen:], closes) })
}

// TestStuckClients: clients that read nothing at all delay neither the program
// nor the others, and cost no memory beyond the ring.
func TestStuckClients(t *testing.T) {
	leaktest.Check(t)
	alone, _ := timeFlood(t, 0)
	stuck, grown := timeFlood(t, 5)
	t.Logf("a flood takes %v, with five stuck clients %v and %d KB more", alone, stuck, grown>>10)
	if stuck > 3*alone+time.Second {
		t.Errorf("a flood takes %v, with five stuck clients %v", alone, stuck)
	}
	if grown > 8<<20 {
		t.Errorf("five stuck clients took %d MB", grown>>20)
	}
}

// timeFlood has a program write 2.4 MB past stuck clients, to one that reads,
// and returns how long it took and how much memory is in use after it.
func timeFlood(t *testing.T, stuck int) (took time.Duration, grown int64) {
	t.Helper()
	f := &flood{lines: 150_000, begin: make(chan struct{})}
	m := exec.NewManager(exec.ManagerConfig{
		Handlers:        f.handler(),
		Settings:        settings.Map{exec.SettingBufferBytes: 256 << 10},
		TerminalFactory: new(exectest.Terminals).Open,
	})
	defer m.Close()
	s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "flood", TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range stuck {
		end := attachStuck(t, m, s.ID, fmt.Sprint("stuck ", i))
		defer end()
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reader := by("reader")
	out, err := m.Stream(types.NewContext(ctx, reader), make(chan exec.StreamInput))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Attach(reader, s.ID, exec.AttachOptions{Resume: true}); err != nil {
		t.Fatal(err)
	}
	before, began := heapInUse(), time.Now()
	close(f.begin)
	for o := range out {
		if closes(o) {
			cancel()
		}
	}
	return time.Since(began), heapInUse() - before
}

// attachStuck attaches a client that does not read its stream; the function
// returned ends that.
func attachStuck(t *testing.T, m *exec.Manager, id, name string) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, err := m.Stream(types.NewContext(ctx, by(name)), make(chan exec.StreamInput))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Attach(by(name), id, exec.AttachOptions{Resume: true}); err != nil {
		t.Fatal(err)
	}
	return func() {
		cancel()
		for range out {
		}
	}
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
