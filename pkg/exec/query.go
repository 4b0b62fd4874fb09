package exec

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/termin"
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
	leads bool // the program gets the answer
	asker int  // the terminal's foreground process group then; 0 if not known
	at    time.Time
}

const (
	// maxDue bounds the questions that wait for terminals.
	maxDue = 256

	// dueFor is how long a terminal may take to answer. Many do not know every
	// question.
	dueFor = 10 * time.Second

	// lateAnswer is how long after a question the model still answers it when
	// the client that was asked has left.
	lateAnswer = time.Second

	// stringWait is how long the beginning of an answer waits for its end.
	stringWait = time.Second

	// keyWait is how long what may be a key waits to be an answer instead, if
	// one is due.
	keyWait = 30 * time.Millisecond
)

// asked takes the questions that the program asked before an offset.
func (s *session) asked(queries []query, before int64) {
	group := foreground(s.term)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks++
	s.due = slices.DeleteFunc(s.due, func(q dueQuery) bool { return now.Sub(q.at) > dueFor })
	leaderHears := false
	for _, a := range s.attachments {
		if a.drawn || a.to == nil || a.hearsFrom >= before {
			continue
		}
		leads := a == s.leader
		leaderHears = leaderHears || leads
		for _, q := range queries[max(0, len(queries)-maxDue):] {
			s.due = append(s.due, dueQuery{q, a, leads, group, now})
		}
	}
	if over := len(s.due) - maxDue; over > 0 {
		s.due = slices.Delete(s.due, 0, over)
	}
	if leaderHears {
		return
	}
	for _, q := range queries {
		s.input.put(q.answer)
	}
}

// answerFor has the model answer what a client was asked that is leaving. Its
// terminal's answers stay due; see owes. The caller holds session.mu.
func (s *session) answerFor(a *attachment) {
	if len(s.due) == 0 {
		return
	}
	group := foreground(s.term) // asks the kernel, which has it at hand
	for i := range s.due {
		q := &s.due[i]
		if q.of != a || !q.leads {
			continue
		}
		q.leads = false
		if q.asker == group && time.Since(q.at) < lateAnswer {
			s.input.put(q.answer)
		}
	}
}

// missed notes that a's client was not sent the output before offset, and so
// not the questions in it.
func (s *session) missed(a *attachment, before int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.hearsFrom = before
	s.answerFor(a)
	if a.ctx.Err() == nil { // else its terminal may have been sent some of them
		s.due = slices.DeleteFunc(s.due, func(q dueQuery) bool { return q.of == a })
	}
}

// maxLeft bounds the clients whose late answers are known as such.
const maxLeft = 16

// leaver is a client that detached.
type leaver struct {
	requester string
	asks      int // how often the program had asked by then, as far as was known
}

// noteLeft remembers a client that detaches. The caller holds session.mu.
func (s *session) noteLeft(requester string) {
	s.left = slices.DeleteFunc(s.left, func(l leaver) bool { return l.requester == requester })
	s.left = append(s.left, leaver{requester, s.asks})
	if len(s.left) > maxLeft {
		s.left = s.left[1:]
	}
}

// siftLate returns what of the input of somebody who is not attached goes to
// the program. An answer that was under way when its client detached does not:
// the model has answered.
func (s *session) siftLate(requester string, data []byte) []byte {
	s.mu.Lock()
	left := slices.ContainsFunc(s.left, func(l leaver) bool { return l.requester == requester })
	s.mu.Unlock()
	if !left {
		return data
	}
	var scanner termin.Tokenizer
	var out []byte
	for _, p := range scanner.Flush(scanner.Scan(nil, data)) {
		if p.Answer == 0 || p.Ambiguous {
			out = append(out, p.Bytes...)
		}
	}
	return out
}

// caughtUp waits until what a's client was asked is known: it may have been
// faster than the model. It reports false when there is no model that knows.
func (a *attachment) caughtUp(ctx context.Context) bool {
	return !errors.Is(a.s.screen.await(ctx, a.log.position()), errBroken)
}

// takeDue reports whether a's terminal was asked for an answer of this kind,
// and whether the program is to get it: a's client leads, or did then, and the
// one who asked is still there.
func (s *session) takeDue(a *attachment, kind termin.QueryKind) (asked, wanted bool) {
	group := foreground(s.term)
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.due, func(q dueQuery) bool { return q.kind == kind && q.of == a })
	if i < 0 {
		return false, false
	}
	q := s.due[i]
	s.due = slices.Delete(s.due, i, i+1)
	return true, q.leads && q.asker == group
}

// mayAnswer reports whether a's terminal was asked anything that it has not
// answered.
func (s *session) mayAnswer(a *attachment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.due, func(q dueQuery) bool { return q.of == a && time.Since(q.at) < dueFor })
}

// sift returns what of a client's input goes to the program: everything but
// the answers that nobody waits for. keys says that it is not answers alone. The
// caller holds typing.
func (a *attachment) sift(ctx context.Context, data []byte) (out []byte, keys bool) {
	a.sifted++
	a.pieces = a.scanner.Scan(a.pieces[:0], data)
	switch a.scanner.Held() {
	case termin.HoldEscape, termin.HoldKey, termin.HoldPaste:
		if a.caughtUp(ctx) && a.s.mayAnswer(a) {
			a.flushAfter(keyWait)
		} else {
			a.pieces = a.scanner.Flush(a.pieces)
		}
	case termin.HoldAnswer:
		a.flushAfter(stringWait)
	}
	return a.wanted(ctx)
}

// wanted is sift for the pieces.
func (a *attachment) wanted(ctx context.Context) (out []byte, keys bool) {
	for _, p := range a.pieces {
		if p.Answer == 0 || a.wants(ctx, p) {
			out = append(out, p.Bytes...)
			keys = keys || p.Answer == 0 || p.Ambiguous
		}
	}
	return out, keys
}

// wants decides on an answer. The rest of one that comes in pieces goes where
// its beginning went.
func (a *attachment) wants(ctx context.Context, p termin.Token) bool {
	if p.Continued {
		return a.goesOn
	}
	known := a.caughtUp(ctx)
	asked, wanted := a.s.takeDue(a, p.Answer)
	a.goesOn = wanted || !asked && (p.Ambiguous || !known && a.leads())
	return a.goesOn
}

func (a *attachment) leads() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.s.leader == a
}

// flushAfter has what is held passed on unless more input comes before. The
// caller holds typing.
func (a *attachment) flushAfter(wait time.Duration) {
	now := a.sifted
	time.AfterFunc(wait, func() { a.flush(now) })
}

// flush passes on what was held since the input with that number.
func (a *attachment) flush(since int) {
	a.typing.Lock()
	defer a.typing.Unlock()
	if a.sifted != since || a.ctx.Err() != nil {
		return
	}
	a.pieces = a.scanner.Flush(a.pieces[:0])
	data, keys := a.wanted(a.ctx)
	if a.readOnly {
		return
	}
	if keys {
		a.s.lead(a.ctx, a)
	}
	a.s.input.write(a.ctx, data)
}
