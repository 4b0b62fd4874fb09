package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// own reports whether the agent made a session.
func (s *server) own(session *exec.Session) bool { return session.Labels[Label] == s.As }

// mine reports whether the agent sees a session.
func (s *server) mine(session *exec.Session) bool {
	return s.own(session) || s.Only != nil && s.Only(session.Labels)
}

// all returns the sessions that the agent sees, the oldest first.
func (s *server) all(ctx context.Context, sessions Sessions) ([]*exec.Session, error) {
	if sessions == nil {
		return nil, nil
	}
	list, err := sessions.ListAll(request(ctx))
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	var mine []*exec.Session
	for _, session := range list {
		if s.mine(session) {
			mine = append(mine, session)
		}
	}
	return mine, nil
}

// find returns the session that the agent means by a name, with or without the
// agent's end of it, or an ID. The server is not asked for it: of a session that
// the agent does not see, not even the time that an answer takes is to tell.
func (s *server) find(ctx context.Context, sessions Sessions, name string) (*exec.Session, error) {
	list, err := s.all(ctx, sessions)
	if err != nil {
		return nil, err
	}
	var found *exec.Session
	best := 0
	for _, session := range list {
		// A full name goes before a short one, an active session before an ended one, the
		// newest before others.
		rank := 0
		switch name {
		case session.ID:
			return session, nil
		case session.Name:
			rank = 3
		case s.shortName(session):
			rank = 1
		default:
			continue
		}
		if session.Exit == nil {
			rank++
		}
		if rank >= best {
			found, best = session, rank
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no session %.70q: list tells which there are", name)
	}
	return found, nil
}

// shortName is the name that the agent gave a session.
func (s *server) shortName(session *exec.Session) string {
	if !s.own(session) {
		return session.Name
	}
	return strings.TrimSuffix(session.Name, s.nameEnd())
}

// nameEnd is the end of the names of the agent's sessions. Names are for all of the
// user's sessions; without an end, a name that is taken would tell of a session that
// the agent does not see.
func (s *server) nameEnd() string { return "." + s.As }
