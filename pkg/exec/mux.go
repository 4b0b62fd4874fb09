package exec

import (
	"context"
	"slices"

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
	unlink := context.AfterFunc(m.streamsLife, cancel)
	out := make(chan StreamOutput)
	st := &stream{
		requester: types.FromContext(ctx).Requester(),
		ctx:       ctx,
		out:       NewChannelSink(ctx, out),
	}
	if err := m.open(st); err != nil {
		cancel()
		return nil, err
	}
	go func() {
		defer m.pumps.Done()
		m.pump(st, in)
		cancel()
		unlink()
		m.hangUp(st)
		st.senders.Wait()
		close(out)
	}()
	return out, nil
}

// open makes st known; the attachments that waited for it start.
func (m *Manager) open(st *stream) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errManagerClosed()
	}
	m.pumps.Add(1)
	m.streams = append(m.streams, st)
	if m.sink != nil {
		return nil
	}
	for _, s := range m.order {
		s.adopt(st, func(a *attachment) bool { return st.requester == "" || a.requester == st.requester })
	}
	return nil
}

// pump hands input to sessions until the stream ends. Input for a session that
// is not there, or has no terminal, goes nowhere.
func (m *Manager) pump(st *stream, in chan StreamInput) {
	for {
		select {
		case <-st.ctx.Done():
			return
		case input, ok := <-in:
			if !ok {
				return
			}
			if s, err := m.active(input.SessionID); err == nil {
				s.typed(st.ctx, st.requester, input.Data)
			}
		}
	}
}

// hangUp forgets st and ends its attachments.
func (m *Manager) hangUp(st *stream) {
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
