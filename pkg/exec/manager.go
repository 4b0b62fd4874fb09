package exec

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/pkg/logging"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/timeutil"
	"github.com/xsh-project/xsh/pkg/types"
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
	// Store has on disk what sessions with SessionOptions.Persist need to be
	// started again after the machine has gone down; nil → nothing is kept there.
	Store Store
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

	rules      ruleSet
	storing    *storing
	histories  screen.Budget // of all sessions' screens
	catching   chan struct{} // holds one while an adopted session's screen catches up
	events     *events
	requesters requesters

	// The lives of all sessions, and of all streams and attachments. Sessions
	// end first, so that clients can be told how.
	sessionsLife, streamsLife context.Context
	endSessions, endStreams   context.CancelFunc
	supervisors, serving      sync.WaitGroup // the goroutines of either
	dropping                  sync.WaitGroup // goroutines that have the keeper forget a session

	// entering is held, for reading, while a session is made known that is to begin, and
	// joining while one whose program was started becomes one of those that others see.
	// Suspend holds both until it is undone. In between foreign code starts the program.
	entering, joining sync.RWMutex
	suspended         atomic.Bool

	mu       sync.Mutex // guards the fields below; held for no longer than a look-up, and taken before any session's
	sessions map[string]*session
	order    []*session // as in sessions, oldest first
	closed   bool
}

var _ SessionProvider = (*Manager)(nil)

// NewManager creates a new Manager with the given config.
func NewManager(cfg ManagerConfig) *Manager {
	m := &Manager{
		log:         cfg.Logger,
		handlers:    maps.Clone(cfg.Handlers),
		newTerminal: cfg.TerminalFactory,
		sink:        cfg.Sink,
		keeper:      cfg.Keeper,
		clock:       cfg.Clock,
		settings:    cfg.Settings,
		sessions:    make(map[string]*session),
		catching:    make(chan struct{}, 1),
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
	m.histories.SetLimit(int64(m.limits().histories))
	m.events = newEvents(m.clock, cfg.Keeper)
	m.storing = newStoring(cfg.Store)
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
	sessions    int // that may be active, with it
	histories   int // bytes of scrollback of all sessions
}

// limits reads them for a session that begins.
func (m *Manager) limits() limits {
	return limits{
		bufferBytes: settings.Int(m.settings, SettingBufferBytes, DefaultOutputBufferSize),
		history:     settings.Int(m.settings, SettingHistory, 0),
		sessions:    settings.Int(m.settings, SettingMaxSessions, defaultMaxSessions),
		histories:   settings.Int(m.settings, SettingHistoryBytes, defaultHistoryBytes),
	}
}

// clipboard reads the setting for a client that attaches.
func (m *Manager) clipboard() string {
	return settings.String(m.settings, SettingClipboard, ClipboardLeader)
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

const (
	// lastWords is how long a client may take to be told how its session ended.
	lastWords = time.Second

	// closeWait bounds what Close waits for foreign code.
	closeWait = 10 * time.Second
)

// waitFor waits for goroutines, but not for ever: one of them may be in code
// that is not ours. It reports whether all have ended.
func waitFor(wg *sync.WaitGroup, most time.Duration) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
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

// Watch implements Watcher.
func (m *Manager) Watch(ctx context.Context, after int64, sessions ...string) iter.Seq2[Event, error] {
	last := m.events.last()
	switch {
	case after < 0:
		after = last
	case after > last:
		after = 0
	}
	return func(yield func(Event, error) bool) {
		var missed int64
		var wakes flood
		for {
			list, gap, more := m.events.after(after)
			missed += gap
			for _, ev := range list {
				after = ev.Number
				if len(sessions) > 0 && !slices.Contains(sessions, ev.Session) {
					continue
				}
				ev.Missed, missed = missed, 0
				if !yield(ev, nil) {
					return
				}
			}
			if len(list) > 0 {
				continue
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			case <-m.streamsLife.Done():
				yield(Event{}, errManagerClosed())
				return
			}
			select {
			case <-wakes.pause():
			case <-ctx.Done():
				return
			case <-m.streamsLife.Done(): // and tell what came before
			}
		}
	}
}
