package exec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/pkg/types"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Restorer starts sessions again that ran when the machine went down, and says
// what others shall run then. Manager and PluginClient are Restorers.
type Restorer interface {
	// Stored returns what can be started again, the oldest first, and of each that
	// cannot be read why, in a line.
	Stored(ctx *types.PluginContext) (list []StoredSession, problems []string, err error)
	// Restore starts one again, by ID or name, of two with a name the newer: with
	// the ID, name, labels, parameters, size and directory that it had, and the
	// command of RestartWith, if it had one, in place of its own. What surrounds the
	// program is with's ResourceData; no more of with is read. It returns
	// ErrSessionNotFound if there is none such, and the errors of CreateSession.
	Restore(ctx *types.PluginContext, sessionID string, with SessionOptions) (*Session, error)
	// ForgetStored has one forgotten. It returns ErrSessionNotFound.
	ForgetStored(ctx *types.PluginContext, sessionID string) error
	// RestartWith says what a session runs when it is started again, by Restore or
	// by Respawn, and in which directory: empty is that of the session. Without a
	// command it is that of the session again.
	RestartWith(ctx *types.PluginContext, sessionID string, command []string, dir string) (*Session, error)
}

var (
	_ Restorer = (*Manager)(nil)
	_ Restorer = (*PluginClient)(nil)
)

// StoredSession is a session that can be started again.
type StoredSession struct {
	Session  *Session
	StoredAt time.Time
}

// storedRecord is what the disk has of a session.
type storedRecord struct {
	StoredSession
	history string
}

// setAsider is a Keeper that has sessions whose programs run though no manager
// could adopt them.
type setAsider interface{ SetAside() []string }

// Stored implements Restorer.
func (m *Manager) Stored(*types.PluginContext) (list []StoredSession, problems []string, err error) {
	all, problems, err := m.loadStored()
	for _, r := range all {
		r.Session.Command = briefCommand(r.Session.Command)
		list = append(list, r.StoredSession)
	}
	return list, problems, err
}

// loadStored reads what the disk has of sessions that do not run.
func (m *Manager) loadStored() (list []storedRecord, problems []string, err error) {
	if m.storing.store == nil {
		return nil, nil, nil
	}
	ids, err := m.storing.store.IDs()
	if err != nil {
		return nil, nil, fmt.Errorf("look for stored sessions: %w", err)
	}
	for _, id := range ids {
		if m.runs(id) {
			continue
		}
		r, err := m.load(id)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b storedRecord) int { return a.Session.CreatedAt.Compare(b.Session.CreatedAt) })
	slices.Sort(problems)
	return list, problems, nil
}

// runs reports whether the program of a session is there, as far as this manager
// and its keeper know.
func (m *Manager) runs(id string) bool {
	if k, ok := m.keeper.(setAsider); ok && slices.Contains(k.SetAside(), id) {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sessions[id]
	return s != nil && !s.ended()
}

func (m *Manager) load(id string) (r storedRecord, err error) {
	data, err := m.storing.store.Load(id)
	if err != nil {
		return r, err
	}
	var stored xshpb.StoredSession
	if err := proto.Unmarshal(data, &stored); err != nil || stored.GetSession().GetId() != id {
		return r, fmt.Errorf("what is stored of session %q is not one of ours", id)
	}
	if v := stored.GetVersion(); v > storedVersion {
		return r, fmt.Errorf("what is stored of session %q is of version %d, this xsh reads up to %d: a newer one may restore it", id, v, storedVersion)
	}
	r.Session, r.StoredAt, r.history = NewSessionFromProto(stored.GetSession()), timeFromProto(stored.GetStoredAt()), stored.GetHistory()
	return r, nil
}

// findStored returns what is stored under an ID or, failing that, the newest under
// a name. If there is none, the error says what cannot be read: it may be that.
func (m *Manager) findStored(ref string) (storedRecord, error) {
	list, problems, err := m.loadStored()
	if err != nil {
		return storedRecord{}, err
	}
	for _, r := range slices.Backward(list) {
		if r.Session.ID == ref {
			return r, nil
		}
	}
	for _, r := range slices.Backward(list) {
		if r.Session.Name == ref {
			return r, nil
		}
	}
	none := NewSessionNotFoundError(ref)
	none.Message = cmp.Or(strings.Join(problems, "; "), fmt.Sprintf("no stored session %q", ref))
	return storedRecord{}, none
}

// Restore implements Restorer.
func (m *Manager) Restore(pluginctx *types.PluginContext, sessionID string, with SessionOptions) (*Session, error) {
	r, err := m.findStored(sessionID)
	if err != nil {
		return nil, err
	}
	was := r.Session
	opts := SessionOptions{
		ID: was.ID, Name: was.Name, Labels: was.Labels, Params: was.Params, Command: was.Command,
		Size: was.Size, SizePolicy: was.SizePolicy, TTY: was.Size.Valid(), TTL: was.TTL, OnExit: was.OnExit,
		Persist: was.Persist, ResourceData: with.ResourceData,
	}
	opts.ResourcePlugin, opts.ResourceKey, _ = strings.Cut(was.Handler, "/")
	opts.startIn(was.Dir)
	was.restartInto(&opts)
	s, err := m.create(pluginctx, opts, nil, again(r.history, r.StoredAt), predecessor{})
	if err != nil {
		return nil, err
	}
	return s.snapshot(), nil
}

// ForgetStored implements Restorer.
func (m *Manager) ForgetStored(_ *types.PluginContext, sessionID string) error {
	r, err := m.findStored(sessionID)
	if err != nil {
		return err
	}
	if err := m.storing.store.Remove(r.Session.ID); err != nil {
		return fmt.Errorf("forget session %q: %w", r.Session.Name, err)
	}
	return nil
}

// maxRestartWith bounds the command and the directory of RestartWith: they are part
// of the record that the keeper holds.
const maxRestartWith = 8 << 10

// RestartWith implements Restorer.
func (m *Manager) RestartWith(_ *types.PluginContext, sessionID string, command []string, dir string) (*Session, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	size := len(dir)
	for _, arg := range command {
		size += len(arg) + 1
	}
	switch {
	case size > maxRestartWith:
		return nil, NewTerminalError(s.id, fmt.Errorf("the command to restart with has %d bytes, at most %d are kept", size, maxRestartWith))
	case len(command) > 0 && command[0] == "":
		return nil, NewTerminalError(s.id, errors.New("the command to restart with has no name"))
	case len(command) == 0:
		dir = ""
	}
	s.mu.Lock()
	s.info.RestartWith, s.info.RestartDir = slices.Clone(command), dir
	s.mu.Unlock()
	s.save()
	s.storeSoon(storeWait)
	return s.snapshot(), nil
}

// ListStored implements xsh's Restorer service.
func (s *PluginServer) ListStored(ctx context.Context, _ *emptypb.Empty) (*xshpb.ListStoredResponse, error) {
	own, err := as[Restorer](s)
	if err != nil {
		return nil, err
	}
	list, problems, err := own.Stored(incoming(ctx))
	if err != nil {
		return nil, toStatus(err)
	}
	resp := &xshpb.ListStoredResponse{Problems: texts(problems)}
	for _, stored := range list {
		resp.Sessions = append(resp.Sessions, &xshpb.Stored{Session: stored.Session.ToProto(), StoredAt: timeToProto(stored.StoredAt)})
	}
	return resp, nil
}

// Stored implements Restorer.
func (c *PluginClient) Stored(ctx *types.PluginContext) (list []StoredSession, problems []string, err error) {
	resp, err := c.restorer.ListStored(outgoing(ctx), &emptypb.Empty{})
	if err != nil {
		return nil, nil, fromStatus(err, ErrCodeSessionNotFound, "")
	}
	for _, p := range resp.GetSessions() {
		list = append(list, StoredSession{NewSessionFromProto(p.GetSession()), timeFromProto(p.GetStoredAt())})
	}
	return list, resp.GetProblems(), nil
}

// Restore implements xsh's Restorer service.
func (s *PluginServer) Restore(ctx context.Context, in *xshpb.RestoreRequest) (*xshpb.ChangeResponse, error) {
	own, err := as[Restorer](s)
	if err != nil {
		return nil, err
	}
	session, err := own.Restore(incoming(ctx), in.GetId(), *NewSessionOptionsFromProto(in.GetOptions()))
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &xshpb.ChangeResponse{Session: session.ToProto()}, nil
}

// Restore implements Restorer.
func (c *PluginClient) Restore(ctx *types.PluginContext, sessionID string, with SessionOptions) (*Session, error) {
	o, err := with.ToProto()
	if err != nil {
		return nil, NewTerminalError(sessionID, err)
	}
	resp, err := c.restorer.Restore(outgoing(ctx), &xshpb.RestoreRequest{Id: sessionID, Options: o})
	return changed(resp, err, sessionID)
}

// ForgetStored implements xsh's Restorer service.
func (s *PluginServer) ForgetStored(ctx context.Context, in *xshpb.ForgetStoredRequest) (*xshpb.ForgetStoredResponse, error) {
	own, err := as[Restorer](s)
	if err != nil {
		return nil, err
	}
	return &xshpb.ForgetStoredResponse{}, toStatus(own.ForgetStored(incoming(ctx), in.GetId()))
}

// ForgetStored implements Restorer.
func (c *PluginClient) ForgetStored(ctx *types.PluginContext, sessionID string) error {
	_, err := c.restorer.ForgetStored(outgoing(ctx), &xshpb.ForgetStoredRequest{Id: sessionID})
	return fromStatus(err, ErrCodeSessionNotFound, sessionID)
}

// RestartWith implements xsh's Restorer service.
func (s *PluginServer) RestartWith(ctx context.Context, in *xshpb.RestartWithRequest) (*xshpb.ChangeResponse, error) {
	own, err := as[Restorer](s)
	if err != nil {
		return nil, err
	}
	session, err := own.RestartWith(incoming(ctx), in.GetId(), stringsOf(in.GetCommand()), in.GetDir())
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &xshpb.ChangeResponse{Session: session.ToProto()}, nil
}

// RestartWith implements Restorer.
func (c *PluginClient) RestartWith(ctx *types.PluginContext, sessionID string, command []string, dir string) (*Session, error) {
	resp, err := c.restorer.RestartWith(outgoing(ctx), &xshpb.RestartWithRequest{Id: sessionID, Command: bytesOf(command), Dir: text(dir)})
	return changed(resp, err, sessionID)
}
