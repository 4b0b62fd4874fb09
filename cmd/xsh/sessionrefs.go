package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// refsHelp tells how sessions are named, for the help of commands that take names.
const refsHelp = `
NAME is a session's name or ID; . is the session that the command is typed in,
and - the one used last before it.`

// isPattern tells a pattern of names, such as web-*, from a name.
func isPattern(ref string) bool { return strings.ContainsAny(ref, "*?[") }

// expand replaces ., - and patterns of names among refs by the IDs of those wanted
// sessions that they stand for. What is a name stays one.
func (a *app) expand(ctx context.Context, c *client.Client, refs []string, want func(*exec.Session) bool) ([]string, error) {
	special := func(ref string) bool { return ref == "." || ref == "-" || isPattern(ref) }
	if !slices.ContainsFunc(refs, special) {
		return refs, nil
	}
	list, err := listSessions(ctx, c)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, ref := range refs {
		found := []string{ref}
		switch {
		case isPattern(ref):
			if found, err = matching(list, ref, want); err != nil {
				return nil, err
			}
		case special(ref):
			s, err := a.placed(list, ref)
			if err != nil {
				return nil, err
			}
			found[0] = s.ID
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// matching returns the IDs of the wanted sessions whose names match a pattern.
func matching(list []*exec.Session, pattern string, want func(*exec.Session) bool) ([]string, error) {
	var ids []string
	for _, s := range list {
		ok, err := path.Match(pattern, s.Name)
		if err != nil {
			return nil, withHint(usagef("bad pattern of names %q", pattern), "* is any text, ? any character, and [ab] one of some")
		}
		if ok && want(s) {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil, withHint(errors.New("no session matches "+pattern), "xsh ls -a lists the sessions")
	}
	return ids, nil
}

// placed returns the session that . or - stands for.
func (a *app) placed(list []*exec.Session, ref string) (*exec.Session, error) {
	here := a.current(list)
	if ref == "." {
		if here == nil {
			return nil, withHint(errors.New("not inside a session, which . stands for"), "name one: xsh ls lists them")
		}
		return here, nil
	}
	var last *exec.Session
	for _, s := range list {
		if s == here || !activeSession(s) || touched(s).IsZero() {
			continue
		}
		if last == nil || touched(s).After(touched(last)) {
			last = s
		}
	}
	if last == nil {
		return nil, withHint(errors.New("no other session was used, which - stands for"), "name one: xsh ls lists them")
	}
	return last, nil
}

// touched is when a session was last attached to or typed into.
func touched(s *exec.Session) time.Time {
	if s.UsedAt.After(s.AttachedAt) {
		return s.UsedAt
	}
	return s.AttachedAt
}

// dialNamed is dial for a call about sessions, which it expands. Without a server
// there is no session of any name.
func (a *app) dialNamed(ctx context.Context, refs []string, want func(*exec.Session) bool) (*client.Client, []string, error) {
	c, err := a.dial(ctx)
	if errors.Is(err, client.ErrNoServer) && len(refs) > 0 {
		return nil, nil, exec.NewSessionNotFoundError(refs[0])
	} else if err != nil {
		return nil, nil, err
	}
	names, err := a.expand(ctx, c, refs, want)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, names, nil
}

// dialSelected is dialNamed for a call about the sessions that refs or a selector
// stand for, of which there is one at least.
func (a *app) dialSelected(ctx context.Context, refs []string, l selectorFlag, want func(*exec.Session) bool) (*client.Client, []string, error) {
	if !l.given {
		return a.dialNamed(ctx, refs, want)
	}
	names, err := a.namesOrMatching(ctx, refs, false, l, want)
	if err == nil && len(names) == 0 {
		err = withHint(fmt.Errorf("no session matches %s", l.text), "xsh ls -a -o wide shows the labels")
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := a.dial(ctx)
	return c, names, err
}

// every calls do with each session that refs or a selector stand for. Of several, one
// that fails is reported and does not keep the others from their turn.
func (a *app) every(ctx context.Context, refs []string, l selectorFlag, want func(*exec.Session) bool, do func(*client.Client, string) error) error {
	c, names, err := a.dialSelected(ctx, refs, l, want)
	if err != nil {
		return err
	}
	defer c.Close()
	if len(names) == 1 {
		return meantOne(ctx, c, names[0], do)
	}
	return a.doAll(ctx, c, names, do)
}

// doAll calls do with each name in turn, and reports those that fail.
func (a *app) doAll(ctx context.Context, c *client.Client, names []string, do func(*client.Client, string) error) error {
	failed := false
	for _, name := range names {
		if err := do(c, name); err != nil {
			say(a.err, err)
			failed = true
		}
		if ctx.Err() != nil {
			break
		}
	}
	if failed {
		return &codedError{code: codeFailed}
	}
	return nil
}

// one calls do with the session that ref stands for. A beginning of a name that
// only one active session has is taken for that.
func (a *app) one(ctx context.Context, ref string, do func(c *client.Client, name string) error) error {
	c, names, err := a.dialNamed(ctx, []string{ref}, anySession)
	if err != nil {
		return err
	}
	defer c.Close()
	if len(names) > 1 {
		return withHint(usagef("more than one session matches %s", ref), "give one name")
	}
	return meantOne(ctx, c, names[0], do)
}

// meantOne calls do, and again with the one that was meant if it says that there is
// no session of that name.
func meantOne(ctx context.Context, c *client.Client, name string, do func(*client.Client, string) error) error {
	err := do(c, name)
	if !errors.Is(err, exec.ErrSessionNotFound) {
		return err
	}
	id, err := meant(ctx, c, name, err)
	if err != nil {
		return err
	}
	return do(c, id)
}
