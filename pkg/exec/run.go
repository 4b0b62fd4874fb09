package exec

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// startWait is how long CreateSession waits for a TTYHandler to return. One
// that takes longer runs for its program's life.
const startWait = 500 * time.Millisecond

// start runs the handler. On success a supervisor goroutine, counted by the
// manager, takes the session to its end.
func (s *session) start(pluginctx *types.PluginContext, o SessionOptions) error {
	if o.TTY {
		return s.startTTY(pluginctx, o)
	}
	return s.startCommand(pluginctx, o)
}

func (s *session) startTTY(pluginctx *types.PluginContext, o SessionOptions) error {
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
	s.term = term
	s.resizes = make(chan SessionResizeInput, 1)
	// A file that is not in the poller would wait where it must not.
	polled := term.MasterFd().SetReadDeadline(time.Time{}) == nil
	s.input = newInputQueue(term.MasterFd(), polled, &s.wg)
	s.screen = newScreen(s.log, size, s.m.history)
	s.wg.Go(func() {
		if err := s.screen.follow(s.asked); err != nil {
			s.m.log.Error("the screen model failed", "session", s.id, "error", err)
		}
	})

	stop := make(chan error, 1)
	returned := make(chan error, 1)
	drained := make(chan error, 1)
	s.wg.Go(func() { drained <- s.readTerminal(polled) })
	go func() { // ends when the handler does; a handler may outlive its session
		returned <- guard("the handler", func() error {
			return s.handler.TTYHandler(s.handlerContext(pluginctx), s.options(o), term.SlaveFd(), stop, s.resizes)
		})
	}()

	select {
	case err := <-returned:
		if err != nil {
			s.release(drained)
			s.log.close()
			return err
		}
		returned = nil // started: its end comes on stop
	case <-s.m.clock.After(startWait):
	case <-s.ctx.Done():
	}
	s.m.supervisors.Go(func() {
		end := s.untilEnd(stop, returned, drained)
		s.release(drained)
		s.finish(end)
		s.wg.Wait()
		s.m.sessionEnded(s)
	})
	return nil
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
			late = s.m.clock.After(s.closeGrace())
		case <-late:
			if s.ctx.Err() != nil {
				return errNoEnd
			}
			return nil
		}
	}
}

// release lets go of the terminal once everything that the program wrote to it
// is in the log.
func (s *session) release(drained chan error) {
	s.cancel()
	s.input.close()
	s.term.SlaveFd().Close()
	defer s.term.Close()
	// Wakes the reader, which then takes what is left without waiting. A file
	// that knows no deadlines is read until its other side is closed, which
	// some other process may hold open for ever.
	if err := s.term.MasterFd().SetReadDeadline(time.Unix(1, 0)); err == nil {
		<-drained
		return
	}
	select {
	case <-drained:
	case <-s.m.clock.After(defaultCloseGrace):
	}
}

// readTerminal copies the terminal's output to the log until its other side is
// closed or release says that the program has ended.
func (s *session) readTerminal(polled bool) error {
	pty := s.term.MasterFd()
	buf := make([]byte, DefaultStreamBufferSize)
	for {
		n, err := pty.Read(buf)
		if n > 0 {
			s.log.append(StreamTargetStdOut, buf[:n])
		}
		if polled && n > len(buf)/2 && err == nil {
			err = s.readReady(pty)
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return s.readRest(pty)
		case err != nil:
			return err
		}
	}
}

// readReady takes what the terminal has ready, in pieces that are worth waking
// the readers for. It returns when there is no more for now.
func (s *session) readReady(pty *os.File) error {
	buf := followBuffers.Get().(*[followChunk]byte)
	defer followBuffers.Put(buf)
	for {
		n, err := readFull(pty, buf[:])
		if n > 0 {
			s.log.append(StreamTargetStdOut, buf[:n])
		}
		if n < len(buf) || err != nil {
			return err
		}
	}
}

// readFull fills buf as far as that needs no waiting.
func readFull(pty *os.File, buf []byte) (n int, err error) {
	for n < len(buf) {
		m, err := readNow(pty, buf[n:])
		if m <= 0 || err != nil {
			return n, err
		}
		n += m
	}
	return n, nil
}

// readRest takes what the program had written when it ended. A read that would
// wait means that there is no more, even if some other process still holds the
// terminal: the kernel hands over all that was written before it says so.
func (s *session) readRest(pty *os.File) error {
	if err := pty.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	return s.readReady(pty)
}

// DefaultStreamBufferSize is how many bytes are read from a program at once.
// A pty gives no more than this for one read.
const DefaultStreamBufferSize = 4096

func (s *session) startCommand(pluginctx *types.PluginContext, o SessionOptions) error {
	var stdout, stderr io.Reader
	err := guard("the handler", func() (err error) {
		stdout, stderr, err = s.handler.CommandHandler(s.handlerContext(pluginctx), s.options(o))
		return err
	})
	if err != nil {
		return err
	}
	ends := make(chan error, 2)
	go func() { ends <- s.copyFrom(stdout, StreamTargetStdOut) }() // ends with its reader, as does
	go func() { ends <- s.copyFrom(stderr, StreamTargetStdErr) }() // this one; see untilRead
	s.m.supervisors.Go(func() {
		end := s.untilRead(ends, stdout, stderr)
		s.finish(end)
		s.wg.Wait()
		s.m.sessionEnded(s)
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
			late = s.m.clock.After(s.closeGrace())
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

// copyFrom copies what r gives to the log, and returns the error that ended
// it.
func (s *session) copyFrom(r io.Reader, target StreamTarget) error {
	if r == nil {
		return io.EOF
	}
	return guard("the handler", func() error {
		buf := make([]byte, DefaultStreamBufferSize)
		for {
			n, err := r.Read(buf)
			if n > 0 {
				s.log.append(target, buf[:n])
			}
			if err != nil {
				return err
			}
		}
	})
}
