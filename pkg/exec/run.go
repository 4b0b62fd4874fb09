package exec

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/types"
)

// startWait is how long CreateSession waits for a TTYHandler to return. One
// that takes longer runs for its program's life.
const startWait = 500 * time.Millisecond

// start runs the handler. On success a supervisor goroutine, counted by the
// manager, takes the session to its end. What the program prints is not read
// before hold is closed; a nil hold holds nothing.
func (s *session) start(pluginctx *types.PluginContext, o SessionOptions, hold <-chan struct{}) error {
	if o.TTY {
		return s.startTTY(pluginctx, o, hold)
	}
	return s.startCommand(pluginctx, o)
}

// holdWait bounds how long a program's first output waits for the client that
// created the session. A terminal's buffer holds it meanwhile.
const holdWait = time.Second

func (s *session) startTTY(pluginctx *types.PluginContext, o SessionOptions, hold <-chan struct{}) error {
	size := s.info.Size
	term, err := s.m.newTerminal()
	if err == nil && term == nil {
		err = errors.New("the terminal factory gave no terminal")
	}
	if err != nil {
		return err
	}
	if err := term.Resize(uint16(size.Rows), uint16(size.Cols)); err != nil {
		term.Close()
		return err
	}
	s.info.TTY = dress(term, size, o.Pixels)
	if s.tty, err = newTTY(term, &s.wg); err != nil {
		term.Close()
		return err
	}
	s.screen = screen.New(s.log, s.screenConfig())
	s.kept.noteSize(size, 0)
	s.begun.into(s.log, s.limits.bufferBytes)

	stop := make(chan error, 1)
	returned := make(chan error, 1)
	drained := make(chan error, 1)
	s.wg.Go(func() {
		if hold != nil {
			select {
			case <-hold:
			case <-time.After(holdWait):
			case <-s.ctx.Done():
			}
		}
		drained <- s.tty.read(s.log)
	})
	told := s.options(o) // before anything can change: the handler's goroutine may come late
	go func() {          // ends when the handler does; a handler may outlive its session
		returned <- guard("the handler", func() error {
			return s.handler.TTYHandler(s.handlerContext(pluginctx), told, term.SlaveFd(), stop, s.tty.resizes)
		})
	}()

	var late <-chan time.Time // stays nil for a handler whose return is the start
	if !s.handler.ReturnsAtStart {
		late = s.m.clock.After(startWait)
	}
	select {
	case err = <-returned:
		returned = nil // started, if there is no error: its end comes on stop
	case <-late:
	case <-s.ctx.Done():
	}
	if err == nil {
		err = s.join()
	}
	if err != nil {
		s.cancel()
		s.tty.release(drained)
		s.log.Close()
		return err
	}
	s.m.supervisors.Go(func() { s.supervise(stop, returned, drained) })
	return nil
}

// join has others see a session whose program was started, and the keeper hold it. It
// waits while Suspend has all stand still, and fails for a session that Suspend did not
// wait for, or that the next server would not know of.
func (s *session) join() error {
	if s.givenUp.Load() {
		return errGivenUp(s.info.Name)
	}
	s.m.joining.RLock()
	defer s.m.joining.RUnlock()
	if s.givenUp.Load() || s.m.storing.left.Load() {
		return errGivenUp(s.info.Name)
	}
	s.hold()
	s.m.mu.Lock()
	s.started = true
	s.m.mu.Unlock()
	s.expiry.begin()
	s.m.events.add(Event{Kind: EventCreated, Session: s.id, Name: s.name()})
	return nil
}

// errGivenUp tells who asked for a session that its start took longer than a server
// which is being replaced waits.
func errGivenUp(name string) error {
	return &ExecError{
		Err:        fmt.Errorf("the program of session %q did not start before another server took over", name),
		Suggestion: "try again; if that hangs, the program or its directory is on a disk that does not answer",
	}
}

// supervise takes a session with a terminal to its end.
func (s *session) supervise(stop, returned, drained chan error) {
	end := s.untilEnd(stop, returned, drained)
	if !s.tty.pause.over(s.m.streamsLife) {
		return // another server has the session, and takes it to its end
	}
	closed := s.ctx.Err() != nil
	s.cancel()
	if closed {
		// Whoever killed the program does not wait for long until the model has
		// taken in what it printed before.
		late := time.AfterFunc(lastWords/4, s.log.Drop)
		defer late.Stop()
	}
	s.tty.release(drained)
	s.finish(end, closed)
	s.wg.Wait()
	s.m.sessionEnded(s)
	s.afterEnd()
}

// finish records how the program ended and lets everyone know. Of a session
// that was closed on request there is nothing to explain.
func (s *session) finish(err error, closed bool) {
	exit := exitStatusOf(err)
	s.expiry.end()
	s.mu.Lock()
	if s.expired {
		exit.Message = fmt.Sprintf("nobody used it for %s", s.info.TTL)
	}
	s.respawnDue = s.info.OnExit == OnExitRespawn && !closed
	s.info.Exit = &exit
	s.info.EndedAt = s.m.clock.Now()
	s.info.Command = briefCommand(s.info.Command)
	if !closed {
		s.failure = streamErrorOf(err)
	}
	s.mu.Unlock()
	s.cancel()
	s.endStored(closed)
	close(s.done) // before clients can hear of it: what they then ask must know
	s.tellLeader()
	s.log.Close()
	s.screen.Ended()
	s.activity.end()
	s.ruled.end()
	if s.kept != nil {
		s.screen.StoreNow()
		s.save()
	}
	s.m.log.Info("session ended", "session", s.id, "exit", exit.Code, "signal", exit.Signal)
	s.m.events.add(Event{Kind: EventEnded, Session: s.id, Name: s.name(), Exit: &exit})
}

// mostUnstored is how much output the model of an adopted session may have to take in
// anew, however much the log holds: many sessions do so at once when a server was killed.
const mostUnstored = 512 << 10

func (s *session) screenConfig() screen.Config {
	cfg := screen.Config{
		Size:    vt.Size(s.info.Size),
		History: s.limits.history,
		Budget:  &s.m.histories,
		Asked:   s.asked,
		Effects: s.effects(),
		Go:      s.wg.Go,
		Failed: func(err error) {
			s.m.log.Error("the screen model failed", "session", s.id, "error", err)
		},
	}
	if s.kept != nil {
		cfg.Store = s.storeScreen
		if h := s.kept.history; h != nil {
			cfg.KeepHistory = h.keep
		}
		cfg.StoreEvery = min(int64(s.kept.Capacity()/2), mostUnstored)
	}
	return cfg
}

// untilEnd waits for the program's end and returns how it ended.
func (s *session) untilEnd(stop, returned, drained chan error) error {
	var late <-chan time.Time
	closed := s.ctx.Done()
	for {
		select {
		case err := <-stop:
			return err
		case err := <-returned:
			return err
		case err := <-drained:
			// The terminal is gone; the handler may be about to say why.
			drained <- err
			drained = nil
			late = s.m.clock.After(s.closeGrace())
		case <-closed:
			closed = nil
			late = time.After(s.closeGrace()) // not the Clock's, which may stand still
		case <-late:
			if s.ctx.Err() != nil {
				return errNoEnd
			}
			return nil
		}
	}
}

func (s *session) startCommand(pluginctx *types.PluginContext, o SessionOptions) error {
	var stdout, stderr io.Reader
	err := guard("the handler", func() (err error) {
		stdout, stderr, err = s.handler.CommandHandler(s.handlerContext(pluginctx), s.options(o))
		return err
	})
	if err == nil {
		err = s.join()
	}
	if err != nil {
		return err
	}
	ends := make(chan error, 2)
	go func() { ends <- copyOutput(stdout, s.printer(StreamTargetStdOut)) }() // ends with its reader, as does
	go func() { ends <- copyOutput(stderr, s.printer(StreamTargetStdErr)) }() // this one; see untilRead
	s.m.supervisors.Go(func() {
		end := s.untilRead(ends, stdout, stderr)
		s.finish(end, s.ctx.Err() != nil)
		s.wg.Wait()
		s.m.sessionEnded(s)
		s.afterEnd()
	})
	return nil
}

// untilRead waits until both readers have ended. Once the session is closed it
// closes them, and gives up on those that do not end: they belong to the
// handler.
func (s *session) untilRead(ends chan error, readers ...io.Reader) error {
	var end error
	var late <-chan time.Time
	closed := s.ctx.Done()
	for left := len(readers); left > 0; {
		select {
		case err := <-ends:
			left--
			if end == nil && !errors.Is(err, io.EOF) {
				end = err
			}
		case <-closed:
			closed = nil
			late = time.After(s.closeGrace()) // not the Clock's, which may stand still
			closeReaders(readers)
		case <-late:
			return errNoEnd
		}
	}
	return end
}

func closeReaders(readers []io.Reader) {
	for _, r := range readers {
		if c, ok := r.(io.Closer); ok {
			c.Close()
		}
	}
}

// printer returns what takes output of one target into the log.
func (s *session) printer(target StreamTarget) func([]byte) {
	return func(p []byte) { s.log.Append(outlog.Source(target), p) }
}

// errNoEnd is how a session ends whose handler did not say in time.
var errNoEnd = &ExitError{ExitStatus{Code: failedCode, Message: "the handler did not say how the program ended"}}
