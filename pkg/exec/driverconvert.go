package exec

import (
	"google.golang.org/protobuf/types/known/durationpb"

	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

func inputsToProto(input []Input) []*xshpb.Input {
	var list []*xshpb.Input
	for _, in := range input {
		p := &xshpb.Input{}
		switch {
		case in.Key != "":
			p.What = &xshpb.Input_Key{Key: text(in.Key)}
		case in.Paste != nil:
			p.What = &xshpb.Input_Paste{Paste: in.Paste}
		default:
			p.What = &xshpb.Input_Text{Text: in.Text}
		}
		list = append(list, p)
	}
	return list
}

func inputsFromProto(list []*xshpb.Input) []Input {
	var input []Input
	for _, p := range list {
		switch what := p.GetWhat().(type) {
		case *xshpb.Input_Key:
			input = append(input, Input{Key: what.Key})
		case *xshpb.Input_Paste:
			input = append(input, Input{Paste: what.Paste})
		case *xshpb.Input_Text:
			input = append(input, Input{Text: what.Text})
		}
	}
	return input
}

// ToProto converts a Screen to its proto representation; nil gives nil.
func (s *Screen) ToProto() *xshpb.Screen {
	if s == nil {
		return nil
	}
	return &xshpb.Screen{
		Id: text(s.SessionID), Name: text(s.Name), Size: sizeToProto(s.Size), Offset: s.Offset,
		Cursor: &xshpb.Cursor{Row: int32(s.Cursor.Row), Col: int32(s.Cursor.Col), Visible: s.Cursor.Visible},
		Title:  text(s.Title), Dir: text(s.Dir), Alternate: s.Modes.AlternateScreen,
		Modes: &xshpb.Modes{
			AppCursor: s.Modes.AppCursor, AppKeypad: s.Modes.AppKeypad, BracketedPaste: s.Modes.BracketedPaste,
			Focus: s.Modes.Focus, ModifyOtherKeys: int32(s.Modes.ModifyOtherKeys),
			KittyKeyboard: int32(s.Modes.KittyKeyboard), Mouse: s.Modes.Mouse,
		},
		Lines: linesToProto(s.Lines), History: linesToProto(s.History), HistoryLines: int32(s.HistoryLines),
		Time: timeToProto(s.Time),
	}
}

// NewScreenFromProto converts a proto Screen; nil gives nil.
func NewScreenFromProto(p *xshpb.Screen) *Screen {
	if p == nil {
		return nil
	}
	c, m := p.GetCursor(), p.GetModes()
	return &Screen{
		SessionID: p.GetId(), Name: p.GetName(), Size: SizeFromProto(p.GetSize()), Offset: p.GetOffset(),
		Cursor: Cursor{Row: int(c.GetRow()), Col: int(c.GetCol()), Visible: c.GetVisible()},
		Title:  p.GetTitle(), Dir: p.GetDir(),
		Modes: Modes{
			AlternateScreen: p.GetAlternate(),
			AppCursor:       m.GetAppCursor(), AppKeypad: m.GetAppKeypad(), BracketedPaste: m.GetBracketedPaste(),
			Focus: m.GetFocus(), ModifyOtherKeys: int(m.GetModifyOtherKeys()),
			KittyKeyboard: int(m.GetKittyKeyboard()), Mouse: m.GetMouse(),
		},
		Lines: linesFromProto(p.GetLines()), History: linesFromProto(p.GetHistory()), HistoryLines: int(p.GetHistoryLines()),
		Time: timeFromProto(p.GetTime()),
	}
}

func linesToProto(lines []ScreenLine) []*xshpb.Line {
	list := make([]*xshpb.Line, 0, len(lines))
	for _, l := range lines {
		p := &xshpb.Line{Text: text(l.Text), Wrapped: l.Wrapped, Marks: texts(l.Marks)}
		for _, r := range l.Runs {
			p.Runs = append(p.Runs, &xshpb.Run{
				Text: text(r.Text), Fg: r.FG, Bg: r.BG, Bold: r.Bold, Dim: r.Dim, Italic: r.Italic, Blink: r.Blink,
				Inverse: r.Inverse, Hidden: r.Hidden, Strike: r.Strike, Overline: r.Overline,
				Underline: r.Underline, UnderlineColor: r.UnderlineColor, Link: text(r.Link), Width: int32(r.Width),
			})
		}
		list = append(list, p)
	}
	return list
}

func linesFromProto(list []*xshpb.Line) []ScreenLine {
	lines := make([]ScreenLine, 0, len(list))
	for _, p := range list {
		l := ScreenLine{Text: p.GetText(), Wrapped: p.GetWrapped(), Marks: p.GetMarks()}
		for _, r := range p.GetRuns() {
			l.Runs = append(l.Runs, Run{
				Text: r.GetText(), FG: r.GetFg(), BG: r.GetBg(), Bold: r.GetBold(), Dim: r.GetDim(), Italic: r.GetItalic(),
				Blink: r.GetBlink(), Inverse: r.GetInverse(), Hidden: r.GetHidden(), Strike: r.GetStrike(),
				Overline: r.GetOverline(), Underline: r.GetUnderline(), UnderlineColor: r.GetUnderlineColor(),
				Link: r.GetLink(), Width: int(r.GetWidth()),
			})
		}
		lines = append(lines, l)
	}
	return lines
}

// ToProto converts a LogPiece to its proto representation.
func (p LogPiece) ToProto() *xshpb.LogsChunk {
	chunk := &xshpb.LogsChunk{
		Offset: p.Offset, Data: p.Data, Target: execpb.StreamOutput_Target(p.Target), Time: timeToProto(p.Time), Screen: p.Screen,
	}
	if p.Size != nil {
		chunk.Size = sizeToProto(*p.Size)
	}
	return chunk
}

// NewLogPieceFromProto converts a proto LogsChunk.
func NewLogPieceFromProto(p *xshpb.LogsChunk) LogPiece {
	piece := LogPiece{
		Data: p.GetData(), Offset: p.GetOffset(), Target: StreamTarget(p.GetTarget()),
		Time: timeFromProto(p.GetTime()), Screen: p.GetScreen(),
	}
	if p.GetSize() != nil {
		piece.Size = new(SizeFromProto(p.GetSize()))
	}
	return piece
}

// ToProto converts an Event to its proto representation.
func (e Event) ToProto() *xshpb.Event {
	p := &xshpb.Event{
		Number: e.Number, Time: timeToProto(e.Time), Kind: string(e.Kind), Session: text(e.Session), Name: text(e.Name),
		Offset: e.Offset, Clients: int32(e.Clients), Exit: exitToProto(e.Exit), Title: text(e.Title), Body: text(e.Body),
		Dir: text(e.Dir), Line: text(e.Line), Status: int32Of(e.Status), Labels: textMap(e.Labels),
		Before: text(e.Before), Missed: e.Missed, State: text(e.State), Source: text(string(e.Source)),
	}
	if e.Size != nil {
		p.Size = sizeToProto(*e.Size)
	}
	if e.Took != 0 {
		p.Took = durationpb.New(e.Took)
	}
	if e.Progress != nil {
		p.Progress = &xshpb.Progress{State: e.Progress.State, Percent: int32(e.Progress.Percent)}
	}
	return p
}

// NewEventFromProto converts a proto Event.
func NewEventFromProto(p *xshpb.Event) Event {
	e := Event{
		Number: p.GetNumber(), Time: timeFromProto(p.GetTime()), Kind: EventKind(p.GetKind()), Session: p.GetSession(),
		Name: p.GetName(), Offset: p.GetOffset(), Clients: int(p.GetClients()), Exit: exitFromProto(p.GetExit()),
		Title: p.GetTitle(), Body: p.GetBody(), Dir: p.GetDir(), Line: p.GetLine(), Status: intOf(p.Status),
		Labels: p.GetLabels(), Before: p.GetBefore(), Missed: p.GetMissed(), Took: p.GetTook().AsDuration(), State: p.GetState(),
		Source: StateSource(p.GetSource()),
	}
	if p.GetSize() != nil {
		e.Size = new(SizeFromProto(p.GetSize()))
	}
	if progress := p.GetProgress(); progress != nil {
		e.Progress = &Progress{State: progress.GetState(), Percent: int(progress.GetPercent())}
	}
	return e
}
