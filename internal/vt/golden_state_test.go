package vt

import (
	"encoding/json"
	"strings"
	"testing"
)

// state1 is vtstate/1 as the golden files hold it and Describe tells it.
type state1 struct {
	Rows, Cols    int
	Buffer        string
	Cursor        cursor1
	Screen        []line1
	Scrollback    []line1
	Normal        *normal1
	Modes         map[string]any
	KittyKeyboard []int `json:"kitty_keyboard"`
	Title         string
	Icon          string
	Cwd           string
	ScrollRegion  [2]int `json:"scroll_region"`
	ColumnsRegion [2]int `json:"columns_region"`
	Tabs          []int
	Pen           [4]string
	SavedCursor   savedCursor1 `json:"saved_cursor"`
	Charset       charset1
	ParserGround  bool `json:"parser_ground"`
	Replies       string
}

type cursor1 struct {
	Row, Col    int
	WrapPending bool `json:"wrap_pending"`
	Visible     bool
	Shape       int `json:"decscusr"`
}

type savedCursor1 struct {
	Row, Col int
	Pen      [4]string
}

type charset1 struct {
	GL int
	G  [4]string
}

type normal1 struct{ Screen []line1 }

type line1 struct {
	T string
	W bool
	R [][]any
}

func describe(t *testing.T, s *Snapshot) state1 {
	t.Helper()
	b, err := json.Marshal(s.Describe(false))
	if err != nil {
		t.Fatal(err)
	}
	var d state1
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// look is how a cell looks: text, foreground, background, attributes, underline
// colour, link.
type look [6]string

// cells expands the runs of a line.
func (l line1) cells(cols int) []look {
	out := make([]look, cols)
	for x := range out {
		out[x][0] = " "
	}
	for _, run := range l.R {
		x := int(run[0].(float64))
		var style look
		for i, v := range run[2:] {
			style[i+1] = v.(string)
		}
		for _, text := range cellTexts(run[1]) {
			style[0] = text
			out[x] = style
			x++
		}
	}
	return out
}

func cellTexts(v any) []string {
	if s, ok := v.(string); ok {
		return strings.Split(s, "")
	}
	var out []string
	for _, s := range v.([]any) {
		out = append(out, s.(string))
	}
	return out
}

// visible leaves out of a blank what cannot be seen of it: the colour of its
// text, and the attributes that only text shows.
func (l look) visible() look {
	if l[0] != " " {
		return l
	}
	l[3] = strings.Map(func(r rune) rune {
		if strings.ContainsRune("rsou2345", r) {
			return r
		}
		return -1
	}, l[3])
	if l[3] == "" {
		l[1] = ""
	}
	return l
}
