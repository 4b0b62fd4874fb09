package exec

import (
	"context"
	"errors"
	"sync"
	"time"
)

// maxInput is how many typed bytes wait for a program that does not read.
// Beyond it the stream that they come from waits.
const maxInput = 1 << 20

// inputQueue carries what clients type to a session's program, in order. What
// the terminal does not take at once waits in it, for a writer that runs only
// meanwhile.
type inputQueue struct {
	to     ptyFile
	polled bool            // to does not block
	wg     *sync.WaitGroup // counts the writer

	mu      sync.Mutex // guards the fields below
	pending []byte
	writing bool
	room    chan struct{} // closed when pending was taken
	closed  bool
	pieces  int64  // how many needed more than one write
	piece   int64  // that is in the midst of being written; 0 if none
	late    []byte // what came meanwhile and waits for nothing: answers, and keys that had room
}

func newInputQueue(to ptyFile, polled bool, wg *sync.WaitGroup) *inputQueue {
	return &inputQueue{to: to, polled: polled, wg: wg, room: make(chan struct{})}
}

// write queues data; it waits while the queue is full, until ctx ends or the
// queue is closed, and says which if not all was taken.
func (q *inputQueue) write(ctx context.Context, data []byte) error {
	_, err := q.writeSome(ctx, data)
	return err
}

// writeSome is write that tells how much was taken. Nothing that others write comes
// into the middle of it.
func (q *inputQueue) writeSome(ctx context.Context, data []byte) (taken int, err error) {
	piece := int64(0) // this call's own, once there is not room for all
	defer func() { q.endPiece(piece) }()
	for taken < len(data) {
		n, own, room := q.putPiece(piece, data[taken:])
		piece = own
		taken += n
		switch {
		case taken == len(data):
			return taken, nil
		case room == nil:
			return taken, errInputClosed
		}
		select {
		case <-room:
		case <-ctx.Done():
			return taken, ctx.Err()
		}
	}
	return taken, nil
}

// putPiece queues as much of a piece as there is room for: until endPiece nobody
// else's input is taken if that is not all of it. A piece that has no number yet
// gets one then.
func (q *inputQueue) putPiece(piece int64, data []byte) (n int, own int64, room <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return 0, piece, nil
	case q.piece != 0 && q.piece != piece:
		return 0, piece, q.room
	}
	n = q.add(data, q.left())
	if q.closed { // the terminal is gone
		return 0, piece, nil
	}
	if n < len(data) && q.piece == 0 {
		q.pieces++
		q.piece = q.pieces
		piece = q.piece
	}
	return n, piece, q.room
}

// endPiece lets others write behind a piece, or behind what was taken of it: first
// the answers that came meanwhile.
func (q *inputQueue) endPiece(piece int64) {
	if piece == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.piece != piece || q.closed {
		return
	}
	q.piece = 0
	late := q.late
	q.late = nil
	if q.add(late, len(late)); q.closed { // the terminal is gone, and room is closed
		return
	}
	close(q.room)
	q.room = make(chan struct{})
}

var errInputClosed = errors.New("the terminal takes no more input")

// free returns how many bytes write takes without waiting.
func (q *inputQueue) free() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return maxInput
	}
	if q.piece != 0 {
		return 0
	}
	return maxInput - len(q.pending)
}

// take is push if data must be taken now, else write.
func (q *inputQueue) take(ctx context.Context, data []byte, now bool) error {
	if now {
		return q.push(data)
	}
	return q.write(ctx, data)
}

// push is write for what free had room for. It does not wait, although others may
// have typed since: the queue then holds a little more than maxInput, by no more than
// each client types at once.
func (q *inputQueue) push(data []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.piece != 0 && !q.closed { // began since
		q.late = append(q.late, data...)
		return nil
	}
	if n := q.add(data, len(data)); n < len(data) {
		return errInputClosed
	}
	return nil
}

// put queues an answer of the model's, as much as there is room for. It does not
// wait, and comes behind a piece that is being written.
func (q *inputQueue) put(answer []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.piece == 0 {
		q.add(answer, q.left())
	} else if len(q.late)+len(answer) <= maxInput {
		q.late = append(q.late, answer...)
	}
}

// left is how much the queue has room for. The caller holds mu.
func (q *inputQueue) left() int { return max(0, maxInput-len(q.pending)) }

// add writes data, or as much of the rest as there is room for has the writer write
// it, and returns how much that was. The caller holds mu.
func (q *inputQueue) add(data []byte, room int) int {
	if q.closed {
		return 0
	}
	now := 0
	if q.polled && !q.writing { // as nearly always: nobody has to be woken
		var err error
		if now, err = q.to.TryWrite(data); err != nil {
			q.shut()
			return 0
		}
	}
	n := min(len(data)-now, room)
	q.pending = append(q.pending, data[now:now+n]...)
	if !q.writing && n > 0 {
		q.writing = true
		q.wg.Go(q.drain)
	}
	return now + n
}

// settle waits until nothing is pending, but no longer than a time.
func (q *inputQueue) settle(most time.Duration) {
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	for {
		q.mu.Lock()
		done, room := !q.writing || q.closed, q.room
		q.mu.Unlock()
		if done {
			return
		}
		select {
		case <-room:
		case <-time.After(time.Millisecond): // the last piece is on its way
		case <-deadline.C:
			return
		}
	}
}

// drain writes until nothing is pending. A write that fails loses its bytes:
// the terminal is gone, and the session's end tells so.
func (q *inputQueue) drain() {
	for {
		data, ok := q.next()
		if !ok {
			return
		}
		if _, err := q.to.Write(data); err != nil {
			q.close()
		}
	}
}

func (q *inputQueue) next() ([]byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.pending) == 0 || q.closed {
		q.writing = false
		return nil, false
	}
	data := q.pending
	q.pending = nil
	close(q.room)
	q.room = make(chan struct{})
	return data, true
}

// close drops what is pending and lets every waiting write return.
func (q *inputQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shut()
}

// shut is close for a caller that holds mu.
func (q *inputQueue) shut() {
	if q.closed {
		return
	}
	q.closed = true
	q.pending = nil
	close(q.room)
}
