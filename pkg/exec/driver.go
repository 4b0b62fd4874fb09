package exec

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/xsh-project/xsh/pkg/types"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// Driver is all that scripts, tests and agents do with sessions that they are not
// attached to. Manager and PluginClient are Drivers.
type Driver interface {
	Typist
	Capturer
	Waiter
	Watcher
	LogReader
	Searcher
	Changer
}

var (
	_ Driver = (*Manager)(nil)
	_ Driver = (*PluginClient)(nil)
)

// Type implements xsh's Driver service.
func (s *PluginServer) Type(ctx context.Context, in *xshpb.TypeRequest) (*xshpb.TypeResponse, error) {
	own, err := as[Typist](s)
	if err != nil {
		return nil, err
	}
	if by := in.GetBy(); by != nil {
		ctx = WithTyper(ctx, Typer{
			Kind: TyperKind(by.GetKind()), Client: by.GetClient(), Turn: in.GetTurn(), Hold: in.GetHold().AsDuration(),
		})
	}
	typed, err := own.Type(incoming(ctx), in.GetId(), inputsFromProto(in.GetInput())...)
	resp := &xshpb.TypeResponse{Offset: typed.Offset, Typed: typed.Bytes}
	if errors.Is(err, ErrSessionClosed) && typed != (Typed{}) {
		resp.Ended = true // an error could not say how much was typed
		return resp, nil
	}
	return resp, toStatus(err)
}

// Type implements Typist.
func (c *PluginClient) Type(ctx *types.PluginContext, sessionID string, input ...Input) (Typed, error) {
	in := &xshpb.TypeRequest{Id: sessionID, Input: inputsToProto(input)}
	if by := TyperOf(ctx.Ctx()); by != (Typer{Kind: TyperScript}) {
		in.By = &typespb.Typist{Kind: text(string(by.Kind)), Client: text(by.Client)}
		in.Turn, in.Hold = text(by.Turn), durationpb.New(by.Hold)
	}
	resp, err := c.driver.Type(outgoing(ctx), in)
	typed := Typed{Offset: resp.GetOffset(), Bytes: resp.GetTyped()}
	if err == nil && resp.GetEnded() {
		return typed, NewSessionClosedError(sessionID)
	}
	return typed, fromStatus(err, ErrCodeSessionNotFound, sessionID)
}

// Capture implements xsh's Driver service.
func (s *PluginServer) Capture(ctx context.Context, in *xshpb.CaptureRequest) (*xshpb.Screen, error) {
	own, err := as[Capturer](s)
	if err != nil {
		return nil, err
	}
	screen, err := own.Capture(incoming(ctx), in.GetId(), CaptureOptions{
		History: int(in.GetHistory()), Styles: in.GetStyles(), At: in.At, AtTime: timeFromProto(in.GetAtTime()),
	})
	if err := given(screen, err); err != nil {
		return nil, err
	}
	return screen.ToProto(), nil
}

// Capture implements Capturer.
func (c *PluginClient) Capture(ctx *types.PluginContext, sessionID string, o CaptureOptions) (*Screen, error) {
	resp, err := c.driver.Capture(outgoing(ctx), &xshpb.CaptureRequest{
		Id: sessionID, History: int32(o.History), Styles: o.Styles, At: o.At, AtTime: timeToProto(o.AtTime),
	})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return NewScreenFromProto(resp), nil
}

// Wait implements xsh's Driver service.
func (s *PluginServer) Wait(ctx context.Context, in *xshpb.WaitRequest) (*xshpb.WaitResponse, error) {
	own, err := as[Waiter](s)
	if err != nil {
		return nil, err
	}
	w, err := own.Wait(incoming(ctx), in.GetId(), WaitOptions{
		For: WaitFor(in.GetFor()), Pattern: in.GetPattern(), Idle: in.GetIdle().AsDuration(), Since: in.Since, Run: in.GetRun(),
	})
	if err := given(w, err); err != nil {
		return nil, err
	}
	return &xshpb.WaitResponse{
		Session: w.Session.ToProto(), Reason: string(w.Reason), Offset: w.Offset,
		Match: text(w.Match), Row: int32(w.Row), Line: text(w.Line), Status: int32Of(w.Status),
		State: string(w.State),
	}, nil
}

// Wait implements Waiter.
func (c *PluginClient) Wait(ctx *types.PluginContext, sessionID string, o WaitOptions) (*Waited, error) {
	resp, err := c.driver.Wait(outgoing(ctx), &xshpb.WaitRequest{
		Id: sessionID, For: string(o.For), Pattern: text(o.Pattern), Idle: durationpb.New(o.Idle), Since: o.Since, Run: text(o.Run),
	})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return &Waited{
		Session: NewSessionFromProto(resp.GetSession()), Reason: WaitFor(resp.GetReason()), Offset: resp.GetOffset(),
		Match: resp.GetMatch(), Row: int(resp.GetRow()), Line: resp.GetLine(), Status: intOf(resp.Status),
		State: StateName(resp.GetState()),
	}, nil
}

// Watch implements xsh's Driver service.
func (s *PluginServer) Watch(in *xshpb.WatchRequest, stream xshpb.Driver_WatchServer) error {
	own, err := as[Watcher](s)
	if err != nil {
		return err
	}
	for ev, err := range own.Watch(stream.Context(), in.GetAfter(), in.GetSessions()...) {
		if err == nil {
			err = stream.Send(ev.ToProto())
		}
		if err != nil {
			return toStatus(err)
		}
	}
	return nil
}

// Watch implements Watcher.
func (c *PluginClient) Watch(ctx context.Context, after int64, sessions ...string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		watching, cancel := context.WithCancel(ctx)
		defer cancel()
		stream, err := c.driver.Watch(watching, &xshpb.WatchRequest{After: after, Sessions: texts(sessions)})
		for err == nil {
			var ev *xshpb.Event
			if ev, err = stream.Recv(); err == nil && !yield(NewEventFromProto(ev), nil) {
				return
			}
		}
		if ctx.Err() == nil && !errors.Is(err, io.EOF) {
			yield(Event{}, fromStatus(err, ErrCodeSessionNotFound, ""))
		}
	}
}

// Logs implements xsh's Driver service.
func (s *PluginServer) Logs(in *xshpb.LogsRequest, stream xshpb.Driver_LogsServer) error {
	own, err := as[LogReader](s)
	if err != nil {
		return err
	}
	logs, err := own.Logs(stream.Context(), in.GetId(), LogsOptions{
		From: in.From, FromTime: timeFromProto(in.GetFromTime()), FromEnd: in.GetFromEnd(), Follow: in.GetFollow(),
		Until: in.Until, UntilTime: timeFromProto(in.GetUntilTime()),
		Whole: in.GetWhole(), Times: in.GetTimes(), Drawn: in.GetDrawn(),
	})
	if err := given(logs, err); err != nil {
		return err
	}
	defer logs.Close()
	// The first says that the call makes sense.
	if err := stream.Send(&xshpb.LogsChunk{Offset: logs.Begin()}); err != nil {
		return err
	}
	buf := make([]byte, maxPiece) // Send has encoded the data when it returns
	for {
		p, err := logs.next(buf)
		if err == nil {
			err = stream.Send(p.ToProto())
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return toStatus(err)
		}
	}
}

// Logs implements LogReader.
func (c *PluginClient) Logs(ctx context.Context, sessionID string, o LogsOptions) (*Logs, error) {
	reading, cancel := context.WithCancel(ctx)
	stream, err := c.driver.Logs(reading, &xshpb.LogsRequest{
		Id: sessionID, From: o.From, FromTime: timeToProto(o.FromTime), FromEnd: o.FromEnd, Follow: o.Follow,
		Until: o.Until, UntilTime: timeToProto(o.UntilTime), Whole: o.Whole, Times: o.Times, Drawn: o.Drawn,
	})
	var first *xshpb.LogsChunk
	if err == nil {
		first, err = stream.Recv()
	}
	if err != nil {
		cancel()
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	next := func([]byte) (LogPiece, error) {
		chunk, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return LogPiece{}, err
		case ctx.Err() != nil:
			return LogPiece{}, ctx.Err()
		case err != nil:
			return LogPiece{}, fromStatus(err, ErrCodeSessionNotFound, sessionID)
		}
		return NewLogPieceFromProto(chunk), nil
	}
	return &Logs{begin: first.GetOffset(), next: next, close: cancel}, nil
}

// Search implements xsh's Driver service.
func (s *PluginServer) Search(ctx context.Context, in *xshpb.SearchRequest) (*xshpb.SearchResponse, error) {
	own, err := as[Searcher](s)
	if err != nil {
		return nil, err
	}
	found, err := own.Search(incoming(ctx), in.GetId(), SearchOptions{
		Pattern: in.GetPattern(), Before: int(in.GetBefore()), Behind: int(in.GetBehind()), Most: int(in.GetMost()),
	})
	if err := given(found, err); err != nil {
		return nil, err
	}
	resp := &xshpb.SearchResponse{More: found.More}
	for _, l := range found.Lines {
		resp.Lines = append(resp.Lines, &xshpb.FoundLine{Number: int32(l.Number), Text: text(l.Text), Match: l.Match})
	}
	return resp, nil
}

// Search implements Searcher.
func (c *PluginClient) Search(ctx *types.PluginContext, sessionID string, o SearchOptions) (*Found, error) {
	resp, err := c.driver.Search(outgoing(ctx), &xshpb.SearchRequest{
		Id: sessionID, Pattern: text(o.Pattern), Before: int32(o.Before), Behind: int32(o.Behind), Most: int32(o.Most),
	})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	found := &Found{More: resp.GetMore()}
	for _, l := range resp.GetLines() {
		found.Lines = append(found.Lines, FoundLine{Number: int(l.GetNumber()), Text: l.GetText(), Match: l.GetMatch()})
	}
	return found, nil
}

// change answers a call that changes a session.
func (s *PluginServer) change(do func(Changer) (*Session, error)) (*xshpb.ChangeResponse, error) {
	own, err := as[Changer](s)
	if err != nil {
		return nil, err
	}
	session, err := do(own)
	if err := given(session, err); err != nil {
		return nil, err
	}
	return &xshpb.ChangeResponse{Session: session.ToProto()}, nil
}

func changed(resp *xshpb.ChangeResponse, err error, sessionID string) (*Session, error) {
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return NewSessionFromProto(resp.GetSession()), nil
}

// Rename implements xsh's Driver service.
func (s *PluginServer) Rename(ctx context.Context, in *xshpb.RenameRequest) (*xshpb.ChangeResponse, error) {
	return s.change(func(own Changer) (*Session, error) { return own.Rename(incoming(ctx), in.GetId(), in.GetName()) })
}

// Rename implements Changer.
func (c *PluginClient) Rename(ctx *types.PluginContext, sessionID, name string) (*Session, error) {
	resp, err := c.driver.Rename(outgoing(ctx), &xshpb.RenameRequest{Id: sessionID, Name: text(name)})
	return changed(resp, err, sessionID)
}

// Label implements xsh's Driver service.
func (s *PluginServer) Label(ctx context.Context, in *xshpb.LabelRequest) (*xshpb.ChangeResponse, error) {
	return s.change(func(own Changer) (*Session, error) {
		return own.Label(incoming(ctx), in.GetId(), in.GetSet(), in.GetRemove())
	})
}

// Label implements Changer.
func (c *PluginClient) Label(ctx *types.PluginContext, sessionID string, set map[string]string, remove []string) (*Session, error) {
	if err := checkTexts(sessionID, "label", set); err != nil {
		return nil, err
	}
	resp, err := c.driver.Label(outgoing(ctx), &xshpb.LabelRequest{Id: sessionID, Set: set, Remove: texts(remove)})
	return changed(resp, err, sessionID)
}

// ClearHistory implements xsh's Driver service.
func (s *PluginServer) ClearHistory(ctx context.Context, in *xshpb.ClearHistoryRequest) (*xshpb.ChangeResponse, error) {
	return s.change(func(own Changer) (*Session, error) { return own.ClearHistory(incoming(ctx), in.GetId()) })
}

// ClearHistory implements Changer.
func (c *PluginClient) ClearHistory(ctx *types.PluginContext, sessionID string) (*Session, error) {
	resp, err := c.driver.ClearHistory(outgoing(ctx), &xshpb.ClearHistoryRequest{Id: sessionID})
	return changed(resp, err, sessionID)
}

// Respawn implements xsh's Driver service.
func (s *PluginServer) Respawn(ctx context.Context, in *xshpb.RespawnRequest) (*xshpb.ChangeResponse, error) {
	return s.change(func(own Changer) (*Session, error) { return own.Respawn(incoming(ctx), in.GetId()) })
}

// Respawn implements Changer.
func (c *PluginClient) Respawn(ctx *types.PluginContext, sessionID string) (*Session, error) {
	resp, err := c.driver.Respawn(outgoing(ctx), &xshpb.RespawnRequest{Id: sessionID})
	return changed(resp, err, sessionID)
}

var _ EnvironmentReader = (*PluginClient)(nil)

// Environment implements xsh's Leader service.
func (s *PluginServer) Environment(ctx context.Context, in *xshpb.EnvironmentRequest) (*xshpb.EnvironmentResponse, error) {
	own, err := as[EnvironmentReader](s)
	if err != nil {
		return nil, err
	}
	env, err := own.Environment(incoming(ctx), in.GetId())
	if err != nil {
		return nil, toStatus(err)
	}
	return &xshpb.EnvironmentResponse{Variables: bytesOf(env)}, nil
}

// Environment implements EnvironmentReader.
func (c *PluginClient) Environment(ctx *types.PluginContext, sessionID string) ([]string, error) {
	resp, err := c.leader.Environment(outgoing(ctx), &xshpb.EnvironmentRequest{Id: sessionID})
	if err != nil {
		return nil, fromStatus(err, ErrCodeSessionNotFound, sessionID)
	}
	return stringsOf(resp.GetVariables()), nil
}
