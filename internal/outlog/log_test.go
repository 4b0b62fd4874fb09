package outlog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// all takes all that a reader can, and fails the test with an error.
func (r *Reader) all(t *testing.T) string {
	t.Helper()
	var got []byte
	for {
		data, _, _, _, err := r.Next(1000)
		if err != nil {
			t.Fatalf("read at %d: %v", r.Position(), err)
		}
		if len(data) == 0 {
			return string(got)
		}
		got = append(got, data...)
	}
}

// full is a log of the least capacity that is full.
func full() *Log {
	l := NewHeap(0)
	l.Append(0, make([]byte, MinCapacity))
	return l
}

func TestReadersReadAtTheirOwnPace(t *testing.T) {
	l := NewHeap(0)
	a := l.NewReader(0, ReaderOptions{})
	l.Append(0, []byte("one "))
	b := l.NewReader(4, ReaderOptions{})
	l.Append(0, []byte("two"))
	if got := b.all(t); got != "two" {
		t.Errorf("from 4 on: %q", got)
	}
	if n, at, _, ended, err := a.Peek(3); n != 3 || at != 0 || ended || err != nil || a.Position() != 0 || a.Lag() != 7 {
		t.Errorf("peek: %d at %d, %v, %v", n, at, ended, err)
	}
	if got := a.all(t); got != "one two" {
		t.Errorf("from 0 on: %q", got)
	}
	a.MoveTo(2, true)
	p := make([]byte, 3)
	if n, at, _, err := a.Copy(p); n != 3 || at != 2 || string(p) != "e t" || err != nil || a.Position() != 2 {
		t.Errorf("copy: %q at %d, %v", p[:n], at, err)
	}
	a.Skip(1)
	if data, err := a.Until(6); string(data) != " tw" || err != nil || a.Position() != 6 {
		t.Errorf("until 6: %q, %v", data, err)
	}
	l.Close()
	l.Append(0, []byte("late"))
	if got := a.all(t); got != "o" || !l.Finished(7) || l.Finished(6) {
		t.Errorf("the end is %q", got)
	}
	if _, _, _, ended, _ := a.Next(10); !ended {
		t.Error("the end is not told")
	}
}

// TestWake: a reader is woken at first, by each append that it has not taken at
// once, and by the end.
func TestWake(t *testing.T) {
	l := NewHeap(0)
	takes := false
	calls := 0
	r := l.NewReader(0, ReaderOptions{Eager: func() bool {
		calls++
		return takes
	}})
	woken := func() bool {
		select {
		case <-r.Wake:
			return true
		default:
			return false
		}
	}
	if !woken() || woken() {
		t.Error("not woken once at first")
	}
	l.Append(0, []byte("x"))
	l.Append(0, []byte("y"))
	if !woken() || woken() || calls != 2 {
		t.Errorf("not woken once by what was not taken, in %d calls", calls)
	}
	takes = true
	l.Append(0, []byte("z"))
	if woken() || calls != 3 {
		t.Errorf("woken by what was taken, in %d calls", calls)
	}
	for name, f := range map[string]func(){
		"a move": func() { r.MoveTo(1, true) }, "a pass": r.Pass, "the end": l.Close,
	} {
		if f(); !woken() {
			t.Errorf("not woken by %s", name)
		}
	}
	r.Close()
	l.Append(0, []byte("z"))
	if calls != 3 {
		t.Error("called behind its Close")
	}
}

// TestClientsComeFirst: those that output must wait for are told last.
func TestClientsComeFirst(t *testing.T) {
	l := NewHeap(0)
	var order []string
	add := func(name string, must bool) {
		l.NewReader(0, ReaderOptions{Must: must, Eager: func() bool {
			order = append(order, name)
			return true
		}})
	}
	add("one", false)
	add("model", true)
	add("two", false)
	l.Append(0, []byte("x"))
	if !slices.Equal(order, []string{"one", "two", "model"}) {
		t.Errorf("told in the order %q", order)
	}
}

// TestPatience: output waits for a reader a tenth of a second for each time that
// it fills the ring, and then no more; many cost no more than one.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := full()
		var stuck []*Reader
		for range 5 {
			stuck = append(stuck, l.NewReader(0, ReaderOptions{}))
		}
		began := time.Now()
		l.Append(0, make([]byte, MinCapacity))
		if waited := time.Since(began); waited != patience {
			t.Errorf("a full ring waited %v for readers that are stuck", waited)
		}
		began = time.Now()
		l.Append(0, make([]byte, 10*MinCapacity))
		if waited := time.Since(began); waited != 0 {
			t.Errorf("output waited another %v", waited)
		}
		for _, r := range stuck {
			if _, _, _, _, err := r.Next(1); !errors.Is(err, ErrEvicted) {
				t.Errorf("a reader that lost output is told %v", err)
			}
			if _, err := r.Until(11 * MinCapacity); !errors.Is(err, ErrEvicted) {
				t.Errorf("until: %v", err)
			}
		}
		// One that has moved on is waited for again.
		_, end := l.Offsets()
		stuck[0].MoveTo(end, true)
		stuck[1].MoveTo(end, false) // output is not to wait for this one
		began = time.Now()
		l.Append(0, make([]byte, 2*MinCapacity))
		if waited := time.Since(began); waited != patience {
			t.Errorf("output waited %v for a reader that had come back", waited)
		}
	})
}

// TestOutputWaitsForReaders: what a reader does that it is waited for lets output
// go on at once, whatever that is.
func TestOutputWaitsForReaders(t *testing.T) {
	for name, move := range map[string]func(*Reader){
		"read":  func(r *Reader) { r.Next(MinCapacity) },
		"skip":  func(r *Reader) { r.Skip(MinCapacity) },
		"until": func(r *Reader) { r.Until(MinCapacity) },
		"move":  func(r *Reader) { r.MoveTo(MinCapacity, true) },
		"close": (*Reader).Close,
		"end":   func(r *Reader) { r.log.Close() },
	} {
		for _, must := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				l := full()
				r := l.NewReader(0, ReaderOptions{Must: must})
				appended := make(chan struct{})
				began := time.Now()
				go func() {
					l.Append(0, []byte("x"))
					close(appended)
				}()
				synctest.Wait()
				select {
				case <-appended:
					t.Errorf("%s, must=%v: output did not wait", name, must)
				default:
				}
				move(r)
				<-appended
				if waited := time.Since(began); waited != 0 {
					t.Errorf("%s, must=%v: output waited another %v", name, must, waited)
				}
			})
		}
	}
}

func TestMustIsWaitedForAsLongAsItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := full()
		r := l.NewReader(0, ReaderOptions{Must: true})
		appended := make(chan struct{})
		go func() {
			l.Append(0, make([]byte, 3*MinCapacity))
			close(appended)
		}()
		for range 3 * MinCapacity / 1000 {
			time.Sleep(time.Hour)
			if data, _, _, _, err := r.Next(1000); err != nil || len(data) == 0 {
				t.Fatalf("%d bytes, %v", len(data), err)
			}
		}
		select {
		case <-appended:
		default:
			r.Skip(int(r.Lag()))
			<-appended
		}
	})
}

// TestDrop: output that is dropped waits for nobody, also when it waits already,
// and readers have what came before.
func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := full()
		r := l.NewReader(0, ReaderOptions{Must: true})
		appended := make(chan struct{})
		go func() {
			l.Append(0, make([]byte, 3*MinCapacity))
			close(appended)
		}()
		synctest.Wait()
		_, before := l.Offsets()
		l.Drop()
		<-appended
		if _, end := l.Offsets(); end != before {
			t.Errorf("%d bytes came although they are dropped", end-before)
		}
		for r.Lag() > 0 {
			if data, _, _, _, err := r.Next(MinCapacity); err != nil || len(data) == 0 {
				t.Fatalf("%d bytes of what came before, %v", len(data), err)
			}
		}
		l.Close()
		if _, _, _, ended, _ := r.Next(1); !ended {
			t.Error("the reader does not know that the log has ended")
		}
	})
}

// TestSizeChangesStopReaders: no reader is given a byte of another size unawares,
// but for one that follows the sizes itself.
func TestSizeChangesStopReaders(t *testing.T) {
	l := NewHeap(0)
	r := l.NewReader(0, ReaderOptions{})
	model := l.NewReader(0, ReaderOptions{Must: true})
	l.Append(0, []byte("small"))
	if r.Stopped() != Nowhere {
		t.Error("stopped without a change")
	}
	if c := l.ChangeSize(Size{30, 90}); c != (SizeChange{1, 5, Size{30, 90}}) {
		t.Errorf("change %+v", c)
	}
	l.Append(0, []byte("LARGE"))
	l.ChangeSize(Size{31, 91}) // it stops at the first
	l.Append(0, []byte("!"))
	if got := r.all(t); got != "small" || r.Stopped() != 5 {
		t.Errorf("read %q, stopped at %d", got, r.Stopped())
	}
	if _, err := r.Until(11); !errors.Is(err, ErrEvicted) {
		t.Errorf("until behind a change: %v", err)
	}
	if got := model.all(t); got != "smallLARGE!" {
		t.Errorf("one that follows sizes was stopped: %q", got)
	}
	late := l.NewReader(0, ReaderOptions{}) // knows what sizes there were
	if got := late.all(t); got != "smallLARGE!" {
		t.Errorf("a later reader: %q", got)
	}
	r.MoveTo(3, true)
	if got := r.all(t); got != "ll" {
		t.Errorf("moved before the change: %q", got)
	}
	r.Pass()
	if got := r.all(t); got != "LARGE!" || r.Stopped() != Nowhere {
		t.Errorf("behind the change: %q", got)
	}
	if got := l.SizeChanges(1); len(got) != 1 || got[0].Number != 2 || got[0].Offset != 10 || l.Resizes() != 2 {
		t.Errorf("changes %+v", got)
	}
	for i := range 1000 {
		l.ChangeSize(Size{i, i})
	}
	if got := l.SizeChanges(0); len(got) != maxSizes || got[len(got)-1].Number != 1002 || l.Resizes() != 1002 {
		t.Errorf("%d changes are remembered", len(got))
	}
}

// TestSources: a read never mixes a program's two outputs, and what is remembered
// of them is bounded.
func TestSources(t *testing.T) {
	l := NewHeap(0)
	r := l.NewReader(0, ReaderOptions{})
	l.Append(0, []byte("out"))
	l.Append(1, []byte("err"))
	l.Append(1, []byte("or"))
	l.Append(0, []byte("put"))
	for _, want := range []struct {
		text   string
		source Source
	}{{"out", 0}, {"error", 1}, {"put", 0}} {
		data, _, source, _, err := r.Next(100)
		if string(data) != want.text || source != want.source || err != nil {
			t.Errorf("%q of source %d, %v", data, source, err)
		}
	}
	old := l.NewReader(0, ReaderOptions{})
	for i := range 3 * maxSources {
		l.Append(Source(i%2), []byte("x"))
	}
	if start, end := l.Offsets(); end-start > maxSources+1 || len(l.sources) > maxSources || l.Holds(0) || !l.Holds(start) || !l.Holds(end) || l.Holds(end+1) {
		t.Errorf("from %d to %d with %d sources", start, end, len(l.sources))
	}
	if _, _, _, _, err := old.Next(1); !errors.Is(err, ErrEvicted) {
		t.Errorf("what of the source is not known: %v", err)
	}
}

func TestUntilIsBounded(t *testing.T) {
	l := NewHeap(3 << 20)
	r := l.NewReader(0, ReaderOptions{})
	l.Append(0, make([]byte, maxUntil+1))
	if _, err := r.Until(maxUntil + 1); !errors.Is(err, ErrEvicted) {
		t.Errorf("too much at once: %v", err)
	}
	if data, err := r.Until(maxUntil); len(data) != maxUntil || err != nil {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// windows is a Store that output is read into directly.
type windows struct {
	Ring
	window []byte
}

func (w *windows) Window(n int) []byte {
	w.window = make([]byte, n)
	return w.window
}

func (w *windows) Publish(n int) { w.Append(w.window[:n]) }

// TestReadFrom: what is read lands in the log, wherever that has its bytes, and
// wakes the readers; nothing of it does behind the end.
func TestReadFrom(t *testing.T) {
	for name, l := range map[string]*Log{
		"the heap": NewHeap(0), "windows": New(&windows{Ring: NewRing(MinCapacity, Heap{})}),
	} {
		woken, told := 0, 0
		l.Appended = func() { told++ }
		r := l.NewReader(0, ReaderOptions{Eager: func() bool {
			woken++
			return true
		}})
		read := func(text string, fail error) func([]byte) (int, error) {
			return func(p []byte) (int, error) { return copy(p, text), fail }
		}
		broken := errors.New("broken")
		for _, tc := range []struct {
			text string
			fail error
		}{{"one ", nil}, {"", nil}, {"two", broken}, {"", broken}} {
			n, err := l.ReadFrom(1, read(tc.text, tc.fail), make([]byte, 100))
			if n != len(tc.text) || err != tc.fail {
				t.Errorf("%s: read %d, %v", name, n, err)
			}
		}
		if _, source, err := r.Read(make([]byte, 1)); source != 1 || err != nil {
			t.Errorf("%s: source %d, %v", name, source, err)
		}
		if got := r.all(t); got != "ne two" || woken != 2 || told != 2 {
			t.Errorf("%s: %q, in %d calls", name, got, woken)
		}
		l.Close()
		l.ReadFrom(1, read("late", nil), make([]byte, 100))
		if got := r.all(t); got != "" || woken != 2 {
			t.Errorf("%s: behind the end came %q", name, got)
		}
	}
}

// TestFlow: readers know that more comes at once, and whoever has left some for later
// is woken in the end.
func TestFlow(t *testing.T) {
	l := NewHeap(0)
	defer l.Close()
	var flowing []bool
	var lazy, quick *Reader
	lazy = l.NewReader(0, ReaderOptions{Eager: func() bool {
		flowing = append(flowing, l.Flowing())
		return true
	}})
	woken := 0
	quick = l.NewReader(0, ReaderOptions{Eager: func() bool {
		woken++
		quick.all(t)
		return true
	}})
	broken := errors.New("broken")
	err := l.Flow(func() error {
		for range 2 {
			l.ReadFrom(0, func(p []byte) (int, error) { return copy(p, "ab"), nil }, make([]byte, 10))
		}
		return broken
	})
	if err != broken || !slices.Equal(flowing, []bool{true, true, false}) || woken != 2 {
		t.Errorf("%v: the one reader saw %v, the other was woken %d times", err, flowing, woken)
	}
	lazy.all(t)
	l.Append(0, []byte("c"))
	if n := len(flowing); n != 4 || flowing[3] {
		t.Errorf("then it saw %v", flowing)
	}
}

// FuzzLog holds a log against a model of it that forgets nothing.
func FuzzLog(f *testing.F) {
	f.Add([]byte("0aaa1b2c3d4e5f6g7h8i9j"))
	f.Add([]byte{0, 255, 0, 255, 0, 255, 2, 9, 0, 255, 3, 5, 0, 255, 2, 255, 4, 0, 1, 200, 2, 255, 5, 3, 2, 255, 6, 1, 2, 2})
	f.Fuzz(func(t *testing.T, ops []byte) {
		l := NewHeap(0)
		var all []byte
		var sources []Source // of each byte
		stop := int64(Nowhere)
		r := l.NewReader(0, ReaderOptions{})
		r.MoveTo(0, false) // nobody else would let output go on
		at := int64(0)
		for ; len(ops) >= 2; ops = ops[2:] {
			n := int(ops[1])
			switch ops[0] % 7 {
			case 0, 1: // append to one of the outputs
				data := bytes.Repeat(fmt.Appendf(nil, "%d:", len(all)), n*20)
				l.Append(Source(ops[0]%7), data)
				all = append(all, data...)
				for range data {
					sources = append(sources, Source(ops[0]%7))
				}
			case 2: // read
				data, from, source, ended, err := r.Next(n * 50)
				start, _ := l.Offsets()
				if (at < start) != errors.Is(err, ErrEvicted) || ended || from != at {
					t.Fatalf("at %d of %d to %d: from %d, %v", at, start, len(all), from, err)
				}
				if err != nil {
					continue
				}
				want := int64(min(len(all), int(at)+n*50))
				if stop >= at {
					want = min(want, stop)
				}
				for i := at; i < want; i++ {
					if sources[i] != sources[at] {
						want = i
					}
				}
				if !bytes.Equal(data, all[at:want]) || len(data) > 0 && source != sources[at] {
					t.Fatalf("at %d came %d bytes, want %d", at, len(data), want-at)
				}
				at += int64(len(data))
			case 3: // a change of size
				l.ChangeSize(Size{n, n})
				if stop < at || stop > int64(len(all)) {
					stop = int64(len(all))
				}
			case 4:
				r.Pass()
				stop = Nowhere
			case 5: // back and forth
				at = int64(len(all)) * int64(n) / 255
				r.MoveTo(at, false)
				stop = max(stop, at)
			case 6: // all up to a place
				to := at + int64(n*30)
				if to > int64(len(all)) {
					to = int64(len(all))
				}
				start, _ := l.Offsets()
				fails := at < start || stop >= at && stop < to
				data, err := r.Until(to)
				if fails != errors.Is(err, ErrEvicted) || !fails && !bytes.Equal(data, all[at:max(at, to)]) {
					t.Fatalf("from %d until %d: %d bytes, %v", at, to, len(data), err)
				}
				at += int64(len(data))
			}
			held, end := l.All()
			if end != int64(len(all)) || len(held) > MinCapacity || !bytes.HasSuffix(all, held) {
				t.Fatalf("%d bytes are held up to %d", len(held), end)
			}
		}
	})
}

// TestEveryoneAtOnce: appends, readers that come and go, sizes; each reader reads
// what was written, without a gap that it is not told of.
func TestEveryoneAtOnce(t *testing.T) {
	l := NewHeap(0)
	const size = 2 << 20
	byteAt := func(offset int64) byte { return byte(offset ^ offset>>8) }
	var readers sync.WaitGroup
	read := func(r *Reader, wait func()) {
		defer r.Close()
		p := make([]byte, 3000)
		for {
			n, at, _, err := r.Copy(p)
			if errors.Is(err, ErrEvicted) {
				start, _ := l.Offsets()
				r.MoveTo(start, true)
				continue
			}
			for i := range n {
				if p[i] != byteAt(at+int64(i)) {
					t.Errorf("byte %d is not what was written", at+int64(i))
					return
				}
			}
			r.Skip(n)
			if n == 0 {
				if r.Stopped() <= r.Position() {
					r.Pass()
				}
				if l.Finished(r.Position()) {
					return
				}
				wait()
			}
		}
	}
	for range 4 {
		r := l.NewReader(0, ReaderOptions{})
		readers.Go(func() { read(r, func() { <-r.Wake }) })
	}
	must := l.NewReader(0, ReaderOptions{Must: true})
	readers.Go(func() { read(must, func() { <-must.Wake }) })
	var pushed atomic.Int64
	var eager *Reader
	ready := make(chan struct{})
	eager = l.NewReader(0, ReaderOptions{Eager: func() bool {
		<-ready
		n, _, _, _ := eager.Copy(make([]byte, 100))
		pushed.Add(int64(n))
		eager.Skip(n)
		return eager.Lag() == 0
	}})
	close(ready)
	readers.Go(func() { // come and go
		for !l.Finished(size) {
			start, _ := l.Offsets()
			r := l.NewReader(start, ReaderOptions{})
			r.Next(100)
			r.Close()
			l.ChangeSize(Size{1, int(start)})
			l.SizeChanges(0)
			time.Sleep(100 * time.Microsecond)
		}
	})
	data := make([]byte, 0, 5000)
	for at := int64(0); at < size; {
		data = data[:0]
		for range min(1+at%4999, size-at) {
			data = append(data, byteAt(at+int64(len(data))))
		}
		l.Append(0, data)
		at += int64(len(data))
	}
	l.Close()
	readers.Wait()
	eager.Close()
	if pushed.Load() == 0 {
		t.Error("nothing was taken at once")
	}
}
