package client

import (
	"fmt"
	"time"

	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// next returns the next event of what was received.
func (l *link) next(now time.Time) event {
	for {
		if len(l.events) > 0 {
			e := l.events[0]
			l.events = append(l.events[:0], l.events[1:]...)
			return e
		}
		if l.conn == nil {
			return event{}
		}
		f, ok, err := l.in.Next()
		if err != nil {
			l.breaks(err, now)
			continue
		}
		if !ok {
			return event{}
		}
		e, err := l.take(f)
		if err != nil {
			l.refused(err, now)
			continue
		}
		if e.kind != eventNone {
			return e
		}
	}
}

// refused takes in an error that came from the server or from what it sent.
func (l *link) refused(err error, now time.Time) {
	if l.attached {
		l.breaks(err, now)
	} else {
		l.over(err)
	}
}

// take makes an event of a frame, or does what it asks for.
func (l *link) take(f stream.Frame) (event, error) {
	if l.hello == nil && f.Type != stream.Status { // one that refuses all may not say hello
		hello, err := readHello(f)
		l.hello = hello
		if l.phase == phaseGreeting {
			l.due = time.Time{} // it may take its time: a program may have to be started
			if l.attached {
				l.due = l.heard.Add(l.times.silence)
			}
		}
		return event{}, err
	}
	switch f.Type {
	case stream.Output:
		return l.takeOutput(f)
	case stream.Typed:
		upTo, err := stream.ParseCount(f.Payload)
		l.typed.arrived(upTo)
		return event{}, err
	case stream.Told:
		e := event{kind: eventTold, told: &execpb.Session{}}
		return e, unmarshal(f, e.told)
	case stream.Ping:
		l.out = stream.Append(l.out, stream.Pong, f.Payload)
	case stream.Attached:
		return l.takeAttached(f)
	case stream.Detached:
		e := event{kind: eventDetached, reply: &execpb.AttachSessionResponse{}}
		err := unmarshal(f, e.reply)
		l.hangUp()
		l.phase, l.due = phaseOver, time.Time{}
		return e, err
	case stream.Ended:
		return l.takeEnded(f)
	case stream.Status:
		err := statusError(f)
		if err == nil {
			err = fmt.Errorf("%w: a status that says nothing", stream.ErrProtocol)
		}
		return event{}, err
	}
	return event{}, nil
}

func (l *link) takeAttached(f stream.Frame) (event, error) {
	e := event{kind: eventAttached, reply: &execpb.AttachSessionResponse{}}
	if err := unmarshal(f, e.reply); err != nil || l.phase != phaseGreeting {
		return event{}, err
	}
	r := e.reply.GetReply()
	e.resumed = r.GetResumed() && l.request.GetOptions().ResumeOffset != nil
	if !l.attached {
		// The next connections come back to what this one has made.
		l.attached = true
		l.request.Session, l.request.Create, l.request.OrExisting = e.reply.GetSession().GetId(), nil, false
		l.request.GetOptions().DetachOthers = false
	}
	l.lost += l.typed.resume(r.GetTyped(), r.GetTypedUnknown())
	if e.resumed {
		l.offset, l.whole = l.request.GetOptions().GetResumeOffset(), true
	} else {
		// Where the rest of a replay follows, the output says when that is whole.
		l.offset, l.whole = r.GetOffset(), !r.GetRest()
	}
	// What the terminal took meanwhile was the output of the connection before.
	l.shown, l.told, l.tells = 0, 0, false
	l.phase, l.due, l.broken, l.since = phaseAttached, time.Time{}, time.Time{}, l.heard
	return e, nil
}

func (l *link) takeOutput(f stream.Frame) (event, error) {
	o, err := stream.ParseOutput(f.Payload)
	if err != nil {
		return event{}, err
	}
	l.typed.arrived(o.Typed)
	switch {
	case o.Flags&stream.Drawn == 0:
		l.offset, l.whole = o.Offset+int64(len(o.Data)), true
	default:
		l.offset, l.whole = o.Offset, o.Flags&stream.Whole != 0
	}
	return event{kind: eventOutput, output: o}, nil
}

func (l *link) takeEnded(f stream.Frame) (event, error) {
	p := &execpb.StreamOutput{}
	if err := unmarshal(f, p); err != nil {
		return event{}, err
	}
	e := event{end: exec.NewStreamOutputFromProto(p)}
	if e.end.Signal == exec.StreamSignalError {
		e.kind = eventFailure
		return e, nil
	}
	e.kind = eventEnded
	l.hangUp()
	l.phase, l.due = phaseOver, time.Time{}
	return e, nil
}

// tookOutput is called when the terminal has taken bytes of this connection's
// output. Soon after shownStep bytes were taken the server hears of it; with idle, that
// the terminal has caught up, it hears of all.
func (l *link) tookOutput(n int, idle bool) {
	l.shown += int64(n)
	if l.phase == phaseAttached && (l.shown-l.told >= shownStep || idle && l.shown > l.told) {
		l.tells = true
	}
}

// tellShown tells the server what was shown, if it is to know and it is time.
func (l *link) tellShown(now time.Time) {
	if l.tells && l.phase == phaseAttached && now.Sub(l.toldAt) >= shownEvery {
		l.told, l.toldAt, l.tells = l.shown, now, false
		l.out = stream.AppendCount(l.out, stream.Shown, l.shown)
	}
}
