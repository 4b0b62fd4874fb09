package exec

import (
	"context"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

// A program's question to its terminal is answered once. While the leader
// tails the log, the question reaches its terminal, and the answer comes back
// among what it types; from anybody else an answer is not let through. When
// nobody is there the screen model answers. The model sees every question, so
// the session knows which answers are due.

// dueQuery is a question that a client's terminal was asked.
type dueQuery struct {
	query
	of    *attachment
	asker int // the terminal's foreground process group then; 0 if not known
	at    time.Time
}

const (
	// maxDue bounds the questions that wait for a terminal.
	maxDue = 64

	// dueFor is how long a terminal may take to answer. Many do not know every
	// question.
	dueFor = 10 * time.Second

	// lateAnswer is how long after a question the model still answers it when
	// the client that was asked has left.
	lateAnswer = time.Second

	// stringWait is how long the beginning of an answer waits for its end.
	stringWait = time.Second
)

// asked takes the questions that the program asked before an offset.
func (s *session) asked(queries []query, before int64) {
	group := foreground(s.term)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.leader
	if l == nil || l.drawn || l.to == nil || l.hearsFrom >= before {
		for _, q := range queries {
			s.input.put(q.answer)
		}
		return
	}
	s.due = slices.DeleteFunc(s.due, func(q dueQuery) bool { return now.Sub(q.at) > dueFor })
	for _, q := range queries {
		s.due = append(s.due, dueQuery{q, l, group, now})
	}
	if over := len(s.due) - maxDue; over > 0 {
		s.due = s.due[over:]
	}
}

// answerFor has the model answer what a client was asked that is leaving. The
// caller holds session.mu.
func (s *session) answerFor(a *attachment) {
	var rest []dueQuery
	for _, q := range s.due {
		switch {
		case q.of != a:
			rest = append(rest, q)
		case time.Since(q.at) < lateAnswer:
			s.input.put(q.answer)
		}
	}
	s.due = rest
}

// missed notes that a's client was not sent the output before offset, and so
// not the questions in it.
func (s *session) missed(a *attachment, before int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.hearsFrom = before
	s.answerFor(a)
}

// isDue reports whether the program waits for an answer of this kind from a's
// terminal, and takes it as given. The one who asked must still be there.
func (s *session) isDue(ctx context.Context, a *attachment, kind vt.QueryKind) bool {
	// The client may have been faster than the model.
	if err := s.screen.await(ctx, a.log.position()); err != nil {
		return false
	}
	group := foreground(s.term)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range s.due {
		if q.kind == kind && q.of == a {
			s.due = append(s.due[:i:i], s.due[i+1:]...)
			return q.asker == group
		}
	}
	return false
}

// sift returns what of a client's input goes to the program: everything but
// the answers that nobody waits for.
func (a *attachment) sift(ctx context.Context, data []byte) []byte {
	a.typing.Lock()
	defer a.typing.Unlock()
	a.pieces = a.scanner.Scan(a.pieces[:0], data)
	if a.scanner.Held() == vt.HoldKey {
		// A terminal sends a sequence in one piece: this is the key.
		a.pieces = a.scanner.Flush(a.pieces)
	}
	if a.scanner.Held() == vt.HoldAnswer {
		time.AfterFunc(stringWait, a.flush)
	}
	return a.wanted(ctx)
}

// wanted returns the bytes of the pieces that go to the program. The caller
// holds typing.
func (a *attachment) wanted(ctx context.Context) []byte {
	var out []byte
	for _, p := range a.pieces {
		if p.Answer == 0 || a.s.isDue(ctx, a, p.Answer) || p.Ambiguous {
			out = append(out, p.Bytes...)
		}
	}
	return out
}

// flush passes on the beginning of an answer whose end did not come.
func (a *attachment) flush() {
	a.typing.Lock()
	defer a.typing.Unlock()
	if a.scanner.Held() != vt.HoldAnswer || a.ctx.Err() != nil {
		return
	}
	a.pieces = a.scanner.Flush(a.pieces[:0])
	a.s.input.put(a.wanted(a.ctx))
}
