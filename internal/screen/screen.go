package screen

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/internal/vt"
)

// Config says how a screen begins and whom it tells.
type Config struct {
	Size    vt.Size
	History int // lines of scrollback; 0 is the model's default, negative none
	// Budget, if not nil, bounds the history together with that of other screens.
	// Whoever made the screen calls Forget in the end.
	Budget *Budget

	// Asked is handed what the program asked its terminal, and the offset of
	// the output behind that. No lock is held.
	Asked func(asked []Query, before int64)
	// Adopted says that the log was another server's. Whoever made the screen then
	// calls Catch; before that the model takes nothing in.
	Adopted bool
	// Begin, if set, makes a new model of Size show what the terminal showed at
	// BeginOffset. It is called once, by whoever first needs the model, with the
	// screen's lock held.
	Begin       func(*vt.Terminal)
	BeginOffset int64
	// HeardBefore is an offset: what the program asked its terminal before it was
	// answered by the other server, and is not handed to Asked again.
	HeardBefore int64

	// Store, if set, is handed the screen from time to time, at the latest when
	// the program has printed StoreEvery bytes since. No lock is held. Before that
	// KeepHistory is handed the blocks of its history, with the screen's lock held:
	// it must not wait. If it is nil, the screen comes with its history.
	Store       func(kept vt.Kept, offset int64)
	StoreEvery  int64
	KeepHistory func(blocks []vt.Block)

	// Failed is told of a fault in the model, which is not used from then on.
	Failed func(error)
	// Go runs f in a goroutine and counts it; whoever made the screen waits
	// for it behind the log's end.
	Go func(f func())
	// Effects are the model's, but for Reply. They are called with the screen's
	// lock held and must not wait.
	Effects vt.Effects
}

// Query is a question of the program to its terminal, with the answer that the
// model gives.
type Query struct {
	Kind   termin.QueryKind
	Answer []byte
}

// Screen is a model that follows a log. All methods may be called concurrently;
// a nil Screen is one that has failed.
type Screen struct {
	log    *outlog.Log
	reader *outlog.Reader
	cfg    Config

	awaited   chan struct{} // has one when somebody waits for the model
	following sync.Mutex    // guards the next two
	running   bool          // somebody takes in what the log has
	queued    bool          // Catch is to come first

	storing sync.Mutex // one store at a time; taken before mu

	weight weight

	frameEvery int64 // immutable: how much output is between keyframes
	later      int64 // immutable: how much output may wait while more comes at once

	mu       sync.Mutex   // guards the fields below; the log's is taken inside it
	model    *vt.Terminal // which drawn returns
	begun    bool         // the model is where it begins
	offset   int64        // of the output that the model has taken in
	told     int64        // and of that whose questions were handed over
	stored   int64        // offset of the screen that was stored last
	sizes    int64        // number of the size change that it made last
	changes  []BeforeChange
	frames   []Keyframe // ascending
	asked    []Query    // of this write
	broken   bool
	watchers map[chan struct{}]struct{}
}

const (
	// chunk is how many bytes the model takes in at once. The lock is held
	// meanwhile, which is what an attach may have to wait for.
	chunk = 32 << 10

	// atOnce is how much output the model takes in the goroutine that appended
	// it: what a key's echo and a prompt take. More would hold up the reading
	// of the program.
	atOnce = 512

	// mostLater is how much output the model leaves for later while more comes at
	// once: for each piece of a flood a thread would have to be woken.
	mostLater = 128 << 10
)

// buffers are shared: most sessions are idle.
var buffers = sync.Pool{New: func() any { return new([chunk]byte) }}

// New returns the screen of a log, which is empty or another server's.
func New(log *outlog.Log, cfg Config) *Screen {
	s := &Screen{log: log, cfg: cfg, watchers: make(map[chan struct{}]struct{}), awaited: make(chan struct{}, 1), queued: cfg.Adopted}
	effects := cfg.Effects
	effects.Reply = func(answer []byte) {
		s.asked = append(s.asked, Query{termin.AnswerKind(answer), append([]byte(nil), answer...)})
	}
	s.model = vt.New(cfg.Size, vt.Config{Scrollback: cfg.History, Effects: effects})
	s.placeBeginning()
	s.later = int64(min(mostLater, log.Capacity()/4))
	s.reader = log.NewReader(s.offset, outlog.ReaderOptions{Must: true, Eager: s.appended})
	return s
}

// fail gives up a model that failed. The caller holds mu.
func (s *Screen) fail(err error) {
	s.broken = true
	s.cfg.Go(func() { s.giveUp(err) })
}

// appended takes in what was just appended, or sees to it that it will be.
func (s *Screen) appended() bool {
	s.following.Lock()
	defer s.following.Unlock()
	if s.running || s.queued { // whoever is at it, or will be, looks again before it stops
		return true
	}
	if s.log.Flowing() && s.reader.Lag() < s.later {
		return true
	}
	if s.reader.Lag() <= atOnce {
		s.catchUp()
	}
	if s.reader.Lag() > 0 && s.Works() {
		s.running = true
		s.cfg.Go(s.follow)
	}
	return true
}

// follow takes in what there is and ends.
func (s *Screen) follow() {
	for {
		s.catchUp()
		s.following.Lock()
		if s.reader.Lag() == 0 || !s.Works() {
			s.running = false
			s.following.Unlock()
			return
		}
		s.following.Unlock()
	}
}

// Ended tells the screen that the log has ended: those who watch look once more.
func (s *Screen) Ended() {
	if s != nil {
		s.tell()
	}
}

func (s *Screen) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wake()
}

// wake wakes those who watch. The caller holds mu.
func (s *Screen) wake() {
	for w := range s.watchers {
		offer(w)
	}
}

func offer(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// catchUp takes in all that the log has.
func (s *Screen) catchUp() {
	buf := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buf)
	for {
		n, _, _, _, err := s.reader.Peek(len(buf))
		if n == 0 && err == nil {
			return
		}
		var asked []Query
		var before int64
		if err == nil {
			asked, before, err = s.take(buf[:n])
		}
		switch {
		case err == errStopped:
			return
		case err != nil:
			s.giveUp(err)
			return
		}
		if len(asked) > 0 && before > s.cfg.HeardBefore {
			s.cfg.Asked(asked, before)
		}
		s.mu.Lock()
		s.told = before
		store := s.cfg.Store != nil && s.offset-s.stored >= s.cfg.StoreEvery
		s.wake()
		s.mu.Unlock()
		if store {
			s.StoreNow()
		}
	}
}

// take has the model take in some of the bytes that p has room for: others have
// their turn when that was much work. The reader moves on when the model has them,
// so that what a snapshot continues with is held.
func (s *Screen) take(p []byte) (asked []Query, before int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn(); s.broken {
		return nil, s.offset, errStopped
	}
	err = guard(func() error {
		n, _, _, err := s.reader.Copy(p)
		if err == nil {
			s.reader.Skip(s.write(p[:n]))
			s.keep()
			s.weigh()
		}
		return err
	})
	asked, s.asked = s.asked, nil
	return asked, s.offset, err
}

// guard runs f and turns a panic of the model into an error that says where.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the screen model panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// write gives output to the model, each part in the size that it was made for,
// and returns how much the model took before it had done much work.
func (s *Screen) write(p []byte) (taken int) {
	for _, c := range s.log.SizeChanges(s.sizes) {
		if s.offset < c.Offset {
			p = p[:min(int64(len(p)), c.Offset-s.offset)]
			break
		}
		s.change(c)
	}
	taken = s.drawn().WriteSome(p)
	s.offset += int64(taken)
	for _, c := range s.log.SizeChanges(s.sizes) {
		if s.offset < c.Offset {
			break
		}
		s.change(c)
	}
	return taken
}

// giveUp stops using a model that failed; output no longer waits for it.
func (s *Screen) giveUp(err error) {
	s.Stop()
	s.Forget()
	if s.cfg.Failed != nil {
		s.cfg.Failed(err)
	}
}

// Snapshot returns what the terminal shows, and the offset of the output that
// goes on from there. It returns nil if there is no model any more.
func (s *Screen) Snapshot() (*vt.Snapshot, int64) {
	if s == nil {
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown()
}

// shown is Snapshot for a caller that holds mu.
func (s *Screen) shown() (*vt.Snapshot, int64) {
	model := s.drawn()
	if model == nil {
		return nil, 0
	}
	return model.Snapshot(), s.offset
}

// InputModes returns what the program asks its terminal to send.
func (s *Screen) InputModes() vt.InputModes {
	if s == nil {
		return vt.InputModes{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	model := s.drawn()
	if model == nil {
		return vt.InputModes{}
	}
	return model.InputModes()
}

// EffectOffset returns, to one of Config.Effects while it is called, the offset
// behind what the effect is for; 0 if that is what another server stored.
func (s *Screen) EffectOffset() int64 {
	if !s.begun {
		return 0
	}
	return s.offset + int64(s.model.Taken())
}

// ClearHistory forgets the lines that left the screen.
func (s *Screen) ClearHistory() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if model := s.drawn(); model != nil {
		model.ClearHistory()
		s.stored = -1 // what is stored has it still
		s.wake()
	}
}

// AwaitWhole waits until the program is not in the middle of an image or another
// long string, of which a terminal that joins now would see the end alone. It
// waits until ctx ends, and for no longer than the program goes on with it.
func (s *Screen) AwaitWhole(ctx context.Context) {
	if !s.inTransfer() {
		return
	}
	changed, end := s.Watch()
	defer end()
	for s.inTransfer() {
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Screen) inTransfer() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	model := s.drawn()
	return model != nil && model.InTransfer()
}

// Works reports whether there is a model.
func (s *Screen) Works() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.broken
}

// Position returns the offset that the model has reached.
func (s *Screen) Position() int64 {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offset
}

// Watch returns a channel that receives when the model has changed, first at
// once, and how to end that.
func (s *Screen) Watch() (changed chan struct{}, end func()) {
	changed = make(chan struct{}, 1)
	changed <- struct{}{}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[changed] = struct{}{}
	return changed, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, changed)
	}
}

// ErrFailed is returned by Await when there is no model any more.
var ErrFailed = errors.New("there is no screen model any more")

// Await returns once the model has taken in the output before offset, and what
// the program asked there was handed over.
func (s *Screen) Await(ctx context.Context, offset int64) error {
	if s == nil {
		return ErrFailed
	}
	if done, err := s.knows(offset); done { // as nearly always
		return err
	}
	offer(s.awaited)
	changed, end := s.Watch()
	defer end()
	for {
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
		if done, err := s.knows(offset); done {
			return err
		}
	}
}

func (s *Screen) knows(offset int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return true, ErrFailed
	}
	return s.told >= offset, nil
}

// errStopped ends the work of a model that was stopped.
var errStopped = errors.New("the screen model was stopped")

// Stop has the model take in no more than the piece that it is at, and has nobody
// wait for it. It is for a manager that leaves and does not wait for what a program
// printed at last.
func (s *Screen) Stop() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.broken = true
	s.wake()
	s.mu.Unlock()
	s.reader.Close()
}

// Break has the model fail at what comes next, for tests of what then goes on
// without it.
func (s *Screen) Break() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.model = nil
}
