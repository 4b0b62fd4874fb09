package exec

import (
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// toldAt is the offset behind what an effect is for.
func (s *session) toldAt() int64 {
	return s.screen.EffectOffset()
}

// changeState has a source tell something else. If the session is in another state
// then, an event with the offset says so; but not where marks tell it, or progress,
// which are events themselves. The offset of what another server took in is below 0.
func (s *session) changeState(offset int64, change func(*states)) {
	t := &s.told
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.state()
	change(&t.states)
	now := t.state()
	if offset < 0 || before.same(now) || before.Source == SourceShell && now.Source == SourceShell {
		return
	}
	if now.Source != SourceReport && !t.spend(s.m.clock.Now()) {
		return
	}
	ev := Event{
		Kind: EventState, Session: s.id, Name: t.name, Offset: offset,
		State: string(now.Name), Body: now.Message, Source: now.Source,
	}
	if now.Name == StateUnknown {
		ev.State = "unknown"
	}
	if now.Progress != nil {
		ev.Progress = &Progress{State: progressState(1), Percent: *now.Progress}
	}
	s.m.events.add(ev) // with mu held, so that the newest event tells what is the case
}

// signalState takes in what the program's terminal was told. The caller holds the
// screen's lock.
func (s *session) signalState(to State, notified bool) {
	at := s.toldAt()
	offset := at
	if at <= s.told.before {
		offset = -1
	}
	if to.Name != StateUnknown {
		to.Since, to.Source = s.m.clock.Now(), SourceTerminal
	}
	s.changeState(offset, func(st *states) {
		if at > st.knownAt {
			st.signalled, st.notified = to.succeed(st.signalled), notified
		}
	})
}

// signalProgress takes in OSC 9;4, whose states are none, normal, error,
// indeterminate and paused.
func (s *session) signalProgress(state, done int) {
	switch progressState(state) {
	case "normal":
		s.signalState(State{Name: StateWorking, Progress: &done}, false)
	case "indeterminate":
		s.signalState(State{Name: StateWorking}, false)
	case "error":
		s.signalState(State{Name: StateFailed}, false)
	case "paused":
		s.signalState(State{Name: StateBlocked}, false)
	default:
		s.signalState(State{}, false)
	}
}

// signalNotification takes in a notification.
func (s *session) signalNotification(title, body string) {
	message := title
	if title == "" || body == "" {
		message += body
	} else {
		message += ": " + body
	}
	s.signalState(State{Name: StateBlocked, Message: shortened(message)}, true)
}

// answered takes a notification for answered: somebody types.
func (s *session) answered() {
	s.told.mu.Lock()
	waits := s.told.states.notified && s.told.states.signalled.Name != StateUnknown
	s.told.mu.Unlock()
	if !waits {
		return
	}
	_, end := s.log.Offsets()
	s.changeState(end, func(st *states) {
		if st.notified {
			st.signalled, st.notified = State{}, false
		}
	})
}

// stateBy is the state that the session was in by an event; StateUnknown for events
// of something else. A shell's marks tell it where no other source does.
func (t *told) stateBy(ev Event) StateName {
	if ev.Kind == EventState {
		return StateName(ev.State)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.states.reported.Name != StateUnknown || t.states.signalled.Name != StateUnknown:
		return StateUnknown
	case ev.Kind == EventCommandStarted:
		return StateWorking
	case ev.Kind == EventPrompt:
		return StateIdle
	}
	return StateUnknown
}

// keptStates are the states that a session's record has.
func (t *told) keptStates() (reported, signalled *typespb.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.states.notified { // a source of its own in the record tells it from a progress
		kept := t.states.signalled
		kept.Source = keptNotification
		return stateToProto(t.states.reported), stateToProto(kept)
	}
	return stateToProto(t.states.reported), stateToProto(t.states.signalled)
}

const keptNotification StateSource = "notification"

// adoptStates takes over what another server was told, as its record has it. shown
// is the state that the session had.
func (t *told) adoptStates(record *xshpb.KeptSession, shown State) {
	st := &t.states
	st.knownAt = record.GetOffset()
	st.reported, st.signalled = stateFromProto(record.GetReported()), stateFromProto(record.GetSignalled())
	if st.signalled.Source == keptNotification {
		st.notified, st.signalled.Source = true, SourceTerminal
	}
	if shown.Source == SourceShell {
		t.began, st.promptAt, t.running = shown.Since, shown.Since, shown.Message
	}
}
