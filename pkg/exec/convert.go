package exec

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonpb "github.com/xsh-project/xsh/proto/omniview/sdk/common/v1"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
)

// ToProto converts ActionTargetBuilder to its proto representation.
func (a ActionTargetBuilder) ToProto() *commonpb.ActionTargetBuilder {
	return &commonpb.ActionTargetBuilder{
		Label:         text(a.Label),
		LabelSelector: text(a.LabelSelector),
		Paths:         texts(a.Paths),
		Selectors:     textMap(a.Selectors),
	}
}

// ActionTargetBuilderFromProto converts a proto ActionTargetBuilder to the domain type.
func ActionTargetBuilderFromProto(p *commonpb.ActionTargetBuilder) ActionTargetBuilder {
	return ActionTargetBuilder{
		Label:         p.GetLabel(),
		LabelSelector: p.GetLabelSelector(),
		Paths:         p.GetPaths(),
		Selectors:     p.GetSelectors(),
	}
}

// ToProto converts what of a Handler can cross the wire.
func (h Handler) ToProto() *execpb.ExecHandler {
	return &execpb.ExecHandler{
		Plugin:         text(h.Plugin),
		Resource:       text(h.Resource),
		TargetBuilder:  h.TargetBuilder.ToProto(),
		DefaultCommand: texts(h.DefaultCommand),
	}
}

// HandlerFromProto converts a proto ExecHandler. The functions of the result
// are nil.
func HandlerFromProto(p *execpb.ExecHandler) Handler {
	return Handler{
		Plugin:         p.GetPlugin(),
		Resource:       p.GetResource(),
		TargetBuilder:  ActionTargetBuilderFromProto(p.GetTargetBuilder()),
		DefaultCommand: p.GetDefaultCommand(),
	}
}

// ToProto converts a Session to its proto representation; nil gives nil.
func (s *Session) ToProto() *execpb.Session {
	if s == nil {
		return nil
	}
	return &execpb.Session{
		Id:         text(s.ID),
		Attached:   s.Attached,
		Command:    texts(s.Command),
		Params:     textMap(s.Params),
		Labels:     textMap(s.Labels),
		CreatedAt:  timeToProto(s.CreatedAt),
		Name:       text(s.Name),
		Handler:    text(s.Handler),
		Size:       sizeToProto(s.Size),
		Clients:    int32(s.Clients),
		AttachedAt: timeToProto(s.AttachedAt),
		EndedAt:    timeToProto(s.EndedAt),
		Exit:       exitToProto(s.Exit),
		Stopped:    s.Stopped,
		Tty:        text(s.TTY),
		RawCommand: rawTexts(s.Command),

		Title:       text(s.Title),
		Dir:         text(s.Dir),
		Shell:       string(s.Shell),
		State:       stateToProto(s.State),
		Typists:     typistsToProto(s.Typists),
		TtlMs:       s.TTL.Milliseconds(),
		OnExit:      text(string(s.OnExit)),
		UsedAt:      timeToProto(s.UsedAt),
		Attachments: clientsToProto(s.Attachments),

		Persist:        text(string(s.Persist)),
		PersistProblem: text(s.PersistProblem),
		SizePolicy:     text(string(s.SizePolicy)),
		KeepProblem:    text(s.KeepProblem),
		RestartWith:    bytesOf(s.RestartWith),
		RestartDir:     text(s.RestartDir),
	}
}

// NewSessionFromProto converts a proto Session; nil gives nil.
func NewSessionFromProto(s *execpb.Session) *Session {
	if s == nil {
		return nil
	}
	return &Session{
		ID:         s.GetId(),
		Attached:   s.GetAttached(),
		Command:    textsFromRaw(s.GetRawCommand(), s.GetCommand()),
		Params:     s.GetParams(),
		Labels:     s.GetLabels(),
		CreatedAt:  timeFromProto(s.GetCreatedAt()),
		Name:       s.GetName(),
		Handler:    s.GetHandler(),
		Size:       SizeFromProto(s.GetSize()),
		Clients:    int(s.GetClients()),
		AttachedAt: timeFromProto(s.GetAttachedAt()),
		EndedAt:    timeFromProto(s.GetEndedAt()),
		Exit:       exitFromProto(s.GetExit()),
		Stopped:    s.GetStopped(),
		TTY:        s.GetTty(),

		Title:       s.GetTitle(),
		Dir:         s.GetDir(),
		Shell:       Shell(s.GetShell()),
		State:       stateFromProto(s.GetState()),
		Typists:     typistsFromProto(s.GetTypists()),
		TTL:         milliseconds(s.GetTtlMs()),
		OnExit:      OnExit(s.GetOnExit()),
		UsedAt:      timeFromProto(s.GetUsedAt()),
		Attachments: clientsFromProto(s.GetAttachments()),

		Persist:        Persist(s.GetPersist()),
		PersistProblem: s.GetPersistProblem(),
		SizePolicy:     SizePolicy(s.GetSizePolicy()),
		KeepProblem:    s.GetKeepProblem(),
		RestartWith:    stringsOf(s.GetRestartWith()),
		RestartDir:     s.GetRestartDir(),
	}
}

// ToProto converts SessionOptions; nil gives nil. It fails if ResourceData holds
// a value that JSON has no form for.
func (o *SessionOptions) ToProto() (*execpb.SessionOptions, error) {
	if o == nil {
		return nil, nil
	}
	p := &execpb.SessionOptions{
		Id:             o.ID,
		Command:        texts(o.Command),
		RawCommand:     rawTexts(o.Command),
		Tty:            o.TTY,
		Params:         o.Params,
		Labels:         o.Labels,
		ResourcePlugin: o.ResourcePlugin,
		ResourceKey:    o.ResourceKey,
		Name:           o.Name,
		NameHint:       o.NameHint,
		Size:           sizeToProto(o.Size),
		Pixels:         pixelsToProto(o.Pixels),
		Persist:        text(string(o.Persist)),
		SizePolicy:     text(string(o.SizePolicy)),
		TtlMs:          o.TTL.Milliseconds(),
		OnExit:         text(string(o.OnExit)),
	}
	if o.ResourceData == nil {
		return p, nil
	}
	fit, raw := splitRaw(o.ResourceData)
	p.RawData = raw
	data, err := structToProto(fit)
	if err != nil {
		return nil, fmt.Errorf("convert resource data: %w", err)
	}
	p.ResourceData = data
	return p, nil
}

func structToProto(m map[string]any) (*structpb.Struct, error) {
	s := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(m))}
	for k, v := range m {
		value, err := valueToProto(v)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", k, err)
		}
		s.Fields[k] = value
	}
	return s, nil
}

// valueToProto takes, beside what structpb.NewValue knows, whatever
// encoding/json does: a []string for one.
func valueToProto(v any) (*structpb.Value, error) {
	switch v := v.(type) {
	case map[string]any:
		s, err := structToProto(v)
		return structpb.NewStructValue(s), err
	case []string: // an environment, for one: too long to take the way by JSON
		list := &structpb.ListValue{}
		for _, s := range v {
			list.Values = append(list.Values, structpb.NewStringValue(text(s)))
		}
		return structpb.NewListValue(list), nil
	}
	value, err := structpb.NewValue(v)
	if _, isText := v.(string); err == nil || isText {
		return value, err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	value = &structpb.Value{}
	return value, value.UnmarshalJSON(data)
}

// NewSessionOptionsFromProto converts proto SessionOptions; nil gives the zero
// options.
func NewSessionOptionsFromProto(opts *execpb.SessionOptions) *SessionOptions {
	o := &SessionOptions{
		ID:             opts.GetId(),
		Command:        textsFromRaw(opts.GetRawCommand(), opts.GetCommand()),
		TTY:            opts.GetTty(),
		Params:         opts.GetParams(),
		Labels:         opts.GetLabels(),
		ResourcePlugin: opts.GetResourcePlugin(),
		ResourceKey:    opts.GetResourceKey(),
		Name:           opts.GetName(),
		NameHint:       opts.GetNameHint(),
		Size:           SizeFromProto(opts.GetSize()),
		Pixels:         PixelsFromProto(opts.GetPixels()),
		Persist:        Persist(opts.GetPersist()),
		SizePolicy:     SizePolicy(opts.GetSizePolicy()),
		TTL:            milliseconds(opts.GetTtlMs()),
		OnExit:         OnExit(opts.GetOnExit()),
	}
	if opts.GetResourceData() != nil {
		o.ResourceData = opts.GetResourceData().AsMap()
		joinRaw(o.ResourceData, opts.GetRawData())
	}
	return o
}

// ToProto converts a StreamInput to its proto representation; nil gives nil.
func (i *StreamInput) ToProto() *execpb.StreamInput {
	if i == nil {
		return nil
	}
	return &execpb.StreamInput{Id: text(i.SessionID), Data: i.Data}
}

// NewStreamInputFromProto converts a proto StreamInput.
func NewStreamInputFromProto(p *execpb.StreamInput) StreamInput {
	return StreamInput{SessionID: p.GetId(), Data: p.GetData()}
}

// ToProto converts a StreamOutput to its proto representation; nil gives nil.
func (o *StreamOutput) ToProto() *execpb.StreamOutput {
	if o == nil {
		return nil
	}
	return &execpb.StreamOutput{
		Id:         text(o.SessionID),
		Target:     execpb.StreamOutput_Target(o.Target),
		Data:       o.Data,
		Signal:     o.Signal.ToProto(),
		Error:      o.Error.ToProto(),
		Offset:     o.Offset,
		Exit:       exitToProto(o.Exit),
		Detached:   o.Detached,
		AnswersDue: o.AnswersDue,
		MoveTo:     text(o.MoveTo),
	}
}

// NewStreamOutputFromProto converts a proto StreamOutput.
func NewStreamOutputFromProto(p *execpb.StreamOutput) StreamOutput {
	return StreamOutput{
		SessionID:  p.GetId(),
		Data:       p.GetData(),
		Target:     StreamTarget(p.GetTarget()),
		Signal:     NewStreamSignalFromProto(p.GetSignal()),
		Error:      NewStreamErrorFromProto(p.GetError()),
		Offset:     p.GetOffset(),
		Exit:       exitFromProto(p.GetExit()),
		Detached:   p.GetDetached(),
		AnswersDue: p.GetAnswersDue(),
		MoveTo:     p.GetMoveTo(),
	}
}

// ToProto converts a StreamError to its proto representation; nil gives nil.
func (e *StreamError) ToProto() *execpb.StreamError {
	if e == nil {
		return nil
	}
	return &execpb.StreamError{
		Title:         text(e.Title),
		Message:       text(e.Message),
		Suggestion:    text(e.Suggestion),
		Retryable:     e.Retryable,
		RetryCommands: texts(e.RetryCommands),
	}
}

// NewStreamErrorFromProto converts a proto StreamError; nil gives nil.
func NewStreamErrorFromProto(p *execpb.StreamError) *StreamError {
	if p == nil {
		return nil
	}
	return &StreamError{
		Title:         p.GetTitle(),
		Message:       p.GetMessage(),
		Suggestion:    p.GetSuggestion(),
		Retryable:     p.GetRetryable(),
		RetryCommands: p.GetRetryCommands(),
	}
}

// ToProto converts a StreamResize to its proto representation; nil gives nil.
func (r *StreamResize) ToProto() *execpb.ResizeSessionRequest {
	if r == nil {
		return nil
	}
	return &execpb.ResizeSessionRequest{Id: r.SessionID, Rows: int32(r.Rows), Cols: int32(r.Cols)}
}

// NewStreamResizeFromProto converts a proto resize request. It fails for a
// size that no terminal can have.
func NewStreamResizeFromProto(p *execpb.ResizeSessionRequest) (StreamResize, error) {
	size := Size{Rows: int(p.GetRows()), Cols: int(p.GetCols())}
	if !size.Valid() {
		return StreamResize{}, errBadSize(size)
	}
	return StreamResize{SessionID: p.GetId(), Rows: uint16(size.Rows), Cols: uint16(size.Cols)}, nil
}

// ToProto converts a StreamSignal value to its proto representation.
func (s StreamSignal) ToProto() execpb.StreamSignal {
	if !s.known() {
		return execpb.StreamSignal_STREAM_SIGNAL_NONE
	}
	return execpb.StreamSignal(s)
}

// NewStreamSignalFromProto converts a proto signal; one that this version does
// not know is StreamSignalNone.
func NewStreamSignalFromProto(p execpb.StreamSignal) StreamSignal {
	if s := StreamSignal(p); s.known() {
		return s
	}
	return StreamSignalNone
}

// ToProto converts AttachOptions.
func (o AttachOptions) ToProto() *typespb.AttachOptions {
	p := &typespb.AttachOptions{
		Size:         sizeToProto(o.Size),
		ReadOnly:     o.ReadOnly,
		Replay:       typespb.Replay(o.Replay),
		DetachOthers: o.DetachOthers,
		History:      int32(min(max(o.History, math.MinInt32), math.MaxInt32)),
		SyncOutput:   o.SyncOutput,
		ScreenFirst:  o.ScreenFirst,
		Headless:     o.Headless,
		Client:       text(o.Client),
		InputOffset:  o.InputOffset,
		NoResize:     o.NoResize,
		Pixels:       pixelsToProto(o.Pixels),
		Terminal:     text(o.Terminal),
		Tty:          text(o.TTY),
		Pid:          int32(o.PID),
		Remote:       text(o.Remote),
		CanMove:      o.CanMove,

		HoldsKeyboard: o.HoldsKeyboard,

		Environment: bytesOf(o.Environment),
	}
	if o.Resume {
		p.ResumeOffset = &o.ResumeOffset
	}
	return p
}

// AttachOptionsFromProto converts proto AttachOptions; nil gives the zero options.
func AttachOptionsFromProto(p *typespb.AttachOptions) AttachOptions {
	if p == nil {
		return AttachOptions{}
	}
	return AttachOptions{
		Headless:     p.GetHeadless(),
		Client:       p.GetClient(),
		InputOffset:  p.GetInputOffset(),
		NoResize:     p.GetNoResize(),
		Pixels:       PixelsFromProto(p.GetPixels()),
		Terminal:     p.GetTerminal(),
		TTY:          p.GetTty(),
		PID:          int(p.GetPid()),
		Remote:       p.GetRemote(),
		Size:         SizeFromProto(p.GetSize()),
		ReadOnly:     p.GetReadOnly(),
		Replay:       Replay(p.GetReplay()),
		Resume:       p.ResumeOffset != nil,
		ResumeOffset: p.GetResumeOffset(),
		DetachOthers: p.GetDetachOthers(),
		History:      int(p.GetHistory()),
		SyncOutput:   p.GetSyncOutput(),
		ScreenFirst:  p.GetScreenFirst(),
		CanMove:      p.GetCanMove(),

		HoldsKeyboard: p.GetHoldsKeyboard(),

		Environment: stringsOf(p.GetEnvironment()),
	}
}

func sizeToProto(s Size) *typespb.Size {
	if s == (Size{}) {
		return nil
	}
	return &typespb.Size{Rows: uint32(s.Rows), Cols: uint32(s.Cols)}
}

// SizeFromProto converts a proto Size; nil is the zero Size.
func SizeFromProto(p *typespb.Size) Size {
	return Size{Rows: int(p.GetRows()), Cols: int(p.GetCols())}
}

func pixelsToProto(p Pixels) *typespb.Pixels {
	if !p.known() {
		return nil
	}
	return &typespb.Pixels{Width: uint32(p.Width), Height: uint32(p.Height)}
}

// PixelsFromProto converts proto Pixels; nil is the zero Pixels.
func PixelsFromProto(p *typespb.Pixels) Pixels {
	return Pixels{Width: int(p.GetWidth()), Height: int(p.GetHeight())}
}

func exitToProto(e *ExitStatus) *typespb.ExitStatus {
	if e == nil {
		return nil
	}
	return &typespb.ExitStatus{Code: int32(e.Code), Signal: text(e.Signal), Message: text(e.Message)}
}

func exitFromProto(p *typespb.ExitStatus) *ExitStatus {
	if p == nil {
		return nil
	}
	return &ExitStatus{Code: int(p.GetCode()), Signal: p.GetSignal(), Message: p.GetMessage()}
}

// milliseconds is a duration of as many, at most the longest that there is.
func milliseconds(n int64) time.Duration {
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func timeFromProto(p *timestamppb.Timestamp) time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.AsTime()
}

func sessionsToProto(all []*Session) []*execpb.Session {
	var list []*execpb.Session
	for _, s := range all {
		if s != nil {
			list = append(list, s.ToProto())
		}
	}
	return list
}

func sessionsFromProto(all []*execpb.Session) []*Session {
	list := []*Session{}
	for _, s := range all {
		list = append(list, NewSessionFromProto(s))
	}
	return list
}

func clientsToProto(all []ClientInfo) []*typespb.Attachment {
	var list []*typespb.Attachment
	for _, c := range all {
		list = append(list, &typespb.Attachment{
			Since: timeToProto(c.Since), UsedAt: timeToProto(c.UsedAt), Size: sizeToProto(c.Size),
			ReadOnly: c.ReadOnly, Leads: c.Leads,
			Tty: text(c.TTY), Pid: int32(c.PID), Remote: text(c.Remote), SilentSince: timeToProto(c.SilentSince),
		})
	}
	return list
}

func clientsFromProto(list []*typespb.Attachment) []ClientInfo {
	var all []ClientInfo
	for _, p := range list {
		all = append(all, ClientInfo{
			Since: timeFromProto(p.GetSince()), UsedAt: timeFromProto(p.GetUsedAt()), Size: SizeFromProto(p.GetSize()),
			ReadOnly: p.GetReadOnly(), Leads: p.GetLeads(),
			TTY: p.GetTty(), PID: int(p.GetPid()), Remote: p.GetRemote(), SilentSince: timeFromProto(p.GetSilentSince()),
		})
	}
	return all
}

func stateToProto(s State) *typespb.State {
	if s == (State{}) {
		return nil
	}
	return &typespb.State{
		Name: text(string(s.Name)), Since: timeToProto(s.Since), Message: text(s.Message),
		Progress: int32Of(s.Progress), Source: text(string(s.Source)),
	}
}

func stateFromProto(p *typespb.State) State {
	if p == nil {
		return State{}
	}
	return State{
		Name: StateName(p.GetName()), Since: timeFromProto(p.GetSince()), Message: p.GetMessage(),
		Progress: intOf(p.Progress), Source: StateSource(p.GetSource()),
	}
}

func int32Of(n *int) *int32 {
	if n == nil {
		return nil
	}
	return new(int32(*n))
}

func intOf(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}

func typistsToProto(all []TypedBy) []*typespb.Typist {
	var list []*typespb.Typist
	for _, t := range all {
		list = append(list, &typespb.Typist{Kind: text(string(t.Kind)), Client: text(t.Client), At: timeToProto(t.At)})
	}
	return list
}

func typistsFromProto(list []*typespb.Typist) []TypedBy {
	var all []TypedBy
	for _, p := range list {
		all = append(all, TypedBy{Typer{Kind: TyperKind(p.GetKind()), Client: p.GetClient()}, timeFromProto(p.GetAt())})
	}
	return all
}
