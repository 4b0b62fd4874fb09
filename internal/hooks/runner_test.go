package hooks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/deaddisktest"
	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// fakeSessions has one session, and the events that a test sends.
type fakeSessions struct {
	events chan exec.Event
	about  exec.Session
	hidden atomic.Bool // the session cannot be seen
}

func (f *fakeSessions) Watch(context.Context, int64, ...string) iter.Seq2[exec.Event, error] {
	return func(yield func(exec.Event, error) bool) {
		for ev := range f.events {
			if !yield(ev, nil) {
				return
			}
		}
		yield(exec.Event{}, errors.New("closed"))
	}
}

func (f *fakeSessions) GetSession(*types.PluginContext, string) (*exec.Session, error) {
	if f.hidden.Load() {
		return nil, exec.ErrSessionNotFound
	}
	about := f.about
	return &about, nil
}

// lines is a log that a test can wait on.
type lines struct {
	mu   sync.Mutex
	all  string
	more chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all += string(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// await waits until the log has text.
func (l *lines) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		all := l.all
		l.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
		select {
		case <-l.more:
		case <-late:
			t.Fatalf("the log does not say %q:\n%s", text, all)
		}
	}
}

// start runs hooks on what is sent to the sessions; stop has the manager end, and
// waits for the runner.
func start(t *testing.T, hooks ...Hook) (sessions *fakeSessions, log *lines, stop func()) {
	leaktest.Check(t)
	sessions = &fakeSessions{events: make(chan exec.Event)}
	log = &lines{more: make(chan struct{}, 1)}
	r := &Runner{
		Sessions: sessions,
		Hooks:    func() []Hook { return hooks },
		JSON:     func(ev exec.Event) []byte { return fmt.Appendf(nil, "event %d\n", ev.Number) },
		Dir:      t.TempDir(),
		Log:      slog.New(slog.NewTextHandler(log, nil)),
		Wait:     50 * time.Millisecond,
	}
	wait := r.Start(t.Context())
	stop = sync.OnceFunc(func() {
		close(sessions.events)
		wait()
	})
	t.Cleanup(stop)
	return sessions, log, stop
}

// bell is an event with a number, at a time of the test's.
func bell(n int) exec.Event {
	return exec.Event{Number: int64(n), Time: time.Unix(1, 0), Kind: exec.EventBell, Name: "one"}
}

func onBell(timeout time.Duration, run ...string) Hook {
	return Hook{On: []exec.EventKind{exec.EventBell}, Run: run, Timeout: timeout}
}

// TestHang: a hook that never ends is killed with what it started, and what comes
// behind it runs.
func TestHang(t *testing.T) {
	told := filepath.Join(t.TempDir(), "told")
	sessions, log, stop := start(t,
		onBell(20*time.Millisecond, "sh", "-c", "sleep 1000 & sleep 1000"),
		onBell(patience, "sh", "-c", `cat >"$0"; exit 5`, told))
	sessions.events <- bell(7)
	log.await(t, `msg="a hook was killed because it took too long" hook=1 event=bell`)
	log.await(t, `msg="a hook failed" hook=2 event=bell program=sh error="exit status 5"`)
	stop()
	if got, err := os.ReadFile(told); string(got) != "event 7\n" {
		t.Errorf("the hook was told %q, %v", got, err)
	}
}

// TestDeadDisk: a hook whose program is on a disk that does not answer holds up neither
// other hooks nor the end of the server.
func TestDeadDisk(t *testing.T) {
	dir := t.TempDir()
	hangs, told := filepath.Join(dir, "hangs"), filepath.Join(dir, "told")
	if err := os.WriteFile(hangs, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	sessions, log, stop := start(t, onBell(20*time.Millisecond, hangs), onBell(patience, "sh", "-c", `cat >"$0"; exit 5`, told))
	asked, answer := deaddisktest.Hang(t, hangs)
	sessions.events <- bell(7)
	asked()
	log.await(t, `msg="a hook does not run" hook=1 event=bell error="`+hangs+` is on a disk that does not answer: context deadline exceeded"`)
	log.await(t, `msg="a hook failed" hook=2 event=bell program=sh error="exit status 5"`)
	stop()
	answer()
}

// TestMissing: a program that is not there is a word in the log.
func TestMissing(t *testing.T) {
	sessions, log, _ := start(t, onBell(patience, "nosuchprogram"))
	sessions.events <- bell(1)
	log.await(t, "nosuchprogram")
}

// TestFlood: with hooks that do not end, events still come at once, and what is too
// much is left out.
func TestFlood(t *testing.T) {
	sessions, log, stop := start(t, onBell(patience, "sleep", "1000"), onBell(patience, "sleep", "1000"))
	for n := range 10 * burst {
		sessions.events <- bell(n) // nobody waits for a hook
	}
	log.await(t, "too many hooks are waiting")
	stop() // which kills those that run, and starts no other
	log.await(t, "a hook was killed because the server leaves")
	log.await(t, "a hook does not run because the server leaves")
}

// TestOutput: a hook that prints without an end fills nothing.
func TestOutput(t *testing.T) {
	sessions, log, _ := start(t, onBell(patience, "sh", "-c", "head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2; exit 9"))
	sessions.events <- bell(1)
	log.await(t, "exit status 9")
	if len(log.all) > 1000 {
		t.Errorf("the log has %d bytes", len(log.all))
	}
}

func TestBudget(t *testing.T) {
	log := &lines{more: make(chan struct{}, 1)}
	logger := slog.New(slog.NewTextHandler(log, nil))
	var b budget
	now := time.Unix(100, 0)
	b.left = burst
	started := 0
	for range 3 * burst {
		if b.take(now) {
			started++
		} else {
			b.leaveOut(logger, 1, "it started too often")
		}
	}
	if started != burst {
		t.Errorf("it started %d times in a row, want %d", started, burst)
	}
	now = now.Add(2*refill + refill/2)
	if first, second, third := b.take(now), b.take(now), b.take(now); !first || !second || third {
		t.Error("two starts are due after two and a half seconds")
	}
	b.goOn(logger, 1)
	if want := fmt.Sprintf("left_out=%d", 2*burst); strings.Count(log.all, "left out") != 1 || !strings.Contains(log.all, want) {
		t.Errorf("the log says\n%swant one line and %s", log.all, want)
	}
}

// TestHidden: what a program told before its session could be seen, and what was told
// of one that was forgotten at its end, counts as that session's.
func TestHidden(t *testing.T) {
	web, err := selector.Parse("project=web")
	if err != nil {
		t.Fatal(err)
	}
	hook := Hook{On: []exec.EventKind{exec.EventBell, exec.EventEnded}, Run: []string{"sh", "-c", `exit "$(cat | tr -cd 0-9)"`}, Label: web, Timeout: patience}
	sessions, log, _ := start(t, hook)
	sessions.about.Labels = map[string]string{"project": "web"}
	sessions.hidden.Store(true)
	sessions.events <- bell(3)
	sessions.hidden.Store(false)
	sessions.events <- exec.Event{Number: 4, Time: time.Unix(1, 0), Kind: exec.EventCreated}
	log.await(t, "exit status 3")
	sessions.hidden.Store(true)
	sessions.events <- exec.Event{Number: 5, Time: time.Unix(1, 0), Kind: exec.EventEnded}
	log.await(t, "exit status 5")
}
