package exec

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/pkg/types"
)

// CreateSession creates a new terminal session with a given command. It
// returns once the handler has started the program. The session lives until
// its program ends or it is closed, whatever becomes of the request.
//
// It returns ErrHandlerNotFound, ErrSessionExists for an ID or name in use,
// and ErrTerminalError if the handler could not start the program, the options
// are not valid, or there are as many sessions or open files as there may be. A
// handler that starts programs on a terminal alone does so whatever
// SessionOptions.TTY says.
func (m *Manager) CreateSession(pluginctx *types.PluginContext, opts SessionOptions) (*Session, error) {
	s, err := m.create(pluginctx, opts, nil, "", predecessor{})
	if err != nil {
		return nil, err
	}
	return s.snapshot(), nil
}

// create is CreateSession. What the program prints is not read before hold,
// which may be nil, is closed; it follows what the log begins with.
func (m *Manager) create(pluginctx *types.PluginContext, opts SessionOptions, hold <-chan struct{}, before begun, ended predecessor) (*session, error) {
	key := handlerKey(opts.ResourcePlugin, opts.ResourceKey)
	h, ok := m.handlers[key]
	if !ok {
		return nil, NewHandlerNotFoundError(key, m.handlerKeys())
	}
	if err := check(h, key, &opts); err != nil {
		return nil, err
	}
	limits, noRoom := m.limits(), roomForFiles(opts.ID, filesForSession)
	m.histories.SetLimit(int64(limits.histories))
	m.entering.RLock()
	s, err := m.reserve(requesterOf(pluginctx), key, h, opts, limits, noRoom, ended)
	m.entering.RUnlock()
	if err != nil {
		return nil, err
	}
	defer m.supervisors.Done()
	s.begun = before
	err = s.start(pluginctx, opts, hold)
	close(s.startOver)
	if err != nil {
		s.cancel()
		m.drop(s)
		s.wg.Wait()
		return nil, handlerError(s.id, err)
	}
	m.applyRules(s)
	m.log.Info("session started", "session", s.id, "handler", key)
	s.storeSoon(storeWait) // others see it meanwhile, its own program for one
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
	if opts.SizePolicy == "" && opts.TTY {
		opts.SizePolicy = SizeLeader
	}
	switch {
	case opts.SizePolicy != "" && !opts.SizePolicy.known():
		return NewTerminalError(opts.ID, errBadPolicy(opts.SizePolicy))
	case !opts.Size.Valid():
		return NewTerminalError(opts.ID, errBadSize(opts.Size))
	case opts.TTY && h.TTYHandler == nil:
		return NewTerminalError(opts.ID, fmt.Errorf("handler %q has no sessions with a terminal", key))
	case !opts.TTY && h.CommandHandler == nil:
		return NewTerminalError(opts.ID, fmt.Errorf("handler %q starts nothing", key))
	case opts.Persist != PersistNothing && opts.Persist != PersistSession && opts.Persist != PersistHistory:
		return NewTerminalError(opts.ID, fmt.Errorf("nobody knows how to keep %.40q of a session on disk", opts.Persist))
	}
	if err := checkLifetime(opts.TTL, opts.OnExit); err != nil {
		return NewTerminalError(opts.ID, err)
	}
	if err := CheckID(opts.ID); opts.ID != "" && err != nil {
		return NewTerminalError("", err)
	}
	if err := opts.checkAllTexts(); err != nil {
		return err
	}
	for _, name := range []string{opts.Name, opts.NameHint} {
		if err := CheckName(name); name != "" && err != nil {
			return NewTerminalError(opts.ID, err)
		}
	}
	return nil
}

func checkLifetime(ttl time.Duration, on OnExit) error {
	switch {
	case ttl < 0:
		return fmt.Errorf("a time to live of %s: it cannot be negative", ttl)
	case on != OnExitKeep && on != OnExitForget && on != OnExitRespawn:
		return fmt.Errorf("%q is nothing that can become of a session at its program's end: want forget or respawn", on)
	}
	return nil
}

// predecessor is the ended session whose place another takes; s is nil if there is
// none.
type predecessor struct {
	s         *session
	quickEnds int // how many programs in a row ended at once, up to that of s
}

// reserve makes the session known under its ID and name, so that no other can
// take them. noRoom is why there can be no other, if so. The manager's Close waits
// until the caller calls supervisors.Done.
func (m *Manager) reserve(creator requester, key string, h Handler, o SessionOptions, l limits, noRoom error, ended predecessor) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, errManagerClosed()
	}
	if ended.s != nil && m.sessions[o.ID] != ended.s {
		return nil, NewSessionNotFoundError(o.ID)
	}
	s := &session{m: m, id: o.ID, made: made{creator: creator, handler: h, opts: o, limits: l, quickEnds: ended.quickEnds}}
	s.done, s.startOver = make(chan struct{}), make(chan struct{})
	command := o.Command
	if len(command) == 0 {
		command = h.DefaultCommand
	}
	if s.id == "" {
		s.id = m.newID()
	}
	name, err := m.freeName(s.id, o)
	if err == nil { // a session that is there already needs no room
		err = cmp.Or(noRoom, m.roomForSession(l.sessions))
	}
	if err != nil {
		return nil, err
	}
	s.info = *(Session{
		ID: s.id, Name: name, Handler: key, Command: command,
		Params: o.Params, Labels: o.Labels, CreatedAt: m.clock.Now(), Persist: o.Persist,
		TTL: o.TTL, OnExit: o.OnExit,
	}).clone()
	s.info.Dir, _ = o.ResourceData[DataDir].(string)
	if o.TTY {
		s.info.Size, s.info.SizePolicy = o.Size, o.SizePolicy
	}
	s.ctx, s.cancel = context.WithCancel(m.sessionsLife)
	if old := m.sessions[s.id]; old != nil {
		m.forget(old) // ended, or freeName had refused
	}
	if m.keeps(h, o.TTY) {
		if s.kept, err = m.newKept(s.id, l.bufferBytes); err != nil {
			s.info.KeepProblem = err.Error()
		}
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

// newID returns an ID that no session has and nobody can guess. The caller
// holds mu.
func (m *Manager) newID() string {
	for {
		b := make([]byte, 6)
		rand.Read(b)
		id := hex.EncodeToString(b)
		if m.find(id) == nil {
			return id
		}
	}
}

// freeName returns the name of a new session, and an error if it or the ID is
// in use. The caller holds mu.
func (m *Manager) freeName(id string, o SessionOptions) (string, error) {
	if m.taken(id) {
		return "", NewSessionExistsError(id)
	}
	switch {
	case o.Name != "":
		if m.taken(o.Name) {
			return "", NewSessionExistsError(o.Name)
		}
		return o.Name, nil
	case o.NameHint == "":
		return id, nil
	}
	name, inUse := o.NameHint, m.inUse()
	for n := 2; inUse[name]; n++ {
		suffix := "-" + strconv.Itoa(n)
		name = o.NameHint[:min(len(o.NameHint), maxName-len(suffix))] + suffix
	}
	return name, nil
}
