package exec

import (
	"context"
	"errors"
	"time"

	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/termin"
)

// Type hands what the client's user typed to the program, but for answers of
// its terminal that nobody waits for; it makes the client the leader. It waits
// while the program does not read, until ctx ends. What a client types that only
// watches goes nowhere. It returns ErrSessionClosed once the session has ended.
func (a *Attachment) Type(ctx context.Context, data []byte) error {
	if err := a.typing.begin(ctx); err != nil {
		return err
	}
	defer a.typing.end()
	return a.typed(ctx, data, false, false)
}

// TypeAt is Type for a client that numbers the bytes of its input, so that it can
// send input again behind a broken connection without the program getting it twice.
// offset is the number of data's first byte; bytes that were taken before are
// skipped.
//
// firstKey says that data is the first press of the client's detach key. If the
// program's terminal would make a signal of that key, it is held back until the next
// key comes. Input of a client that may come back is kept for the program also when
// the attachment has ended.
func (a *Attachment) TypeAt(offset int64, data []byte, firstKey bool) error {
	if err := a.typing.begin(a.life); err != nil {
		return err
	}
	defer a.typing.end()
	return a.typedAt(offset, data, firstKey, false)
}

// TryTypeAt is TypeAt if that need not wait for the program, nor for what the
// client typed before. ok is false if it would have to: then nothing was taken.
func (a *Attachment) TryTypeAt(offset int64, data []byte, firstKey bool) (ok bool, err error) {
	select {
	case a.typing.turn <- struct{}{}:
	default:
		return false, nil
	}
	defer a.typing.end()
	if tty := a.s.tty; tty != nil && tty.input.free() < len(data)+len(a.typing.held) {
		return false, nil
	}
	return true, a.typedAt(offset, data, firstKey, true)
}

// typedAt is TypeAt for a caller that has the turn; with now it does not wait for the
// program.
func (a *Attachment) typedAt(offset int64, data []byte, firstKey, now bool) error {
	t := a.typing
	if t.unknown {
		t.offset.Store(offset)
		t.unknown = false
	}
	if offset > t.offset.Load() {
		return errInputGap
	}
	if seen := t.offset.Load() - offset; seen >= int64(len(data)) {
		return nil
	} else if seen > 0 {
		data = data[seen:]
	}
	to := t.offset.Add(int64(len(data)))
	k := a.s.kept
	if k == nil || a.opts.Client == "" {
		return a.typed(t.life, data, firstKey, now)
	}
	// A server that comes after this one tells the client what may be lost.
	entry := k.input(a.opts.Client)
	k.AboutToWrite(entry, to)
	err := a.typed(t.life, data, firstKey, now)
	if a.s.tty == nil || a.s.tty.input.free() == maxInput {
		k.Wrote(entry, to)
	}
	return err
}

var errInputGap = errors.New("input is missing before this")

// Typed returns the offset behind what TypeAt has taken.
func (a *Attachment) Typed() int64 { return a.typing.offset.Load() }

// TypedUnknown reports whether the client has typed before, and nobody knows how
// far that got: what was on its way is not to be sent again.
func (a *Attachment) TypedUnknown() bool { return a.begin.typedUnknown }

// typed is Type for a caller that has the turn.
func (a *Attachment) typed(ctx context.Context, data []byte, firstKey, now bool) error {
	s, t := a.s, a.typing
	switch {
	case s.ended():
		return NewSessionClosedError(s.id)
	case s.tty == nil || len(data) == 0:
		return nil
	case a.opts.Headless && a.opts.ReadOnly:
		return nil
	case a.opts.Headless:
		s.lead(ctx, a)
		return s.tty.input.take(ctx, data, now)
	case firstKey && !a.opts.ReadOnly && len(t.held) == 0 && s.tty.makesSignal(data):
		t.held = append(t.held, data...)
		return nil
	}
	if len(t.held) > 0 {
		data = append(t.held, data...)
		t.held = nil
	}
	data, keys := a.sift(ctx, data)
	if a.opts.ReadOnly { // only the answers of its terminal matter: they are no longer due
		return nil
	}
	if keys { // an answer is nobody's choice
		s.lead(ctx, a)
	}
	return s.tty.input.take(ctx, data, now)
}

const (
	// stringWait is how long the beginning of an answer waits for its end.
	stringWait = time.Second

	// keyWait is how long what may be a key waits to be an answer instead, if
	// one is due.
	keyWait = 30 * time.Millisecond
)

// sift returns what of a client's input goes to the program: everything but
// the answers that nobody waits for. keys says that somebody
// pressed something. The caller has the turn.
func (a *Attachment) sift(ctx context.Context, data []byte) (out []byte, keys bool) {
	t := a.typing
	t.inputs++
	t.tokens = t.scanner.Scan(t.tokens[:0], data)
	switch t.scanner.Held() {
	case termin.HoldEscape, termin.HoldKey, termin.HoldPaste:
		if a.caughtUp(ctx) && a.mayAnswer() {
			a.flushAfter(keyWait)
		} else {
			t.tokens = t.scanner.Flush(t.tokens)
		}
	case termin.HoldAnswer:
		a.flushAfter(stringWait)
	}
	return a.wanted(ctx)
}

// maxKept is how much memory stays with a client for what it types next.
const maxKept = 4 << 10

// wanted is sift for the tokens. What it returns is valid until it is called
// again.
func (a *Attachment) wanted(ctx context.Context) (out []byte, keys bool) {
	out = a.typing.out[:0]
	for i := range a.typing.tokens {
		token := &a.typing.tokens[i]
		goes, answers := true, false
		if token.Answer != 0 {
			goes, answers = a.wants(ctx, token)
		}
		if goes {
			out = append(out, token.Bytes...)
			keys = keys || token.Leads() && !answers
		}
	}
	if cap(out) <= maxKept {
		a.typing.out = out
	}
	return out, keys
}

// wants decides whether an answer goes to the program; answers says that it is
// one which was asked for, rather than a key that looks like it. The rest of one
// that comes in pieces goes where its beginning went.
func (a *Attachment) wants(ctx context.Context, token *termin.Token) (goes, answers bool) {
	t := a.typing
	if token.Continued {
		return t.goesOn, true
	}
	known := a.caughtUp(ctx)
	s := a.s
	s.mu.Lock()
	defer s.mu.Unlock()
	asked, wanted := s.questions.take(&a.client.asked, token.Answer, s.m.clock.Now())
	leads := s.clients.leader == a
	unknown := !known || onlyTerminals(token.Answer) && !a.client.deaf()
	t.goesOn = wanted || !asked && (token.Ambiguous || unknown && leads)
	return t.goesOn, asked
}

// caughtUp waits until what the client was asked is known: it may have been
// faster than the model. It reports false when there is no model that knows.
func (a *Attachment) caughtUp(ctx context.Context) bool {
	return !errors.Is(a.s.screen.Await(ctx, a.reader.Position()), screen.ErrFailed)
}

func (a *Attachment) mayAnswer() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.s.questions.may(&a.client.asked, a.s.m.clock.Now())
}

// flushAfter has what is held passed on unless more input comes before. The
// caller has the turn.
func (a *Attachment) flushAfter(wait time.Duration) {
	m, now := a.s.m, a.typing.inputs
	if m.addServing() != nil {
		return // everything ends
	}
	go func() { // ends with the attachment at the latest
		defer m.serving.Done()
		select {
		case <-m.clock.After(wait):
			a.flush(now)
		case <-a.life.Done():
		}
	}()
}

// flush passes on what was held since the input with that number.
func (a *Attachment) flush(since int) {
	t := a.typing
	if t.begin(a.life) != nil {
		return
	}
	defer t.end()
	if t.inputs != since || a.life.Err() != nil {
		return
	}
	t.tokens = t.scanner.Flush(t.tokens[:0])
	data, keys := a.wanted(a.life)
	if a.opts.ReadOnly {
		return
	}
	if keys {
		a.s.lead(a.life, a)
	}
	a.s.tty.input.write(a.life, data)
}

// typeLate takes what a client typed that has left: an answer that was under
// way then is not the program's, for the model has answered.
func (a *Attachment) typeLate(ctx context.Context, data []byte) {
	var scanner termin.Tokenizer
	var out []byte
	for _, p := range scanner.Flush(scanner.Scan(nil, data)) {
		if p.Answer == 0 || p.Ambiguous {
			out = append(out, p.Bytes...)
		}
	}
	a.s.typeUnattached(ctx, out)
}

// asked takes the questions that the program asked before an offset.
func (s *session) asked(queries []screen.Query, before int64) {
	s.mu.Lock()
	listeners := make([]*asked, 0, len(s.clients.all))
	var leader *asked
	for _, a := range s.clients.all {
		listeners = append(listeners, &a.client.asked)
		if a == s.clients.leader {
			leader = &a.client.asked
		}
	}
	modelAnswers := s.questions.ask(queries, before, listeners, leader, s.m.clock.Now())
	s.mu.Unlock()
	if !modelAnswers {
		return
	}
	for _, q := range queries {
		s.tty.input.put(q.Answer) // does not wait
	}
}

// newTyping returns that of a new client. What one typed that does not come back
// is of no use to anybody once its attachment has ended.
func (s *session) newTyping(a *Attachment) *typing {
	t := &typing{turn: make(chan struct{}, 1), life: a.life}
	if a.opts.Client != "" {
		t.life, t.forget = context.WithCancel(s.ctx)
	}
	return t
}
