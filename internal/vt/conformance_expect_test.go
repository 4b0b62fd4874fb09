package vt

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// expect says how the terminal differs from what the step expects, "" when it
// does not.
func (c *conformance) expect(s *step) string {
	if strings.HasPrefix(s.word, "reply") || s.word == "keep-reply" {
		return c.expectReply(s)
	}
	snap := c.term.Snapshot()
	d := describe(c.t, snap)
	switch s.word {
	case "screen":
		return differ(padRows(s.block, d.Rows), lineTexts(d.Screen))
	case "scrollback":
		want, err := s.texts()
		if err != nil {
			return err.Error()
		}
		return differ(append(want, s.block...), lineTexts(d.Scrollback))
	case "row":
		n, text, _ := strings.Cut(s.args, " ")
		y, _ := strconv.Atoi(n)
		return expectText(text, d.Screen[y].T)
	case "wrapped":
		return expectPair(s.args, func(y string) string {
			n, _ := strconv.Atoi(y)
			return fmt.Sprint(d.Screen[n].W)
		})
	case "cell":
		return expectCell(s, snap)
	case "style":
		return expectStyle(s, d)
	case "mode":
		return expectPair(s.args, func(name string) string { return modeText(d.Modes, name) })
	case "title":
		return expectText(s.args, d.Title)
	case "icon":
		return expectText(s.args, d.Icon)
	case "cwd":
		return expectText(s.args, d.Cwd)
	}
	return expectWord(s, d)
}

// expectWord is for the expectations whose arguments are plain words.
func expectWord(s *step, d state1) string {
	var got string
	switch s.word {
	case "cursor":
		got = fmt.Sprintf("%d,%d", d.Cursor.Row, d.Cursor.Col)
	case "pending":
		got = fmt.Sprint(d.Cursor.WrapPending)
	case "visible":
		got = fmt.Sprint(d.Cursor.Visible)
	case "shape":
		got = fmt.Sprint(d.Cursor.Shape)
	case "buffer":
		got = d.Buffer
	case "margins":
		got = fmt.Sprintf("%d,%d", d.ScrollRegion[0], d.ScrollRegion[1])
	case "columns":
		got = fmt.Sprintf("%d,%d", d.ColumnsRegion[0], d.ColumnsRegion[1])
	case "tabs":
		got = strings.Trim(fmt.Sprint(d.Tabs), "[]")
	case "kitty":
		got = strings.Trim(fmt.Sprint(d.KittyKeyboard), "[]")
	case "pen":
		got = styleWords(look{"", d.Pen[0], d.Pen[1], d.Pen[2], d.Pen[3]})
		return expectStyleWords(s.args, got)
	case "ground":
		got = fmt.Sprint(d.ParserGround)
	default:
		return "no such word"
	}
	if got != s.args {
		return "got " + got
	}
	return ""
}

func (c *conformance) expectReply(s *step) string {
	got := c.replies
	c.replies = ""
	switch s.word {
	case "reply":
		return expectText(s.args, got)
	case "reply-matches":
		re, err := regexp.Compile(strings.Trim(s.args, "`"))
		if err != nil {
			return err.Error()
		}
		if !re.MatchString(got) {
			return fmt.Sprintf("got %q", got)
		}
	case "reply-without":
		text, _, err := unquote(s.args)
		if err != nil || strings.Contains(got, text) {
			return fmt.Sprintf("got %q, %v", got, err)
		}
	case "keep-reply":
		c.kept = got
	case "reply-kept":
		if got != c.kept {
			return fmt.Sprintf("got %q, want %q as before", got, c.kept)
		}
	default:
		return "no such word"
	}
	return ""
}

func expectText(quoted, got string) string {
	want, _, err := unquote(quoted)
	if err != nil {
		return err.Error()
	}
	if got != want {
		return fmt.Sprintf("got %q", got)
	}
	return ""
}

func expectPair(args string, lookUp func(string) string) string {
	name, want, _ := strings.Cut(args, " ")
	if got := lookUp(name); got != want {
		return "got " + got
	}
	return ""
}

func modeText(modes map[string]any, name string) string {
	v, ok := modes[name]
	if !ok {
		return "no such mode"
	}
	return fmt.Sprint(v)
}

// expectCell checks a cell's text and width: cell ROW,COL "text" WIDTH.
func expectCell(s *step, snap *Snapshot) string {
	place, rest, _ := strings.Cut(s.args, " ")
	at, err := (&step{args: place}).ints(",", 2)
	if err != nil {
		return err.Error()
	}
	want, n, err := unquote(rest)
	if err != nil {
		return err.Error()
	}
	var got Cell
	if cells := snap.Row(at[0]).Cells; at[1] < len(cells) {
		got = cells[at[1]]
	}
	if got.Text != want || strconv.Itoa(got.Width) != strings.TrimSpace(rest[n:]) {
		return fmt.Sprintf("got %q %d", got.Text, got.Width)
	}
	return ""
}

// expectStyle checks a cell's style: style ROW,COL WORDS.
func expectStyle(s *step, d state1) string {
	place, words, _ := strings.Cut(s.args, " ")
	at, err := (&step{args: place}).ints(",", 2)
	if err != nil {
		return err.Error()
	}
	return expectStyleWords(words, styleWords(d.Screen[at[0]].cells(d.Cols)[at[1]]))
}

func expectStyleWords(want, got string) string {
	a, b := strings.Split(want, ","), strings.Split(got, ",")
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		return "got " + got
	}
	return ""
}

var attrWords = map[rune]string{'b': "bold", 'd': "dim", 'i': "italic", 'k': "blink", 'r': "inverse",
	'h': "hidden", 's': "strike", 'o': "overline", 'u': "underline", '2': "=double", '3': "=curly",
	'4': "=dotted", '5': "=dashed"}

// styleWords writes a style as the scripts do.
func styleWords(l look) string {
	var b strings.Builder
	for _, r := range l[3] {
		if !strings.ContainsRune("2345", r) {
			b.WriteByte(',')
		}
		b.WriteString(attrWords[r])
	}
	for i, name := range map[int]string{1: "fg", 2: "bg", 4: "ul", 5: "link"} {
		if l[i] != "" {
			b.WriteString("," + name + "=" + l[i])
		}
	}
	if b.Len() == 0 {
		return "plain"
	}
	return b.String()[1:]
}

func (s *step) ints(sep string, n int) ([]int, error) {
	var out []int
	for _, f := range strings.Split(strings.TrimSpace(s.args), sep) {
		v, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if len(out) != n {
		return nil, fmt.Errorf("want %d numbers", n)
	}
	return out, nil
}

func lineTexts(lines []line1) []string {
	out := []string{}
	for _, l := range lines {
		out = append(out, l.T)
	}
	return out
}

func padRows(rows []string, n int) []string {
	for len(rows) < n {
		rows = append(rows[:len(rows):len(rows)], "")
	}
	return rows
}

func differ(want, got []string) string {
	if slices.Equal(want, got) {
		return ""
	}
	return fmt.Sprintf("want\n%s\n    got\n%s", drawn(want), drawn(got))
}

func drawn(rows []string) string {
	return "    |" + strings.Join(rows, "|\n    |") + "|"
}
