package exec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
)

// follower reads a log of that many bytes as it grows.
func follower(t *testing.T, capacity int) (*outlog.Log, *logPieces) {
	l := outlog.NewHeap(capacity)
	p := &logPieces{log: l, life: t.Context(), until: outlog.Nowhere}
	p.newReader(0, outlog.ReaderOptions{Patience: time.Minute})
	return l, p
}

// mustNext returns the next piece, and how long it took to come.
func (l *logPieces) mustNext(t *testing.T, buf []byte) (data []byte, took time.Duration) {
	t.Helper()
	began := time.Now()
	p, err := l.next(t.Context(), buf)
	if err != nil {
		t.Fatal(err)
	}
	return p.Data, time.Since(began)
}

// TestFloodIsGathered: behind a large piece more is waited for, for as long as a person
// does not see; a few bytes come at once.
func TestFloodIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := follower(t, 1<<20)
		flood := func(pieces int, every time.Duration) {
			for range pieces {
				time.Sleep(every)
				l.Append(0, make([]byte, 4000))
			}
		}
		l.Append(0, make([]byte, 4000))
		if data, took := p.mustNext(t, nil); len(data) != 4000 || took != 0 {
			t.Errorf("first come %d bytes after %v", len(data), took)
		}
		go flood(50, 100*time.Microsecond) // enough in a few milliseconds
		if data, took := p.mustNext(t, nil); len(data) < maxPiece || took > 4*time.Millisecond {
			t.Errorf("of a flood come %d bytes after %v", len(data), took)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		for p.reader.Lag() > 0 {
			p.mustNext(t, nil)
		}
		go flood(50, time.Millisecond)
		if data, took := p.mustNext(t, nil); len(data) < 4*4000 || len(data) > 6*4000 || took != gatherFor {
			t.Errorf("of what comes slower come %d bytes after %v", len(data), took)
		}
		time.Sleep(time.Second)
		for p.reader.Lag() > 0 {
			p.mustNext(t, nil)
		}
		p.flows = false
		for range 5 { // as somebody types
			go func() {
				time.Sleep(time.Second)
				l.Append(0, []byte("x"))
			}()
			if data, took := p.mustNext(t, nil); len(data) != 1 || took != time.Second {
				t.Errorf("of what is typed come %d bytes after %v", len(data), took)
			}
		}
	})
}

// TestGatheringEnds: with the output, and with whoever reads; and a log that holds
// little keeps no program waiting for it.
func TestGatheringEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := follower(t, 0)
		l.Append(0, make([]byte, 5000))
		p.mustNext(t, nil)
		began := time.Now()
		go l.Close()
		if _, err := p.next(t.Context(), nil); !errors.Is(err, io.EOF) || time.Since(began) != 0 {
			t.Errorf("at the end: %v after %v", err, time.Since(began))
		}

		l, p = follower(t, 0)
		l.Append(0, make([]byte, 5000))
		p.mustNext(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := p.next(ctx, nil); !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
			t.Errorf("told to end: %v after %v", err, time.Since(began))
		}

		l, p = follower(t, 0)
		l.Append(0, make([]byte, 5000))
		p.mustNext(t, nil)
		go func() { l.Append(0, make([]byte, 3*outlog.MinCapacity)); l.Close() }()
		got := 0
		for {
			piece, err := p.next(t.Context(), nil)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += len(piece.Data)
		}
		if got != 3*outlog.MinCapacity || time.Since(began) > gatherFor {
			t.Errorf("%d bytes of a log that holds %d came after %v", got, outlog.MinCapacity, time.Since(began))
		}
	})
}

// TestPiecesInOneMemory: a reader that lends its memory gets the same, in there.
func TestPiecesInOneMemory(t *testing.T) {
	l, p := follower(t, 1<<20)
	want := bytes.Repeat([]byte("0123456789"), 30000)
	l.Append(0, want)
	l.Close()
	buf := make([]byte, 1000)
	var got []byte
	for len(got) < len(want) {
		data, _ := p.mustNext(t, buf)
		if &data[0] != &buf[0] {
			t.Fatal("a piece is in other memory")
		}
		got = append(got, data...)
	}
	if !bytes.Equal(got, want) {
		t.Error("what came is not what was printed")
	}
}
