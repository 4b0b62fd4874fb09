package exec

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/types"
)

// Capturer tells what sessions show. Manager and PluginClient are Capturers.
type Capturer interface {
	// Capture returns what the session's terminal shows, with all that was printed
	// before the call; also of an ended session. It changes nothing. It returns
	// ErrSessionNotFound, and ErrTerminalError for a session without a terminal.
	Capture(ctx *types.PluginContext, sessionID string, o CaptureOptions) (*Screen, error)
}

// CaptureOptions says what a Screen has.
type CaptureOptions struct {
	// History is how many lines it has of those that left the screen: 0 means
	// none, negative all that are kept.
	History int
	// Styles gives lines their Runs.
	Styles bool
	// At, if it is not nil, asks for what was shown before the output from that offset
	// on was printed; AtTime, if it is not zero, for what was shown then. It is
	// ErrTerminalError where that is not held any more. A screen of the past has no
	// History.
	At     *int64
	AtTime time.Time
}

// Screen is what a session's terminal shows at one moment.
type Screen struct {
	SessionID string `json:"session_id"`
	Name      string `json:"name"`
	Size      Size   `json:"size"`
	// Offset is that of the output up to which it is drawn.
	Offset int64 `json:"offset"`
	// Time is, of a screen of the past, when it came to be shown, if that is known.
	Time   time.Time    `json:"time,omitzero"`
	Cursor Cursor       `json:"cursor"`
	Title  string       `json:"title"`
	Dir    string       `json:"dir"` // that the program told, if it did
	Modes  Modes        `json:"modes"`
	Lines  []ScreenLine `json:"lines"` // one for each row

	// History are the newest lines that left the primary screen, the oldest first;
	// HistoryLines is how many there are.
	History      []ScreenLine `json:"history"`
	HistoryLines int          `json:"history_lines"`
}

// Cursor is the cursor's place; rows and columns count from 0.
type Cursor struct {
	Row     int  `json:"row"`
	Col     int  `json:"col"`
	Visible bool `json:"visible"`
}

// Modes are what the program has set its terminal to.
type Modes struct {
	AlternateScreen bool   `json:"alternate_screen"`
	AppCursor       bool   `json:"app_cursor"`
	AppKeypad       bool   `json:"app_keypad"`
	BracketedPaste  bool   `json:"bracketed_paste"`
	Focus           bool   `json:"focus"`
	ModifyOtherKeys int    `json:"modify_other_keys"`
	KittyKeyboard   int    `json:"kitty_keyboard"`
	Mouse           string `json:"mouse"`
}

// ScreenLine is one row.
type ScreenLine struct {
	// Text is without blanks at its end.
	Text string `json:"text"`
	// Wrapped: the line goes on in the next row.
	Wrapped bool `json:"wrapped,omitempty"`
	// Runs are the row's text by styles, if they were asked for.
	Runs []Run `json:"runs,omitempty"`
	// Marks are the shell's on this row, as OSC 133 has them: A a prompt, C a
	// command's output, D;N the end of the one before with its status.
	Marks []string `json:"marks,omitempty"`
}

// Run is text of one style. A colour is empty for the default, the number of the
// palette's, or #rrggbb.
type Run struct {
	Text           string `json:"text"`
	FG             string `json:"fg,omitempty"`
	BG             string `json:"bg,omitempty"`
	Bold           bool   `json:"bold,omitempty"`
	Dim            bool   `json:"dim,omitempty"`
	Italic         bool   `json:"italic,omitempty"`
	Blink          bool   `json:"blink,omitempty"`
	Inverse        bool   `json:"inverse,omitempty"`
	Hidden         bool   `json:"hidden,omitempty"`
	Strike         bool   `json:"strike,omitempty"`
	Overline       bool   `json:"overline,omitempty"`
	Underline      string `json:"underline,omitempty"` // single, double, curly, dotted or dashed
	UnderlineColor string `json:"underline_color,omitempty"`
	Link           string `json:"link,omitempty"`
	Width          int    `json:"width"` // in columns
}

// Text returns the rows, each with a line's end, without the empty ones at the
// bottom.
func (s *Screen) Text() string { return linesText(s.Lines) }

// HistoryText is Text for the history.
func (s *Screen) HistoryText() string { return linesText(s.History) }

func linesText(lines []ScreenLine) string {
	var b strings.Builder
	end := 0
	for _, l := range lines {
		b.WriteString(l.Text)
		b.WriteByte('\n')
		if l.Text != "" {
			end = b.Len()
		}
	}
	return b.String()[:end]
}

// Match is a place on a screen.
type Match struct {
	Row, Col int // of its beginning, from 0; Col counts characters
	Text     string
}

// Find returns the first place where the screen's text matches. The text is as
// Text has it; ^ and $ match at the ends of lines if re says so by (?m).
func (s *Screen) Find(re *regexp.Regexp) (Match, bool) {
	text := s.Text()
	at := re.FindStringIndex(text)
	if at == nil {
		return Match{}, false
	}
	before := text[:at[0]]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return Match{Row: strings.Count(before, "\n"), Col: len([]rune(line)), Text: text[at[0]:at[1]]}, true
}

// captureWait bounds how long a capture waits for a model that is behind: one
// that shows what was printed a moment ago is better than none.
const captureWait = time.Second

// Capture implements Capturer.
func (m *Manager) Capture(pluginctx *types.PluginContext, sessionID string, o CaptureOptions) (*Screen, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	if o.At != nil || !o.AtTime.IsZero() {
		return s.captureAt(pluginctx.Ctx(), o)
	}
	snap, offset, err := s.shown(pluginctx.Ctx())
	if err != nil {
		return nil, err
	}
	screen := newScreenValue(snap, o)
	screen.SessionID, screen.Name, screen.Offset = s.id, s.name(), offset
	return screen, nil
}

// shown is a snapshot of what the session shows, with all that was printed.
func (s *session) shown(ctx context.Context) (*vt.Snapshot, int64, error) {
	if s.screen == nil {
		return nil, 0, NewTerminalError(s.id, errNoScreen)
	}
	_, end := s.log.Offsets()
	settling, over := patiently(ctx, captureWait)
	s.screen.Await(settling, end)
	over()
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	snap, offset := s.screen.Sized()
	if snap == nil {
		return nil, 0, NewTerminalError(s.id, errScreenFailed)
	}
	return snap, offset, nil
}

func newScreenValue(snap *vt.Snapshot, o CaptureOptions) *Screen {
	size, modes := snap.Size(), snap.InputModes()
	s := &Screen{
		Size: Size(size), Title: snap.Title(), Dir: dirOf(snap.Cwd()), HistoryLines: snap.HistoryLines(),
		Lines: make([]ScreenLine, 0, size.Rows), History: []ScreenLine{},
		Modes: Modes{
			AlternateScreen: snap.AltScreen(),
			AppCursor:       modes.AppCursor, AppKeypad: modes.AppKeypad,
			BracketedPaste: modes.BracketedPaste, Focus: modes.Focus,
			ModifyOtherKeys: modes.OtherKeys, KittyKeyboard: modes.Kitty, Mouse: modes.Mouse,
		},
	}
	s.Cursor.Row, s.Cursor.Col, s.Cursor.Visible = snap.Cursor()
	n := o.History
	if n < 0 {
		n = s.HistoryLines
	}
	if n > 0 {
		for _, l := range snap.History(s.HistoryLines-n, n) {
			s.History = appendLine(s.History, l, o.Styles)
		}
	}
	for i := range size.Rows {
		row := snap.Row(i)
		if i == 0 && row.Continues && len(s.History) > 0 {
			s.History[len(s.History)-1].Wrapped = true
			row.Continues = false
		}
		s.Lines = appendLine(s.Lines, row, o.Styles)
	}
	return s
}

// appendLine adds a line. That it continues the one above is noted there.
func appendLine(lines []ScreenLine, l vt.Line, styles bool) []ScreenLine {
	if n := len(lines); n > 0 && l.Continues {
		lines[n-1].Wrapped = true
	}
	line := ScreenLine{Text: l.Text(), Marks: l.Marks}
	if styles {
		line.Runs = runs(l.Cells)
	}
	return append(lines, line)
}

func runs(cells []vt.Cell) []Run {
	var all []Run
	var last vt.Style
	for _, c := range cells {
		if c.Width == 0 {
			continue
		}
		if len(all) == 0 || c.Style != last {
			all = append(all, newRun(c.Style))
			last = c.Style
		}
		r := &all[len(all)-1]
		if c.Text == "" {
			r.Text += " "
		} else {
			r.Text += c.Text
		}
		r.Width += c.Width
	}
	return all
}

func newRun(s vt.Style) Run {
	on := func(a vt.Attr) bool { return s.Attrs&a != 0 }
	r := Run{
		FG: colorName(s.FG), BG: colorName(s.BG), UnderlineColor: colorName(s.UnderlineColor),
		Bold: on(vt.AttrBold), Dim: on(vt.AttrDim), Italic: on(vt.AttrItalic), Blink: on(vt.AttrBlink),
		Inverse: on(vt.AttrInverse), Hidden: on(vt.AttrHidden), Strike: on(vt.AttrStrike), Overline: on(vt.AttrOverline),
	}
	switch s.Underline {
	case vt.UnderlineSingle:
		r.Underline = "single"
	case vt.UnderlineDouble:
		r.Underline = "double"
	case vt.UnderlineCurly:
		r.Underline = "curly"
	case vt.UnderlineDotted:
		r.Underline = "dotted"
	case vt.UnderlineDashed:
		r.Underline = "dashed"
	}
	if s.Link != nil {
		r.Link = s.Link.URI
	}
	return r
}

func colorName(c vt.Color) string {
	if i, ok := c.Index(); ok {
		return fmt.Sprint(i)
	}
	if r, g, b, ok := c.RGB(); ok {
		return fmt.Sprintf("#%02x%02x%02x", r, g, b)
	}
	return ""
}

// captureAt is Capture of the past.
func (s *session) captureAt(ctx context.Context, o CaptureOptions) (*Screen, error) {
	var offset int64
	if o.At != nil {
		offset = *o.At
	} else {
		known := false
		if offset, known = s.log.OffsetAt(o.AtTime); !known {
			return nil, NewTerminalError(s.id, s.nothingAt(o.AtTime))
		}
	}
	at, err := s.shownAt(ctx, offset, false)
	if err != nil {
		return nil, err
	}
	screen := newScreenValue(at.snap, CaptureOptions{Styles: o.Styles})
	screen.SessionID, screen.Name, screen.Offset, screen.Time = s.id, s.name(), offset, s.timeAt(max(0, offset-1))
	return screen, nil
}

// nothingAt is the error for a time before the first output that is dated.
func (s *session) nothingAt(t time.Time) error {
	all := s.log.Moments()
	if len(all) == 0 {
		return errors.New("the session has printed nothing")
	}
	return fmt.Errorf("nothing is known of the session at %s: its first output that is held is of %s",
		t.Format(time.RFC3339), all[0].Time().Format(time.RFC3339))
}
