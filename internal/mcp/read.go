package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/xsh-project/xsh/pkg/exec"
)

type screenInput struct {
	Session string `json:"session" jsonschema:"the session's name or ID"`
	FromRow int    `json:"from_row,omitempty" jsonschema:"begin with this row, counted from 0; a screen that was cut says with which to go on"`
	Max     int    `json:"max_bytes,omitempty" jsonschema:"how large the answer may be, 16384 if it is not given"`
}

func screenTool() *sdk.Tool {
	return described("screen", "Look at a session",
		`Tell what a session's terminal shows now, or showed last: a line for each row, and where the cursor is (row and col from 0). It is the way to look at full-screen programs; what a command printed, history has in full.`, true, false)
}

func (s *server) screen(ctx context.Context, sessions Sessions, in screenInput) (*answer, error) {
	space, err := room(in.Max)
	if err != nil {
		return nil, err
	}
	session, err := s.find(ctx, sessions, in.Session)
	if err != nil {
		return nil, err
	}
	screen, err := sessions.Capture(request(ctx), session.ID, exec.CaptureOptions{})
	if err != nil {
		return nil, err
	}
	rows := s.rows(screen)
	if in.FromRow < 0 || in.FromRow > len(rows) {
		return nil, fmt.Errorf("from_row is %d, and the screen has %d rows", in.FromRow, len(rows))
	}
	facts := map[string]any{
		"session": s.shortName(session), "size": screen.Size, "cursor": screen.Cursor, "next_offset": screen.Offset,
		"full_screen": screen.Modes.AlternateScreen, "active": session.Exit == nil,
	}
	var text strings.Builder
	for i, row := range rows[in.FromRow:] {
		if text.Len()+len(row) >= space && i > 0 {
			facts["go_on"] = fmt.Sprintf("there are more rows: from_row %d", in.FromRow+i)
			break
		}
		text.WriteString(row[:min(len(row), space)] + "\n")
	}
	return &answer{facts: facts, output: text.String(), shows: true}, nil
}

// rows are a screen's, without the empty ones at the bottom and without secrets: rows
// that were wrapped are one line for those.
func (s *server) rows(screen *exec.Screen) (rows []string) {
	lines := s.Mask.Lines()
	var parts []string
	for _, l := range screen.Lines {
		parts = append(parts, clean(l.Text))
		if !l.Wrapped {
			rows = append(rows, lines.HideParts(parts)...)
			parts = nil
		}
	}
	rows = append(rows, lines.HideParts(parts)...)
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}

type historyInput struct {
	Session string `json:"session" jsonschema:"the session's name or ID"`
	Offset  *int64 `json:"offset,omitempty" jsonschema:"where to begin: a next_offset of an answer before, or a negative number of bytes before the end; without it about the last 8 KB"`
	Max     int    `json:"max_bytes,omitempty" jsonschema:"how large the answer may be, 16384 if it is not given, at most 262144"`
}

func historyTool() *sdk.Tool {
	return described("history", "Read what a session printed",
		`Read what a session printed, as plain text, from an offset on. The answer has next_offset: reading on from there gives what comes behind, nothing twice and nothing missed; "lost" says which output was not kept. A last line that has no end yet may come with the next call.`, true, false)
}

func (s *server) history(ctx context.Context, sessions Sessions, in historyInput) (*answer, error) {
	space, err := room(in.Max)
	if err != nil {
		return nil, err
	}
	session, err := s.find(ctx, sessions, in.Session)
	if err != nil {
		return nil, err
	}
	from := int64(-8 << 10)
	if in.Offset != nil {
		from = *in.Offset
	}
	p, err := readPage(ctx, sessions, session.ID, reading{from: from, until: -1, room: space, whole: session.Exit != nil}, s.Mask)
	if err != nil {
		return nil, err
	}
	return &answer{facts: p.facts, output: p.text, shows: true}, nil
}

type grepInput struct {
	Pattern    string `json:"pattern" jsonschema:"a regular expression (Go's syntax, RE2)"`
	Session    string `json:"session,omitempty" jsonschema:"the session's name or ID; without it all that you may use"`
	IgnoreCase bool   `json:"ignore_case,omitempty" jsonschema:"upper and lower case are one"`
	Context    int    `json:"context,omitempty" jsonschema:"how many lines before and behind each to tell too, at most 20"`
}

// Bounds of a grep: what is looked for, and how much is told of one session.
const (
	maxPattern   = 1000
	maxGrepLines = 200
	maxContext   = 20
	maxLine      = 2000
)

func grepTool() *sdk.Tool {
	return described("grep", "Look for text in sessions",
		`Look for lines that match in what sessions show and have shown. Each line is a JSON object with its session, number and text, the oldest first; if there are too many, the newest are told.`, true, false)
}

func checkPattern(pattern string) error {
	if len(pattern) > maxPattern {
		return fmt.Errorf("the pattern has %d bytes, at most %d are looked for", len(pattern), maxPattern)
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return fmt.Errorf("bad pattern: %w", err)
	}
	return nil
}

// foundLine is a line as grep tells it.
type foundLine struct {
	Session string `json:"session"`
	Line    int    `json:"line"`
	Text    string `json:"text"`
	Match   bool   `json:"match"`
}

func (s *server) grep(ctx context.Context, sessions Sessions, in grepInput) (*answer, error) {
	if err := checkPattern(in.Pattern); err != nil {
		return nil, err
	}
	if in.Pattern == "" {
		return nil, errors.New("the pattern is empty")
	}
	if in.Context < 0 || in.Context > maxContext {
		return nil, fmt.Errorf("context is %d: it can be 0 to %d", in.Context, maxContext)
	}
	if in.IgnoreCase {
		in.Pattern = "(?i)" + in.Pattern
	}
	among, err := s.all(ctx, sessions)
	if in.Session != "" {
		var one *exec.Session
		one, err = s.find(ctx, sessions, in.Session)
		among = []*exec.Session{one}
	}
	if err != nil {
		return nil, err
	}
	var lines []string
	more := false
	for _, session := range among {
		if !session.Size.Valid() { // what has no terminal shows nothing
			continue
		}
		found, err := sessions.Search(request(ctx), session.ID, exec.SearchOptions{
			Pattern: in.Pattern, Before: in.Context, Behind: in.Context, Most: maxGrepLines,
		})
		if errors.Is(err, exec.ErrSessionNotFound) { // it was just removed
			continue
		} else if err != nil {
			return nil, err
		}
		more = more || found.More
		lines = append(lines, s.foundLines(session, found)...)
	}
	kept := newest(lines, defaultRoom-factsRoom)
	facts := map[string]any{"lines": len(kept)}
	if more || len(kept) < len(lines) {
		facts["go_on"] = "older lines match as well, and are not told: make the pattern narrower, or name a session"
	}
	return &answer{facts: facts, output: strings.Join(kept, "\n"), shows: len(kept) > 0}, nil
}

func (s *server) foundLines(session *exec.Session, found *exec.Found) (lines []string) {
	hide := s.Mask.Lines()
	for _, l := range found.Lines {
		text := hide.Hide(clean(l.Text))
		line, err := json.Marshal(foundLine{s.shortName(session), l.Number, strings.ToValidUTF8(text[:min(len(text), maxLine)], ""), l.Match})
		if err == nil {
			lines = append(lines, string(line))
		}
	}
	return lines
}

// newest returns the last lines that fit.
func newest(lines []string, room int) []string {
	for i := len(lines) - 1; i >= 0; i-- {
		if room -= len(lines[i]) + 1; room < 0 {
			return lines[i+1:]
		}
	}
	return lines
}
