package exec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/pkg/logging"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/timeutil"
	"github.com/xsh-project/xsh/pkg/types"
)

// The settings that a Manager reads, and their defaults.
const (
	// SettingBufferBytes is the capacity of each session's output buffer;
	// DefaultOutputBufferSize if it is not set.
	SettingBufferBytes = "exec.buffer_bytes"
	// SettingHistory is how many lines of scrollback each session keeps; 0
	// means the default, negative none.
	SettingHistory = "exec.history"
	// SettingEndedSessions is how many ended sessions are kept; 50 if it is not
	// set.
	SettingEndedSessions = "exec.ended_sessions"
	// SettingEndedHours is for how many hours an ended session is kept; 24 if it
	// is not set.
	SettingEndedHours = "exec.ended_hours"

	defaultEndedSessions = 50
	defaultEndedHours    = 24
)

// ManagerConfig configures the Manager.
type ManagerConfig struct {
	Logger          logging.Logger    // nil → nothing is logged
	Settings        settings.Provider // nil → defaults; one that changes counts for what begins after
	Handlers        map[string]Handler
	Sink            OutputSink      // nil → ChannelSink created by Stream()
	TerminalFactory TerminalFactory // nil → NewRealTerminalFactory()
	Clock           timeutil.Clock  // nil → timeutil.RealClock
	// Keeper holds the sessions of handlers that can adopt, so that they
	// outlive this process; nil → none does.
	Keeper Keeper
}

// Manager manages the lifecycle of terminal sessions within a plugin process.
// All methods may be called concurrently. Where a method takes a session's ID
// it takes a session's name as well.
type Manager struct {
	log         logging.Logger
	handlers    map[string]Handler // immutable
	sink        OutputSink         // immutable; nil → each stream's own channel
	keeper      Keeper             // immutable; nil → sessions end with the process
	newTerminal TerminalFactory
	clock       timeutil.Clock
	settings    settings.Provider // read whenever a session begins, or ended ones are looked at

	events     *events
	requesters requesters

	// The lives of all sessions, and of all streams and attachments. Sessions
	// end first, so that clients can be told how.
	sessionsLife, streamsLife context.Context
	endSessions, endStreams   context.CancelFunc
	supervisors, serving      sync.WaitGroup // the goroutines of either
	dropping                  sync.WaitGroup // goroutines that have the keeper forget a session

	beginning sync.RWMutex // held, for reading, while a session begins, and by Suspend until it is undone
	suspended atomic.Bool

	mu       sync.Mutex // guards the fields below; held for no longer than a look-up, and taken before any session's
	sessions map[string]*session
	order    []*session // as in sessions, oldest first
	closed   bool
}

// NewManager creates a new Manager with the given config.
func NewManager(cfg ManagerConfig) *Manager {
	m := &Manager{
		log:         cfg.Logger,
		handlers:    maps.Clone(cfg.Handlers),
		newTerminal: cfg.TerminalFactory,
		sink:        cfg.Sink,
		keeper:      cfg.Keeper,
		requesters:  requesters{sinks: make(map[requester]*place), opened: make(chan struct{})},
		clock:       cfg.Clock,
		settings:    cfg.Settings,
		sessions:    make(map[string]*session),
	}
	if m.log == nil {
		m.log = logging.Discard()
	}
	if m.newTerminal == nil {
		m.newTerminal = NewRealTerminalFactory()
	}
	if m.clock == nil {
		m.clock = timeutil.RealClock{}
	}
	m.events = newEvents(m.clock)
	for _, h := range m.handlers {
		if h.OnStop != nil {
			h.OnStop(m.stopChanged)
		}
	}
	m.sessionsLife, m.endSessions = context.WithCancel(context.Background())
	m.streamsLife, m.endStreams = context.WithCancel(context.Background())
	return m
}

// limits are what the settings give a session.
type limits struct {
	bufferBytes int
	history     int // as SettingHistory
}

// limits reads them for a session that begins.
func (m *Manager) limits() limits {
	return limits{
		bufferBytes: settings.Int(m.settings, SettingBufferBytes, DefaultOutputBufferSize),
		history:     settings.Int(m.settings, SettingHistory, 0),
	}
}

// GetSupportedResources returns the handlers, ordered by key.
func (m *Manager) GetSupportedResources(_ *types.PluginContext) []Handler {
	var all []Handler
	for _, k := range m.handlerKeys() {
		all = append(all, m.handlers[k])
	}
	return all
}

func (m *Manager) handlerKeys() []string { return slices.Sorted(maps.Keys(m.handlers)) }

// CreateSession creates a new terminal session with a given command. It
// returns once the handler has started the program. The session lives until
// its program ends or it is closed, whatever becomes of the request.
//
// It returns ErrHandlerNotFound, ErrSessionExists for an ID or name in use,
// and ErrTerminalError if the handler could not start the program or the
// options are not valid. A handler that starts programs on a terminal alone does
// so whatever SessionOptions.TTY says.
func (m *Manager) CreateSession(pluginctx *types.PluginContext, opts SessionOptions) (*Session, error) {
	s, err := m.create(pluginctx, opts, nil)
	if err != nil {
		return nil, err
	}
	return s.snapshot(), nil
}

// create is CreateSession. What the program prints is not read before hold,
// which may be nil, is closed.
func (m *Manager) create(pluginctx *types.PluginContext, opts SessionOptions, hold <-chan struct{}) (*session, error) {
	key := handlerKey(opts.ResourcePlugin, opts.ResourceKey)
	h, ok := m.handlers[key]
	if !ok {
		return nil, NewHandlerNotFoundError(key, m.handlerKeys())
	}
	if err := check(h, key, &opts); err != nil {
		return nil, err
	}
	limits := m.limits()
	m.beginning.RLock()
	defer m.beginning.RUnlock()
	s, err := m.reserve(requesterOf(pluginctx), key, h, opts, limits)
	if err != nil {
		return nil, err
	}
	defer m.supervisors.Done()
	if err := s.start(pluginctx, opts, hold); err != nil {
		s.cancel()
		m.drop(s)
		s.wg.Wait()
		return nil, handlerError(s.id, err)
	}
	m.publish(s)
	m.log.Info("session started", "session", s.id, "handler", key)
	m.events.add(Event{Kind: EventCreated, Session: s.id, Name: s.name()})
	return s, nil
}

// check completes opts and says what is wrong with them.
func check(h Handler, key string, opts *SessionOptions) error {
	if opts.Size == (Size{}) {
		opts.Size = Size{InitialRows, InitialCols}
	}
	if h.CommandHandler == nil && h.TTYHandler != nil {
		opts.TTY = true
	}
	switch {
	case !opts.Size.Valid():
		return NewTerminalError(opts.ID, errBadSize(opts.Size))
	case opts.TTY && h.TTYHandler == nil:
		return NewTerminalError(opts.ID, fmt.Errorf("handler %q has no sessions with a terminal", key))
	case !opts.TTY && h.CommandHandler == nil:
		return NewTerminalError(opts.ID, fmt.Errorf("handler %q starts nothing", key))
	}
	if err := CheckID(opts.ID); opts.ID != "" && err != nil {
		return NewTerminalError("", err)
	}
	for _, name := range []string{opts.Name, opts.NameHint} {
		if err := CheckName(name); name != "" && err != nil {
			return NewTerminalError(opts.ID, err)
		}
	}
	return nil
}

// reserve makes the session known under its ID and name, so that no other can
// take them. The manager's Close waits until the caller calls supervisors.Done.
func (m *Manager) reserve(creator requester, key string, h Handler, o SessionOptions, l limits) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errManagerClosed()
	}
	s := &session{
		m: m, id: o.ID, creator: creator, handler: h,
		opts: o, limits: l,
	}
	s.done = make(chan struct{})
	command := o.Command
	if len(command) == 0 {
		command = h.DefaultCommand
	}
	if s.id == "" {
		s.id = m.newID()
	}
	name, err := m.freeName(s.id, o)
	if err != nil {
		return nil, err
	}
	s.info = *(Session{
		ID: s.id, Name: name, Handler: key, Command: command,
		Params: o.Params, Labels: o.Labels, CreatedAt: m.clock.Now(),
	}).clone()
	s.info.Dir, _ = o.ResourceData[DataDir].(string)
	if o.TTY {
		s.info.Size = o.Size
	}
	s.ctx, s.cancel = context.WithCancel(m.sessionsLife)
	if old := m.sessions[s.id]; old != nil {
		m.forget(old) // ended, or freeName had refused
	}
	if m.keeps(h, o.TTY) {
		s.kept = m.newKept(s.id, l.bufferBytes)
	}
	if s.kept != nil {
		s.log = outlog.New(s.kept)
	} else {
		s.log = outlog.NewHeap(l.bufferBytes)
	}
	s.prepare()
	m.sessions[s.id] = s
	m.order = append(m.order, s)
	m.supervisors.Add(1)
	return s, nil
}

// publish lets others see a session that has started.
func (m *Manager) publish(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.started = true
}

// taken reports whether an active session is known as ref. The caller holds mu.
func (m *Manager) taken(ref string) bool {
	s := m.find(ref)
	return s != nil && !s.ended()
}

// inUse returns the IDs and names of the active sessions. The caller holds mu.
func (m *Manager) inUse() map[string]bool {
	all := make(map[string]bool, 2*len(m.order))
	for _, s := range m.order {
		if !s.ended() {
			all[s.id], all[s.name()] = true, true
		}
	}
	return all
}

// find returns the active session with this ID or, failing that, this name,
// else the ended one with this ID, else the newest with this name; nil if
// there is none. The caller holds mu.
func (m *Manager) find(ref string) *session {
	found := m.sessions[ref]
	if found != nil && !found.ended() {
		return found
	}
	for _, s := range slices.Backward(m.order) {
		if s.name() != ref {
			continue
		}
		if !s.ended() {
			return s
		}
		if found == nil {
			found = s
		}
	}
	return found
}

// session returns the session known as ref, or ErrSessionNotFound.
func (m *Manager) session(ref string) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(ref)
	if s == nil || !s.started {
		return nil, NewSessionNotFoundError(ref)
	}
	return s, nil
}

// active is session for a call that makes no sense once the program has
// ended; then it returns ErrSessionClosed.
func (m *Manager) active(ref string) (*session, error) {
	s, err := m.session(ref)
	if err != nil {
		return nil, err
	}
	if s.ended() {
		return nil, NewSessionClosedError(ref)
	}
	return s, nil
}

// drop makes the manager forget s.
func (m *Manager) drop(s *session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(s)
}

// forget is drop for a caller that holds mu. A client that is still reading
// what the session left reads it to its end.
func (m *Manager) forget(s *session) {
	if m.sessions[s.id] == s {
		delete(m.sessions, s.id)
	}
	m.order = slices.DeleteFunc(m.order, func(o *session) bool { return o == s })
	m.requesters.forget(s)
	if s.kept != nil {
		m.dropping.Go(s.forgetKept) // may wait for the keeper, which mu must not
	}
}

// GetSession returns a session by ID. An ended one is found until it is
// removed; its Exit is set.
func (m *Manager) GetSession(_ *types.PluginContext, sessionID string) (*Session, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	return s.snapshot(), nil
}

// ListSessions returns a list of details for all active sessions, oldest
// first.
func (m *Manager) ListSessions(_ *types.PluginContext) ([]*Session, error) {
	return m.list(func(s *session) bool { return !s.ended() }), nil
}

func (m *Manager) list(want func(*session) bool) []*Session {
	policy := newEndedPolicy(m.settings)
	m.mu.Lock()
	m.prune(policy)
	all := slices.DeleteFunc(slices.Clone(m.order), func(s *session) bool { return !s.started })
	m.mu.Unlock()
	list := []*Session{}
	for _, s := range all {
		if want(s) {
			v := s.snapshot()
			v.Command = briefCommand(v.Command)
			list = append(list, v)
		}
	}
	return list
}

// CloseSession cancels the session's context, triggering cleanup. It does not
// wait for the program's end. It returns ErrSessionClosed for a session that
// has ended.
func (m *Manager) CloseSession(_ *types.PluginContext, sessionID string) error {
	s, err := m.active(sessionID)
	if err != nil {
		return err
	}
	s.cancel()
	return nil
}

// Close cancels all active sessions and waits for their goroutines to finish.
// Every stream and attachment ends. It may be called twice. It returns also when
// a handler, an OutputSink or a Clock does not: what waits for those it leaves
// behind after closeWait.
func (m *Manager) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.endSessions()
	waitFor(&m.supervisors, closeWait)
	// Clients may take a moment to be told how their sessions ended.
	for _, a := range m.attachments() {
		select {
		case <-a.done:
			continue
		case <-time.After(lastWords):
		}
		break
	}
	m.endStreams()
	waitFor(&m.serving, closeWait)
	waitFor(&m.dropping, closeWait)
}

const (
	// lastWords is how long a client may take to be told how its session ended.
	lastWords = time.Second

	// closeWait bounds what Close waits for foreign code.
	closeWait = 10 * time.Second
)

// waitFor waits for goroutines, but not for ever: one of them may be in code
// that is not ours.
func waitFor(wg *sync.WaitGroup, most time.Duration) {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}

// attachments returns all that there are.
func (m *Manager) attachments() []*Attachment {
	m.mu.Lock()
	order := slices.Clone(m.order)
	m.mu.Unlock()
	var all []*Attachment
	for _, s := range order {
		s.mu.Lock()
		all = append(all, s.clients.all...)
		s.mu.Unlock()
	}
	return all
}

// addServing counts one more goroutine that serves clients; whoever calls it
// calls serving.Done when that has ended.
func (m *Manager) addServing() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errManagerClosed()
	}
	m.serving.Add(1)
	return nil
}

func errManagerClosed() error {
	return &ExecSessionError{Code: ErrCodeSessionClosed, Message: "the session manager is closed"}
}

var (
	errNoSignals     = errors.New("the session's handler can send no signals")
	errUnknownSignal = errors.New("the session's handler does not know this signal")
)
