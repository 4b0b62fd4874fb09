package exec

import (
	"fmt"

	"github.com/xsh-project/xsh/internal/openfiles"
)

// roomForSession says why there can be no session beside most others. The caller
// holds mu.
func (m *Manager) roomForSession(most int) error {
	active := 0
	for _, s := range m.order {
		if !s.ended() {
			active++
		}
	}
	if active < most {
		return nil
	}
	return NewTerminalError("", &ExecError{
		Err:        fmt.Errorf("there are %d sessions, as many as there may be", active),
		Suggestion: "end some with xsh kill, or raise the setting max_sessions",
	})
}

// roomFor says why a client cannot attach beside most others. One that comes
// back, or that detaches all others, always can. The caller holds mu.
func (s *session) roomFor(a *Attachment, most int, comesBack bool) error {
	if n := len(s.clients.all); n >= most && !comesBack && !a.opts.DetachOthers {
		return NewTerminalError(s.id, &ExecError{
			Err:        fmt.Errorf("session %q has as many clients as it may have, %d", s.info.Name, n),
			Suggestion: "xsh attach -D detaches the others; the setting max_clients says how many there may be",
		})
	}
	return nil
}

// New sessions are refused first and new clients next, while there are some descriptors
// left for those who want to look and to end something. In between come those that only
// watch, whom whoever has their connections refuses.
const (
	filesForSession = 64
	filesForClient  = 24
)

// roomForFiles says why what is to be done would leave fewer than n descriptors.
func roomForFiles(id string, n int) error {
	if openfiles.Left(n) {
		return nil
	}
	return NewTerminalError(id, &ExecError{
		Err:        fmt.Errorf("nearly all of the %d files are open that the server may have", openfiles.Limit()),
		Suggestion: "end some sessions or detach clients; xsh doctor tells how to raise the limit",
	})
}
