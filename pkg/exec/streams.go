package exec

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/xsh-project/xsh/pkg/types"
)

// Stream creates a new stream to multiplex sessions. What is sent on in is
// typed into the session that it names; the channel returned carries the
// output of the sessions that the stream's requester is attached to, and how
// those that it created ended. The requester is that of the PluginContext in
// ctx (see types.NewContext), if any; it must not have another stream open, which
// is ErrSessionExists.
//
// The stream ends when ctx does, when in is closed, or with the manager. Its
// attachments end with it; its sessions do not. The channel is then closed, and
// nobody receives from in any more: whoever sends there must watch for that. A
// receiver that does not receive delays nobody else.
func (m *Manager) Stream(ctx context.Context, in chan StreamInput) (chan StreamOutput, error) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan StreamOutput)
	st, err := m.openStream(ctx, cancel, NewChannelSink(ctx, out))
	if err != nil {
		return nil, err
	}
	go func() {
		defer m.serving.Done()
		m.pump(st, in)
		m.hangUp(st)()
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
	st, err := m.openStream(ctx, cancel, out)
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
	wait := m.hangUp(st)
	sent := make(chan struct{})
	go func() { // a send that waits for its receiver ends when serve has returned
		defer m.serving.Done()
		wait()
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

// callOutlet is an Outlet that is a call.
type callOutlet struct {
	mu     sync.Mutex // one call at a time
	call   func(StreamOutput) error
	failed func()
}

// Send implements Outlet.
func (o *callOutlet) Send(ctx context.Context, output StreamOutput) bool {
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

// openStream makes a new stream known; the attachments that waited for it
// start. It ends with ctx, which is cancelled at once if it cannot be opened, and
// counts as one of the what the manager serves.
func (m *Manager) openStream(ctx context.Context, cancel func(), out Outlet) (*stream, error) {
	who := requesterOf(types.FromContext(ctx))
	if conn := ctx.Value(connKey{}); conn != nil {
		who.conn = conn
	}
	if who.id == "" {
		who = requester{}
	}
	st := &stream{place: newPlace(who, out), ctx: ctx, cancel: cancel}
	if err := m.addServing(); err != nil {
		cancel()
		return nil, err
	}
	r := &m.requesters
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stream(who) != nil {
		cancel()
		m.serving.Done()
		return nil, &ExecSessionError{Code: ErrCodeSessionExists, Message: "requester \"" + who.id + "\" has a stream already"}
	}
	st.unlink = context.AfterFunc(m.streamsLife, cancel)
	r.streams = append(r.streams, st)
	if m.sink == nil {
		r.bind(st)
	}
	return st, nil
}

// bind gives a new stream what waited for it; of two attachments to one session
// the newer. The caller holds mu.
func (r *requesters) bind(st *stream) {
	r.waiting = slices.DeleteFunc(r.waiting, func(p *place) bool {
		if st.who.id != "" && p.who != st.who {
			return false
		}
		for s, a := range p.attached {
			if old := st.attached[s]; old != nil {
				old.drop()
			}
			st.attached[s] = a
			s.heard(a)
		}
		p.waiting.to = st.out
		close(p.waiting.bound)
		p.waiting = nil
		return true
	})
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
	s, err := m.active(input.SessionID)
	if err != nil {
		return
	}
	r := &m.requesters
	r.mu.Lock()
	a := st.attached[s]
	if p := r.sinks[st.who]; a == nil && p != nil {
		a = p.attached[s]
	}
	r.mu.Unlock()
	switch {
	case a == nil:
		s.typeUnattached(st.ctx, input.Data)
	case a.life.Err() != nil:
		a.typeLate(st.ctx, input.Data)
	default:
		a.Type(st.ctx, input.Data)
	}
}

// hangUp forgets st and ends its attachments. The function that it returns
// waits until nobody sends to the stream any more.
func (m *Manager) hangUp(st *stream) (wait func()) {
	st.cancel()
	st.unlink()
	r := &m.requesters
	r.mu.Lock()
	r.streams = slices.DeleteFunc(r.streams, func(o *stream) bool { return o == st })
	st.gone = true
	attached := slices.Collect(maps.Values(st.attached))
	r.mu.Unlock()
	for _, a := range attached {
		a.drop()
		a.s.followLeader()
	}
	return func() {
		for _, a := range attached {
			<-a.done
		}
		st.senders.Wait()
	}
}
