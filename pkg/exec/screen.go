package exec

import (
	"context"
	"errors"
	"sync"

	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/internal/vt"
)

// screen is the model of a session's terminal. A goroutine of its own follows
// the log with it, off the path of the output; output waits for it only where
// the ring would otherwise overrun it.
type screen struct {
	log    *outputLog
	reader *logReader

	mu       sync.Mutex // guards the fields below; taken after session.mu
	model    *vt.Terminal
	offset   int64 // of the output that the model has taken in
	told     int64 // and of that whose questions were handed over
	resizes  []resizeAt
	turns    []turn  // the last ones
	asked    []query // of this write
	broken   bool    // the model failed; it is not used any more
	watchers map[chan struct{}]struct{}
}

// query is a question of the program to its terminal, with the answer that the
// model gives.
type query struct {
	kind   termin.QueryKind
	answer []byte
}

// followChunk is how many bytes the model takes in at once. The lock is held
// meanwhile, which is what an attach may have to wait for.
const followChunk = 32 << 10

// followBuffers are shared: most sessions are idle.
var followBuffers = sync.Pool{New: func() any { return new([followChunk]byte) }}

func newScreen(log *outputLog, size Size, history int) *screen {
	sc := &screen{log: log, watchers: make(map[chan struct{}]struct{})}
	sc.reader = log.reader(0)
	sc.reader.must = true
	sc.model = vt.New(vt.Size(size), vt.Config{
		Scrollback: history,
		Effects: vt.Effects{Reply: func(answer []byte) {
			sc.asked = append(sc.asked, query{termin.AnswerKind(answer), append([]byte(nil), answer...)})
		}},
	})
	return sc
}

// follow keeps the model up with the log until that has ended. What the
// program asked its terminal is handed to answer, with the offset before which
// it did.
func (sc *screen) follow(answer func(asked []query, before int64)) error {
	defer sc.tell() // that there will be no more
	defer sc.reader.close()
	for range sc.reader.wake {
		ended, err := sc.catchUp(answer)
		if err != nil {
			sc.giveUp()
			return err
		}
		if ended {
			break
		}
	}
	return nil
}

// tell wakes those who watch.
func (sc *screen) tell() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.wake()
}

// wake is tell for a caller that holds mu.
func (sc *screen) wake() {
	for w := range sc.watchers {
		offer(w)
	}
}

// catchUp takes in what there is and reports whether that was all.
func (sc *screen) catchUp(answer func([]query, int64)) (ended bool, err error) {
	buf := followBuffers.Get().(*[followChunk]byte)
	defer followBuffers.Put(buf)
	for {
		n, _, _, ended, err := sc.reader.peek(len(buf))
		if n == 0 || err != nil {
			return ended, err
		}
		// The reader moves on when the model has, so that what a snapshot
		// continues with is still held.
		asked, before, err := sc.take(buf[:n])
		if err != nil {
			return false, err
		}
		if len(asked) > 0 {
			answer(asked, before)
		}
		sc.mu.Lock()
		sc.told = before
		sc.wake()
		sc.mu.Unlock()
	}
}

// take has the model take in as many bytes as p has room for.
func (sc *screen) take(p []byte) (asked []query, before int64, err error) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	err = guard("the screen model", func() error {
		n, _, err := sc.reader.read(p)
		if err != nil {
			return err
		}
		sc.write(p[:n])
		return nil
	})
	asked, sc.asked = sc.asked, nil
	return asked, sc.offset, err
}

// write gives output to the model, each part in the size that it was made for.
func (sc *screen) write(p []byte) {
	for len(sc.resizes) > 0 {
		r := sc.resizes[0]
		n := min(int64(len(p)), max(0, r.offset-sc.offset))
		sc.model.Write(p[:n])
		sc.offset += n
		p = p[n:]
		if sc.offset < r.offset {
			return
		}
		sc.turn(r.size)
		sc.resizes = sc.resizes[1:]
	}
	sc.model.Write(p)
	sc.offset += int64(len(p))
}

// giveUp stops using a model that failed.
func (sc *screen) giveUp() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.broken = true
	sc.wake()
}

// snapshot returns what the terminal shows, and the offset of the output that
// goes on from there. It returns nil if there is no model any more.
func (sc *screen) snapshot() (*vt.Snapshot, int64) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.shown()
}

// shown is snapshot for a caller that holds mu.
func (sc *screen) shown() (*vt.Snapshot, int64) {
	if sc.broken {
		return nil, 0
	}
	return sc.model.Snapshot(), sc.offset
}

var errBroken = errors.New("there is no screen model any more")

// works reports whether there is a model; sc may be nil.
func (sc *screen) works() bool {
	if sc == nil {
		return false
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return !sc.broken
}

// position returns the offset that the model has reached.
func (sc *screen) position() int64 {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.offset
}

// watch returns a channel that receives when the model has changed, first at
// once, and how to end that.
func (sc *screen) watch() (changed chan struct{}, end func()) {
	changed = make(chan struct{}, 1)
	changed <- struct{}{}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.watchers[changed] = struct{}{}
	return changed, func() {
		sc.mu.Lock()
		defer sc.mu.Unlock()
		delete(sc.watchers, changed)
	}
}

// await returns once the model has taken in the output before offset, and what
// the program asked there was handed over.
func (sc *screen) await(ctx context.Context, offset int64) error {
	changed, end := sc.watch()
	defer end()
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
		sc.mu.Lock()
		done, broken := sc.told >= offset, sc.broken
		sc.mu.Unlock()
		if broken {
			return errBroken
		}
		if done {
			return nil
		}
	}
}
