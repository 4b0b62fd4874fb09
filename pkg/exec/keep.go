package exec

import (
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/internal/vt"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// newKept makes the memory of a new session; an error, with a word in the log, if
// the system has none.
func (m *Manager) newKept(id string, bufferBytes int) (*kept, error) {
	limits := shmem.Limits{Log: max(bufferBytes, outlog.MinCapacity)}
	memory, err := shmem.Create("xsh-"+id, limits)
	if errors.Is(err, shmem.ErrUnsupported) {
		// Where files may not be so large (ulimit -f) the history is stored with the screen.
		limits.History = 1
		memory, err = shmem.Create("xsh-"+id, limits)
	}
	if err != nil {
		m.log.Warn("a session ends with its server", "session", id, "error", err)
		return nil, err
	}
	return newKept(id, memory), nil
}

// hold has the keeper hold a session that has started.
func (s *session) hold() {
	if s.kept == nil {
		return
	}
	s.save()
	k := s.asKept()
	// A copy that stayed would wake the server at each key; see internal/poll.
	defer k.Terminal.Close()
	if err := s.m.keeper.Hold(k); err != nil {
		s.m.log.Warn("the keeper does not hold a session", "session", s.id, "error", err)
		s.mu.Lock()
		s.info.KeepProblem = err.Error()
		s.mu.Unlock()
	}
}

// asKept returns the session as a keeper holds it. Its terminal, if it has one
// still, is a copy that the caller closes.
func (s *session) asKept() Kept {
	k := Kept{ID: s.id, Memory: s.kept.File(), Exit: s.snapshot().Exit}
	if k.Exit == nil {
		k.Terminal = s.tty.copy()
	}
	if s.handler.PID != nil {
		k.PID = s.handler.PID(s.id)
	}
	return k
}

// maxKeptOptions bounds what a record has of a session's options, which are for
// Respawn alone: the rest of the record is to have room.
const maxKeptOptions = 32 << 10

// save stores the session's record.
func (s *session) save() {
	if s == nil || s.kept == nil {
		return
	}
	s.kept.saving.Lock()
	defer s.kept.saving.Unlock()
	s.mu.Lock()
	info := s.info.clone()
	info.Typists = s.typist.last.forRecord()
	_, end := s.log.Offsets() // before a look at what the shell does
	s.told.describe(info)
	reported, signalled := s.told.keptStates()
	due := s.respawnDue
	s.mu.Unlock()
	record := &xshpb.KeptSession{
		Version: stateVersion, Session: info.ToProto(), History: int32(s.limits.history), Offset: end,
		Reported: reported, Signalled: signalled, RespawnDue: due, QuickEnds: int32(s.quickEnds),
	}
	if o, err := s.opts.ToProto(); err == nil && proto.Size(o) <= maxKeptOptions {
		record.Options = o
	}
	data, err := proto.Marshal(record)
	if err == nil {
		s.kept.mu.Lock()
		err = s.kept.SetRecord(data)
		s.kept.mu.Unlock()
	}
	if err != nil {
		s.m.log.Warn("store a session's record", "session", s.id, "error", err)
	}
}

// storeScreen stores what the session's terminal shows at an offset, and where its
// history is.
func (s *session) storeScreen(k vt.Kept, offset int64) {
	// First what the program told until then: the next server's model reads only what
	// is behind the stored screen.
	s.save()
	st := k.Stored()
	screen := &xshpb.KeptScreen{
		Version: stateVersion, Offset: offset, Size: sizeToProto(Size(k.Size())), Replay: st.Replay,
		Dropped: int32(st.Dropped), Tail: st.Tail, Continues: st.Continues,
	}
	var err error
	if h := s.kept.history; h != nil {
		if screen.Blocks, err = h.told(); err != nil {
			s.m.log.Warn("store a session's history", "session", s.id, "error", err)
			screen.Dropped = 0
		}
	}
	data, err := proto.Marshal(screen)
	if err == nil {
		s.kept.mu.Lock()
		defer s.kept.mu.Unlock()
		err = s.kept.SetScreen(data)
	}
	switch {
	case err != nil: // the screen is made from what the log still has then
		s.m.log.Warn("store a session's screen", "session", s.id, "error", err)
	case s.kept.history != nil:
		s.kept.history.published(screen.Blocks)
	}
}

// restoreScreen brings a new model to a screen that an earlier server stored.
func (s *session) restoreScreen(model *vt.Terminal, stored *xshpb.KeptScreen) {
	st := vt.Stored{
		Replay: stored.GetReplay(), Dropped: int(stored.GetDropped()), Tail: stored.GetTail(), Continues: stored.GetContinues(),
	}
	var err error
	h := s.kept.history
	if h != nil {
		if st.Blocks, err = h.read(stored.GetBlocks()); err != nil {
			st.Dropped = 0
		}
	}
	blocks, unread := model.Restore(st)
	if err = errors.Join(err, unread); err != nil {
		s.m.log.Warn("a session's history is lost", "session", s.id, "error", err)
	} else if h != nil {
		h.restored(blocks)
	}
}

// forgetKept lets the keeper forget a session.
func (s *session) forgetKept() {
	if s.kept == nil {
		return
	}
	if err := s.m.keeper.Drop(s.id); err != nil {
		s.m.log.Warn("the keeper still holds a session", "session", s.id, "error", err)
	}
}

// Kept returns all that the keeper holds, or should hold, for one that takes its
// place. The files stay the Manager's.
func (m *Manager) Kept() (all []Kept) {
	for _, s := range m.begun() {
		if s.kept != nil {
			all = append(all, s.asKept())
		}
	}
	return all
}

// keeps reports whether a session is held by the keeper.
func (m *Manager) keeps(h Handler, tty bool) bool {
	return m.keeper != nil && tty && h.Adopt != nil && h.PID != nil
}
