package exec

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Adopt takes over sessions that another server ran, which does so no more:
// attached clients come back to them by their offsets. The error of each session
// that cannot be adopted names it; such a session is left to its keeper. The pty
// of an adopted one is read from here on, or from Kept.Begin.
func (m *Manager) Adopt(all []Kept) []error {
	var errs []error
	var adopted []*session
	for _, k := range all {
		s, err := m.adopt(k)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		adopted = append(adopted, s)
	}
	m.tellLeaders(adopted)
	return errs
}

func (m *Manager) adopt(k Kept) (*session, error) {
	memory, err := openKept(k.ID, k.Memory)
	if err != nil {
		return nil, err
	}
	record, err := memory.readRecord()
	if err != nil {
		return nil, err
	}
	info := NewSessionFromProto(record.GetSession())
	h, ok := m.handlers[info.Handler]
	if !ok || h.Adopt == nil {
		return nil, fmt.Errorf("session %q: its handler %q adopts no sessions", k.ID, info.Handler)
	}
	ended := info.Exit != nil // and all is stored
	if ended && k.Terminal == nil {
		k.Terminal, err = os.Open(os.DevNull)
	}
	var term Terminal
	if err == nil {
		term, err = adoptTerminal(k.Terminal)
	}
	if err != nil {
		return nil, fmt.Errorf("session %q: %w", k.ID, err)
	}
	s := m.adopted(info, h, memory, record)
	if s.tty, err = newTTY(term, &s.wg); err != nil {
		term.Close()
		return nil, fmt.Errorf("session %q: %w", k.ID, err)
	}
	if !k.NoModel {
		s.screen = s.adoptScreen()
	}
	s.ctx, s.cancel = context.WithCancel(m.sessionsLife)
	if ended {
		s.adoptEnd()
	}
	if err := m.admit(s); err != nil {
		s.cancel()
		term.Close()
		return nil, err
	}
	defer m.supervisors.Done()
	s.wg.Go(func() { s.catchUp(k.Begin) })
	if !ended {
		s.runAdopted(k)
		s.expiry.begin()
		m.applyRules(s)
	} else if s.respawnDue {
		m.supervisors.Go(s.afterEnd)
	}
	s.storeLater()
	m.events.add(Event{Kind: EventAdopted, Session: s.id, Name: s.name()})
	m.log.Info("session adopted", "session", s.id, "program", k.PID)
	return s, nil
}

// adopted makes a session of what an earlier server kept of it, without its terminal and
// its screen.
func (m *Manager) adopted(info *Session, h Handler, memory *kept, record *xshpb.KeptSession) *session {
	s := &session{m: m, id: info.ID, made: made{handler: h}, parts: parts{kept: memory}}
	s.started = true
	s.limits = limits{bufferBytes: memory.Capacity(), history: int(record.GetHistory())}
	s.done = make(chan struct{})
	s.leading.told = unknownLeader
	s.info = *info
	if info.Exit == nil {
		s.info.EndedAt = time.Time{}
	}
	if s.info.SizePolicy == "" { // of a server that knew no other
		s.info.SizePolicy = SizeLeader
	}
	sizes := memory.sizeChanges()
	if n := len(sizes); n > 0 {
		s.info.Size = Size(sizes[n-1].Size)
	}
	s.log = outlog.New(memory, sizes...)
	s.prepare()
	s.quickEnds, s.respawnDue = int(record.GetQuickEnds()), record.GetRespawnDue()
	if o := record.GetOptions(); o != nil {
		s.opts = *NewSessionOptionsFromProto(o)
	}
	_, s.told.before = s.log.Offsets()
	s.told.title, s.told.dir = info.Title, info.Dir
	if record.GetOffset() == s.told.before {
		s.told.shell, s.told.promptAt = info.Shell, s.told.before
	}
	s.told.adoptStates(record, info.State)
	s.typist.last = info.Typists[:min(len(info.Typists), maxTypists)]
	return s
}

// admit makes an adopted session known. The manager's Close waits until the
// caller calls supervisors.Done.
func (m *Manager) admit(s *session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errManagerClosed()
	}
	if old := m.find(s.id); old != nil {
		return NewSessionExistsError(s.id)
	}
	m.sessions[s.id] = s
	// A keeper that had them from systemd does not know in which order they came.
	at := len(m.order)
	for at > 0 && m.order[at-1].info.CreatedAt.After(s.info.CreatedAt) {
		at--
	}
	m.order = slices.Insert(m.order, at, s)
	m.supervisors.Add(1)
	return nil
}

// adoptScreen makes the model of an adopted session from the screen that was
// stored and the output behind it.
func (s *session) adoptScreen() *screen.Screen {
	stored := s.kept.readScreen()
	_, end := s.log.Offsets()
	cfg := s.screenConfig()
	cfg.Adopted, cfg.HeardBefore = true, end
	if size := SizeFromProto(stored.GetSize()); size.Valid() {
		cfg.Size, cfg.BeginOffset = vt.Size(size), stored.GetOffset()
		cfg.Begin = func(model *vt.Terminal) { s.restoreScreen(model, stored) }
	} else if all := s.log.SizeChanges(0); len(all) > 0 {
		cfg.Size = vt.Size(all[0].Size) // noted when the session began
	}
	return screen.New(s.log, cfg)
}

// catchUp has the model take in what an earlier server's did not. The keys of those who
// are attached come first.
func (s *session) catchUp(begin <-chan struct{}) {
	if s.screen != nil {
		s.awaitBegin(begin)
		s.screen.Catch(s.m.catching)
	}
}

// awaitBegin waits until the server before has stopped reading, or the session is over.
func (s *session) awaitBegin(begin <-chan struct{}) {
	if begin == nil {
		return
	}
	select {
	case <-begin:
	case <-s.ctx.Done():
	}
}

// adoptEnd has a session be what it was when an earlier server took it to its
// end.
func (s *session) adoptEnd() {
	s.cancel()
	drained := make(chan error, 1)
	drained <- nil
	s.tty.release(drained)
	close(s.done)
	s.log.Close()
}

// runAdopted reads the terminal and takes the session to its end.
func (s *session) runAdopted(k Kept) {
	stop := make(chan error, 1)
	drained := make(chan error, 1)
	s.programEnded, s.programStops = make(chan ExitStatus, 1), make(chan syscall.Signal, 1)
	if k.Exit != nil {
		s.programEnded <- *k.Exit
	}
	s.wg.Go(func() {
		s.awaitBegin(k.Begin)
		drained <- s.tty.read(s.log)
	})
	err := guard("the handler", func() error {
		return s.handler.Adopt(s.handlerContext(&types.PluginContext{}), AdoptedProgram{
			SessionID: s.id, PID: k.PID, TTY: s.tty.term.SlaveFd(), Ended: s.programEnded, Stops: s.programStops, Stop: stop,
		})
	})
	if err != nil {
		stop <- err
	}
	s.m.supervisors.Go(func() { s.supervise(stop, nil, drained) })
}

// ProgramEnded says how the program of an adopted session ended, which is not a
// child of this process.
func (m *Manager) ProgramEnded(id string, status ExitStatus) {
	s, err := m.session(id)
	if err != nil || s.programEnded == nil {
		return
	}
	select {
	case s.programEnded <- status:
	default: // it was told already
	}
}

// ProgramStopped says that a signal has stopped the program of an adopted session,
// or, with 0, that the program goes on. It may be called by one caller at a time.
func (m *Manager) ProgramStopped(id string, by syscall.Signal) {
	s, err := m.session(id)
	if err != nil || s.programStops == nil {
		return
	}
	select {
	case <-s.programStops: // the handler has not taken it; the newest counts
	default:
	}
	s.programStops <- by
}

// adoptTerminal makes a Terminal of a pty that another process opened. Its
// program's side is opened once more, so that it lasts to the session's end, if
// the system can.
func adoptTerminal(pty *os.File) (Terminal, error) {
	t := &ptyTerminal{held: -1}
	var err error
	if t.pty, err = newPTY(pty); err != nil {
		return nil, fmt.Errorf("adopt its terminal: %w", err)
	}
	pty.Close()
	t.pty.Control(func(fd int) (err error) {
		t.held, err = openPeer(fd)
		return err
	})
	return t, nil
}

// Suspend stops all that changes a session: the reading of its terminal, its end
// and the beginning of others, and stores every screen, so that another server
// can adopt the sessions. resume goes on in case none did; else Abandon follows.
//
// Sessions that are about to begin may do so first, for a moment. Those whose program
// does not start in it, since a disk does not answer, are given up, and their
// CreateSession fails.
func (m *Manager) Suspend() (resume func()) {
	m.entering.Lock()
	m.awaitStarts()
	m.joining.Lock()
	m.giveUpStarts()
	m.suspended.Store(true)
	all := m.begun()
	for _, s := range all {
		if s.kept == nil || s.ended() {
			continue
		}
		s.tty.suspend(s.done)
		s.tty.input.settle(inputWait)
		ctx, cancel := context.WithTimeout(context.Background(), settleWait)
		_, end := s.log.Offsets()
		s.screen.Await(ctx, end)
		cancel()
		s.screen.StoreNow()
		s.save()
	}
	numberOn := m.events.settle()
	return func() {
		numberOn()
		for _, s := range all {
			if s.kept != nil && !s.ended() {
				s.tty.pty.SetReadDeadline(time.Time{})
				s.tty.resume()
			}
		}
		m.letBegin()
		for _, s := range all {
			s.storeLater()
		}
	}
}

// startPatience is how long Suspend waits for sessions that are about to begin.
const startPatience = time.Second

// starting returns the sessions that are about to begin.
func (m *Manager) starting() []*session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.order), func(s *session) bool { return s.started })
}

// awaitStarts waits until no session is about to begin, for startPatience at most.
func (m *Manager) awaitStarts() {
	late := time.After(startPatience) // not the Clock's, which may stand still
	for _, s := range m.starting() {
		select {
		case <-s.startOver:
		case <-late:
			return
		}
	}
}

// giveUpStarts gives up the sessions that are still about to begin. The caller holds
// joining, so that none becomes one of the others meanwhile.
func (m *Manager) giveUpStarts() {
	for _, s := range m.starting() {
		m.log.Warn("a session is given up: its program does not start, and another server takes over", "session", s.id, "name", s.name())
		s.givenUp.Store(true)
		s.cancel()
	}
}

// letBegin lets sessions begin again after Suspend.
func (m *Manager) letBegin() {
	if m.suspended.CompareAndSwap(true, false) {
		m.joining.Unlock()
		m.entering.Unlock()
	}
}

// inputWait is how long Suspend waits for programs to take what was typed.
const inputWait = 100 * time.Millisecond

// Abandon closes the manager without touching the sessions that its keeper
// holds: another server has them. Its clients are cut off.
func (m *Manager) Abandon() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.storing.left.Store(true)
	m.endStreams()
	m.letBegin()
}

// comeBack is how long the clients of adopted sessions may take to come back before
// those sessions count as left.
const comeBack = time.Minute

// tellLeaders has handlers learn who leads the sessions that were adopted, when their
// clients have had time to come back.
func (m *Manager) tellLeaders(adopted []*session) {
	if len(adopted) == 0 || m.addServing() != nil {
		return
	}
	go func() { // ends with the manager
		defer m.serving.Done()
		t := time.NewTimer(comeBack)
		defer t.Stop()
		select {
		case <-t.C:
		case <-m.streamsLife.Done():
			return
		}
		for _, s := range adopted {
			s.tellLeader()
		}
	}()
}
