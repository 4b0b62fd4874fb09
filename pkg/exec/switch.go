package exec

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/types"
)

// Switcher moves people from session to session. Manager is a Switcher. It does not
// ask who calls: that is up to whoever lets others call it.
type Switcher interface {
	// Switch has the client that leads a session attach to the session to instead,
	// which it returns. It returns ErrSessionNotFound and ErrSessionClosed as other
	// calls do, and ErrTerminalError where nobody leads the session, or the client
	// cannot move.
	Switch(ctx *types.PluginContext, sessionID, to string) (*Session, error)
	// InForeground returns the active session in whose terminal's foreground a
	// process group is: it reads the keyboard. It returns nil if there is none.
	InForeground(group int) *Session
}

var _ Switcher = (*Manager)(nil)

// Switch implements Switcher.
func (m *Manager) Switch(_ *types.PluginContext, sessionID, to string) (*Session, error) {
	s, err := m.active(sessionID)
	if err != nil {
		return nil, err
	}
	target, err := m.active(to)
	if err != nil {
		return nil, err
	}
	if target == s {
		return nil, NewTerminalError("", fmt.Errorf("already in session %q", s.name()))
	}
	s.mu.Lock()
	leader := s.clients.leader
	can := leader != nil && leader.opts.CanMove
	if can {
		leader.client.moveTo = target.id
	}
	s.mu.Unlock()
	switch {
	case leader == nil:
		return nil, NewTerminalError("", fmt.Errorf("nobody is attached to session %q", s.name()))
	case !can:
		return nil, NewTerminalError("", errors.New("the client of this terminal cannot move to another session"))
	}
	s.detach(func(a *Attachment) bool { return a == leader }, EndEvicted)
	s.followLeader() // who used the session before leads it now
	return target.snapshot(), nil
}

// InForeground implements Switcher.
func (m *Manager) InForeground(group int) *Session {
	m.mu.Lock()
	order := append([]*session(nil), m.order...)
	m.mu.Unlock()
	for _, s := range order {
		if s.tty != nil && !s.ended() && group > 0 && s.tty.foreground() == group {
			return s.snapshot()
		}
	}
	return nil
}

// foreground returns the process group that the terminal's keyboard belongs to; 0
// where nobody can tell.
func (t *tty) foreground() (group int) {
	t.pty.Control(func(fd int) (err error) {
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	return group
}
