package exec

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// Stream creates a new stream to multiplex sessions. What is sent on in is
// typed into the session that it names; the channel returned carries the
// output of the sessions that the stream's requester is attached to, and how
// those that it created ended. The requester is that of the PluginContext in
// ctx (see types.NewContext), if any.
//
// The stream ends when ctx does, when in is closed, or with the manager. Its
// attachments end with it; its sessions do not. The channel is then closed. A
// receiver that does not receive delays nobody else.
func (m *Manager) Stream(ctx context.Context, in chan StreamInput) (chan StreamOutput, error) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan StreamOutput)
	st, err := m.open(ctx, cancel, NewChannelSink(ctx, out))
	if err != nil {
		return nil, err
	}
	go func() {
		defer m.pumps.Done()
		m.pump(st, in)
		m.hangUp(st)
		st.senders.Wait()
		close(out)
	}()
	return out, nil
}

// serve is Stream with calls in place of channels, which is a hop less for each
// key and each piece of output. It calls ready when the stream is open, and
// returns when it has ended. recv is called by one goroutine, which ends when
// recv fails; send by one at a time. Both must fail once serve has returned.
func (m *Manager) serve(
	ctx context.Context,
	ready func() error,
	recv func() (StreamInput, error),
	send func(StreamOutput) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	out := &callOutlet{call: send, failed: cancel}
	out.mu.Lock() // an attachment that waited for the stream sends nothing before ready
	st, err := m.open(ctx, cancel, out)
	if err != nil {
		return err
	}
	if err := ready(); err != nil {
		cancel()
	}
	out.mu.Unlock()
	go func() {
		defer cancel()
		for {
			input, err := recv()
			if err != nil {
				return
			}
			m.typed(st, input)
		}
	}()
	<-ctx.Done()
	m.hangUp(st)
	sent := make(chan struct{})
	go func() { // a send that waits for its receiver ends when serve has returned
		defer m.pumps.Done()
		st.senders.Wait()
		close(sent)
	}()
	select {
	case <-sent:
	case <-m.clock.After(sendWait):
	}
	return nil
}

// sendWait is how long a stream that has ended waits for what is being sent.
const sendWait = 100 * time.Millisecond

// callOutlet is an outlet that is a call.
type callOutlet struct {
	mu     sync.Mutex // one call at a time
	call   func(StreamOutput) error
	failed func()
}

func (o *callOutlet) send(ctx context.Context, output StreamOutput) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	if err := o.call(output); err != nil {
		o.failed()
		return false
	}
	return true
}

// open makes a new stream known; the attachments that waited for it start. It
// ends with ctx, which is cancelled at once if it cannot be opened, and counts
// as one of the manager's pumps.
func (m *Manager) open(ctx context.Context, cancel func(), out outlet) (*stream, error) {
	requester := types.FromContext(ctx).Requester()
	st := &stream{requester: requester, ctx: ctx, cancel: cancel, out: &owingOutlet{out, m, requester}}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		cancel()
		return nil, errManagerClosed()
	}
	st.unlink = context.AfterFunc(m.streamsLife, cancel)
	m.pumps.Add(1)
	m.streams = append(m.streams, st)
	close(m.opened)
	m.opened = make(chan struct{})
	if m.sink != nil {
		return st, nil
	}
	for _, s := range m.order {
		s.adopt(st, func(a *attachment) bool { return st.requester == "" || a.requester == st.requester })
	}
	return st, nil
}

// awaitStream returns once the requester has a stream. It fails if ctx or the
// manager ends before.
func (m *Manager) awaitStream(ctx context.Context, requester string) error {
	for {
		m.mu.Lock()
		opened := m.opened
		m.mu.Unlock()
		if m.hasStream(requester) {
			return nil
		}
		select {
		case <-opened:
		case <-ctx.Done():
			return ctx.Err()
		case <-m.streamsLife.Done():
			return errManagerClosed()
		}
	}
}

// pump hands input to sessions until the stream ends.
func (m *Manager) pump(st *stream, in chan StreamInput) {
	for {
		select {
		case <-st.ctx.Done():
			return
		case input, ok := <-in:
			if !ok {
				return
			}
			m.typed(st, input)
		}
	}
}

// typed hands input to its session. Input for one that is not there, or has no
// terminal, goes nowhere.
func (m *Manager) typed(st *stream, input StreamInput) {
	if s, err := m.active(input.SessionID); err == nil {
		s.typed(st.ctx, st.requester, input.Data)
	}
}

// hangUp forgets st and ends its attachments.
func (m *Manager) hangUp(st *stream) {
	st.cancel()
	st.unlink()
	var left []*session
	m.mu.Lock()
	m.streams = slices.DeleteFunc(m.streams, func(o *stream) bool { return o == st })
	for _, s := range m.order {
		gone := s.detach(func(a *attachment) bool { return a.to == outlet(st) }, false)
		if len(gone) > 0 {
			left = append(left, s)
		}
	}
	m.mu.Unlock()
	for _, s := range left {
		s.settle()
	}
}

// sessionEnded tells how s ended to those who are not attached to it but
// should know: streams that named no requester, the stream of whoever created
// it, and the sink.
func (m *Manager) sessionEnded(s *session) {
	m.mu.Lock()
	m.prune()
	told := s.announce()
	for _, st := range m.streams {
		if slices.Contains(told, outlet(st)) || st.requester != "" && st.requester != s.creator {
			continue
		}
		st.senders.Go(func() {
			for _, out := range s.closing() {
				st.send(st.ctx, out)
			}
		})
	}
	m.mu.Unlock()
	if m.sink == nil || slices.Contains(told, outlet(m.sink)) {
		return
	}
	for _, out := range s.closing() {
		m.sink.sink.OnOutput(out)
	}
}

// announce returns those who are told of the session's end because they are, or
// were when it ended, attached.
func (s *session) announce() []outlet {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.told
	s.told, s.announced = nil, true
	for _, a := range s.attachments {
		told = append(told, a.to)
	}
	return told
}
