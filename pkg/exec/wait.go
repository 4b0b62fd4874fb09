package exec

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// Waiter waits for what sessions do. Manager and PluginClient are Waiters.
type Waiter interface {
	// Wait returns when what o asks for is there. It returns ErrSessionNotFound;
	// ErrSessionClosed if the session ends without it; ErrTerminalError if o makes
	// no sense; LostError if the output that it was to look at left the buffer; and
	// the context's error, so that a deadline is a timeout.
	Wait(ctx *types.PluginContext, sessionID string, o WaitOptions) (*Waited, error)
}

// WaitFor is what can be waited for.
type WaitFor string

// What can be waited for.
const (
	// WaitExit: the program has ended. The zero WaitFor is WaitExit.
	WaitExit WaitFor = "exit"
	// WaitCommand: a shell's command has finished, and WaitPrompt: the shell is at
	// its prompt. Both need a shell that marks its prompts.
	WaitCommand WaitFor = "command"
	WaitPrompt  WaitFor = "prompt"
	// WaitIdle: nothing was printed for a while.
	WaitIdle WaitFor = "idle"
	// WaitText: the screen, or what is printed, matches a pattern, and WaitGone:
	// the screen does not.
	WaitText WaitFor = "text"
	WaitGone WaitFor = "gone"
	// WaitBell: the bell rang.
	WaitBell WaitFor = "bell"
	// WaitTitle: the title matches a pattern.
	WaitTitle WaitFor = "title"
	// WaitState: the session is attached, detached, stopped or ended, or its State is
	// that of a name.
	WaitState WaitFor = "state"
)

// Where a wait begins that is not to look at what is the case now: an offset of
// the output, or one of these.
const (
	SinceNow   int64 = -1 // what comes from now on
	SinceTyped int64 = -2 // what came since Type was last called; else SinceNow
)

// WaitOptions says what is waited for.
type WaitOptions struct {
	For WaitFor
	// Pattern is a regular expression, for WaitText, WaitGone and WaitTitle. ^ and $
	// match at the ends of lines; lines that were wrapped are one. For WaitState it
	// is attached, detached, stopped or ended, or a StateName.
	Pattern string
	// Idle is for how long nothing was printed, for WaitIdle.
	Idle time.Duration
	// Since is from where on what was printed, or happened, counts. With nil, what
	// is the case now counts: what the screen shows, the title that is set, the prompt
	// that the shell is at. For what is over when it has happened, which is WaitBell
	// and WaitCommand, nil is SinceTyped.
	Since *int64
	// Run, for WaitCommand, is the command whose marks have this nonce, as the shells
	// of package local set it: that one is waited for, whenever it ended, and nothing
	// else counts. If it is not known any more Wait returns ErrTerminalError.
	Run string
}

// Waited is what a wait ended with.
type Waited struct {
	Session *Session
	// Reason is what was waited for.
	Reason WaitFor
	// Offset is that of the output at which it was there.
	Offset int64
	// Match is what matched, and Row the row of the screen where it begins, -1 if
	// it has left the screen.
	Match string
	Row   int
	// Line and Status are those of a command, if the shell told them.
	Line   string
	Status *int
	// State is what the program came to be at, for WaitState with a StateName; Match
	// is its message then.
	State StateName
}

// Wait implements Waiter.
func (m *Manager) Wait(pluginctx *types.PluginContext, sessionID string, o WaitOptions) (*Waited, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	w, err := s.newWait(o)
	if err != nil {
		return nil, NewTerminalError(s.id, err)
	}
	ctx, cancel := context.WithCancel(pluginctx.Ctx())
	defer cancel()
	defer context.AfterFunc(m.streamsLife, cancel)()
	var found *Waited
	err = guard("a wait", func() (err error) {
		found, err = w.run(ctx)
		return err
	})
	switch {
	case err == nil:
		found.Session, found.Reason = s.snapshot(), w.For
		return found, nil
	case pluginctx.Ctx().Err() != nil:
		return nil, pluginctx.Ctx().Err()
	case m.streamsLife.Err() != nil:
		return nil, errManagerClosed()
	default:
		return nil, err
	}
}

// wait is one call of Wait.
type wait struct {
	WaitOptions
	s  *session
	re *regexp.Regexp
	// literal is in all that re matches; it may be empty. Most text that does not match
	// is known by that.
	literal []byte
	since   int64 // the offset from which on things count; -1 if what is the case counts
	after   int64 // the number of the event behind which they do; -1 if the offset tells
	asked   int64 // the offset at which the wait began
}

var errNoIdle = errors.New("it is not said for how long nothing is to be printed")

// newWait checks what is asked for, and notes from when on it counts.
func (s *session) newWait(o WaitOptions) (w *wait, err error) {
	if o.For == "" {
		o.For = WaitExit
	}
	_, end := s.log.Offsets()
	w = &wait{WaitOptions: o, s: s, since: -1, after: -1, asked: end}
	switch o.For {
	case WaitText, WaitGone:
		if s.screen == nil {
			return nil, errNoScreen
		}
		w.re, w.literal, err = waitPattern(o.Pattern)
	case WaitTitle:
		w.re, _, err = waitPattern(o.Pattern)
	case WaitIdle:
		if o.Idle <= 0 {
			err = errNoIdle
		}
	case WaitState:
		if all := WaitStates(); !slices.Contains(all, o.Pattern) {
			err = fmt.Errorf("unknown state %q: it is one of %s", o.Pattern, strings.Join(all, ", "))
		}
	case WaitExit, WaitCommand, WaitPrompt, WaitBell:
	default:
		err = fmt.Errorf("cannot wait for %q: it is exit, command, prompt, idle, text, gone, bell, title or state", o.For)
	}
	if err != nil {
		return nil, err
	}
	w.count(end)
	return w, nil
}

// count notes from when on things count: from an event on, from an offset on, or, with
// neither, what is the case. end is where the log ends now.
func (w *wait) count(end int64) {
	s, since := w.s, w.Since
	if since == nil && (w.For == WaitBell || w.For == WaitCommand) {
		since = new(SinceTyped)
	}
	if since != nil && w.For == WaitState {
		// A report has no output of its own, so that no offset stands between two. Which
		// events came before is known of now, and of what was typed last.
		s.mu.Lock()
		switch at := s.typist.at; {
		case *since == SinceTyped, at != nil && *since == *at:
			w.after = s.typist.event
		case *since < 0:
			w.after = s.m.events.last()
		}
		s.mu.Unlock()
		if w.after >= 0 {
			return
		}
	}
	switch {
	case since == nil:
	case *since >= 0:
		w.since = *since
	case *since == SinceTyped:
		s.mu.Lock()
		if w.since = end; s.typist.at != nil {
			w.since = *s.typist.at
		}
		s.mu.Unlock()
	default:
		w.since = end
	}
}

func waitPattern(pattern string) (re *regexp.Regexp, literal []byte, err error) {
	if _, err := regexp.Compile(pattern); err != nil { // told without what is put before it
		return nil, nil, fmt.Errorf("bad pattern: %w", err)
	}
	pattern = "(?m)" + pattern
	if re, err = regexp.Compile(pattern); err != nil {
		return nil, nil, fmt.Errorf("bad pattern: %w", err)
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, nil, fmt.Errorf("bad pattern: %w", err)
	}
	return re, []byte(literalOf(tree)), nil
}

// literalOf is the longest text that is in all that a pattern matches, as far as it can
// be told at a glance.
func literalOf(tree *syntax.Regexp) (longest string) {
	switch {
	case tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0:
		return string(tree.Rune)
	case tree.Op == syntax.OpConcat, tree.Op == syntax.OpCapture, tree.Op == syntax.OpPlus,
		tree.Op == syntax.OpRepeat && tree.Min > 0:
		for _, sub := range tree.Sub {
			if s := literalOf(sub); len(s) > len(longest) {
				longest = s
			}
		}
	}
	return longest
}

func (w *wait) run(ctx context.Context) (*Waited, error) {
	switch w.For {
	case WaitText:
		return w.text(ctx)
	case WaitGone:
		return w.gone(ctx)
	case WaitIdle:
		return w.idle(ctx)
	default:
		return w.happens(ctx)
	}
}

var errUnknownRun = errors.New("it is not known how that command ended")

// knowsRun makes sure that the command that is waited for by its nonce runs, or ended
// not long ago.
func (w *wait) knowsRun(ctx context.Context) error {
	switch {
	case w.Run == "":
		return nil
	case w.s.screen == nil:
		return NewTerminalError(w.s.id, errUnknownRun)
	}
	// Its beginning may just have been printed.
	if err := w.s.screen.Await(ctx, w.asked); err != nil {
		return err
	}
	t := &w.s.told
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.run != w.Run && t.ranAs(w.Run) == nil {
		return NewTerminalError(w.s.id, errUnknownRun)
	}
	return nil
}

// here is where the wait ends now.
func (w *wait) here() *Waited {
	_, end := w.s.log.Offsets()
	return &Waited{Offset: end, Row: -1}
}

func (w *wait) ended() error { return NewSessionClosedError(w.s.id) }

// idle waits until nothing was printed for long enough.
func (w *wait) idle(ctx context.Context) (*Waited, error) {
	began := time.Now()
	for {
		quiet := w.s.activity.since()
		if w.since >= w.asked { // what was before does not count
			quiet = min(quiet, time.Since(began))
		}
		if quiet >= w.Idle {
			return w.here(), nil
		}
		t := time.NewTimer(w.Idle - quiet)
		select {
		case <-t.C:
		case <-w.s.done:
			t.Stop()
			return nil, w.ended()
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
	}
}

// happens waits for an event, or for what events tell of.
func (w *wait) happens(ctx context.Context) (*Waited, error) {
	s := w.s
	seen := max(w.after, 0)
	if w.since < 0 && w.after < 0 {
		seen = s.m.events.last()
		// Of what an earlier server took in there is no event once more: it is the case
		// as soon as the model has read it.
		if s.screen.Await(ctx, s.told.before); ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	for {
		list, _, more := s.m.events.after(seen)
		ended := s.ended() // before the last look
		for _, ev := range list {
			seen = ev.Number
			if found := w.match(ev); found != nil {
				return found, nil
			}
		}
		if found := w.isCase(ended); found != nil {
			return found, nil
		}
		if ended {
			if list, _, _ := s.m.events.after(seen); len(list) > 0 {
				continue
			}
			return nil, w.ended()
		}
		if err := w.knowsRun(ctx); err != nil {
			return nil, err
		}
		select {
		case <-more:
		case <-s.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// match returns what the wait ends with if ev is what it waits for.
func (w *wait) match(ev Event) *Waited {
	if ev.Session != w.s.id || ev.Offset <= w.since {
		return nil
	}
	found := &Waited{Offset: ev.Offset, Row: -1}
	switch {
	case w.For == WaitBell && ev.Kind == EventBell:
	case w.For == WaitPrompt && ev.Kind == EventPrompt:
	case w.For == WaitCommand && w.Run == "" && ev.Kind == EventCommandFinished:
		found.Line, found.Status = ev.Line, ev.Status
	case w.For == WaitTitle && ev.Kind == EventTitle && w.re.MatchString(ev.Title):
		found.Match = ev.Title
	case w.For == WaitState && w.s.told.stateBy(ev) == StateName(w.Pattern):
		found.Match, found.State = ev.Body, StateName(w.Pattern)
	default:
		return nil
	}
	return found
}

// inState reports whether an active session is in the state that is waited for.
func (w *wait) inState(s *Session) bool {
	switch w.Pattern {
	case "stopped":
		return s.Stopped
	case "attached":
		return s.Attached
	case "detached":
		return !s.Attached
	}
	return false
}

// isCase returns what the wait ends with if what it waits for is the case now.
func (w *wait) isCase(ended bool) *Waited {
	found := w.here()
	switch w.For {
	case WaitExit:
		if ended {
			return found
		}
		return nil
	case WaitState:
		s := w.s.snapshot()
		if StateName(w.Pattern) == s.State.Name && w.since < 0 && w.after < 0 {
			found.Match, found.State = s.State.Message, s.State.Name
			return found
		}
		if w.Pattern == "ended" && ended || !ended && w.inState(s) {
			return found
		}
		return nil
	}
	t := &w.s.told
	t.mu.Lock()
	defer t.mu.Unlock()
	if ran := t.ranAs(w.Run); w.Run != "" && ran != nil {
		found.Offset, found.Line, found.Status = ran.offset, ran.line, ran.status
		return found
	}
	if w.since >= 0 {
		return nil
	}
	switch {
	case w.For == WaitPrompt && t.shell == ShellPrompt:
		found.Offset = t.promptAt
	case w.For == WaitTitle && t.title != "" && w.re.MatchString(t.title):
		found.Match = t.title
	default:
		return nil
	}
	return found
}
