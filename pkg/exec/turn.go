package exec

import (
	"context"

	"github.com/xsh-project/xsh/internal/vt"
)

// resizeAt is a new size, from an offset of the output on.
type resizeAt struct {
	offset int64
	size   Size
}

// turn is what the terminal showed where its size changed, for a client that
// takes no part in that.
type turn struct {
	offset int64
	size   vt.Size // before it
	plain  []byte  // brings the client's terminal to a plain state
	mark   vt.Mark // of what it then shows
}

// maxTurns bounds those that are kept: clients look for theirs at once.
const maxTurns = 4

// maxResizes bounds the sizes that wait for a model that is behind.
const maxResizes = 64

// resize notes that output from now on is made for another size.
func (sc *screen) resize(size Size) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	end := sc.log.turn()
	if sc.broken {
		return
	}
	if sc.offset >= end && len(sc.resizes) == 0 {
		sc.setSize(size)
		sc.wake()
		return
	}
	if len(sc.resizes) == maxResizes {
		sc.resizes = sc.resizes[1:]
	}
	sc.resizes = append(sc.resizes, resizeAt{end, size})
}

// sized is snapshot in the session's size: one that waits for its output counts
// at once.
func (sc *screen) sized() (*vt.Snapshot, int64) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if n := len(sc.resizes); n > 0 && !sc.broken {
		sc.setSize(sc.resizes[n-1].size)
		sc.resizes = nil
	}
	return sc.shown()
}

// settle waits until the model has the session's size by itself, so that it
// takes every byte in the size that it was written for; sc may be nil.
func (sc *screen) settle(ctx context.Context) {
	if sc == nil {
		return
	}
	sc.mu.Lock()
	n, last := len(sc.resizes), int64(0)
	if n > 0 {
		last = sc.resizes[n-1].offset
	}
	sc.mu.Unlock()
	if n > 0 {
		sc.await(ctx, last) // else it is resized at once
	}
}

// setSize resizes the model at once. The caller holds mu.
func (sc *screen) setSize(size Size) {
	err := guard("the screen model", func() error { sc.turn(size); return nil })
	sc.broken = err != nil
}

// turn resizes the model, and keeps what it showed.
func (sc *screen) turn(size Size) {
	if len(sc.turns) == maxTurns {
		sc.turns = sc.turns[1:]
	}
	snap := sc.model.Snapshot()
	sc.turns = append(sc.turns, turn{sc.offset, snap.Size(), snap.AppendPlain(nil), snap.Mark()})
	sc.model.Resize(vt.Size(size))
}

// turnFrom returns the turn from a size at an offset, if the model made it there.
func (sc *screen) turnFrom(size Size, offset int64) (turn, bool) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for _, t := range sc.turns {
		if t.offset == offset && t.size == vt.Size(size) {
			return t, true
		}
	}
	return turn{}, false
}
