package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/pkg/exec"
)

func picked(names ...string) []*exec.Session {
	var list []*exec.Session
	for i, n := range names {
		list = append(list, &exec.Session{ID: "id-" + n, Name: n, Command: []string{"cat"}, CreatedAt: time.Unix(int64(1000-i), 0)})
	}
	return list
}

// press types what a terminal sends.
func press(m *pickModel, bytes string) {
	var k termin.Tokenizer
	tokens := k.Scan(nil, []byte(bytes))
	for _, t := range append(tokens, k.Flush(nil)...) {
		m.key(t, 5)
	}
}

func names(list []*exec.Session) string {
	var all []string
	for _, s := range list {
		all = append(all, s.Name)
	}
	return strings.Join(all, " ")
}

func TestFiltered(t *testing.T) {
	list := picked("web", "database", "build", "notes")
	list[1].Dir = "/srv/web"
	list[2].Title = "Webpack"
	list[3].Labels = map[string]string{"project": "shop"}
	list[0].Exit = &exec.ExitStatus{}
	for filter, want := range map[string]string{
		"":         "database build notes web", // what has ended comes last
		"web":      "web database build",       // the name counts more
		"WEB":      "web database build",
		"dtb":      "database", // with gaps
		"web data": "database", // all words
		"shop":     "notes",
		"ended":    "web",
		"nosuch":   "",
	} {
		if got := names(filtered(list, filter)); got != want {
			t.Errorf("%q leaves %q, want %q", filter, got, want)
		}
	}
}

// TestPickGone: when the session under the cursor goes, the next one is under it, and
// what was asked about the gone one is not done to another.
func TestPickGone(t *testing.T) {
	var m pickModel
	m.take(picked("a", "b", "c"))
	press(&m, "\x1b[B") // down, to b
	press(&m, "\x18")   // kill it?
	m.take(picked("a", "c"))
	press(&m, "y")
	if len(m.todo) > 0 {
		t.Errorf("%v is done", m.todo)
	}
	press(&m, "\x15\x1b[B")
	if m.at != "id-c" {
		t.Errorf("the cursor is at %s", m.at)
	}
	m.take(nil)
	press(&m, "\r")
	if m.left || m.said == "" {
		t.Error("nothing was chosen from no sessions")
	}
	m.take(picked("d"))
	press(&m, "\r")
	if !m.left || m.chosen.session != "id-d" {
		t.Errorf("chosen: %+v", m.chosen)
	}
}

func TestPickKeys(t *testing.T) {
	for typed, want := range map[string]todo{
		"\x18y":            {what: askKill, id: "id-a", name: "a"},
		"\x12\x15other\r":  {what: askName, id: "id-a", name: "a", answer: "other"},
		"\x0cx=y z-\r":     {what: askLabels, id: "id-a", name: "a", answer: "x=y z-"},
		"\x06some text\r":  {what: askText, id: "id-a", name: "a", answer: "some text"},
		"\x06typo\x7f\x7f": {},
		"\x18n":            {},
		"\x12\x1b":         {},
		"\x18\r":           {},
	} {
		var m pickModel
		m.take(picked("a", "b"))
		press(&m, typed)
		switch {
		case want == (todo{}) && len(m.todo) > 0:
			t.Errorf("%q does %+v", typed, m.todo)
		case want != (todo{}) && (len(m.todo) != 1 || m.todo[0] != want):
			t.Errorf("%q does %+v, want %+v", typed, m.todo, want)
		}
		if m.left {
			t.Errorf("%q leaves", typed)
		}
	}
	var m pickModel
	m.take(picked("a"))
	press(&m, "x\x0e\x15/\r")
	if m.chosen.newIn != "/" {
		t.Errorf("a new session begins in %q", m.chosen.newIn)
	}
	m = pickModel{}
	press(&m, "\x0e\x15/no/such\r")
	if m.left || !strings.Contains(m.said, "/no/such") {
		t.Errorf("a directory that is not there: %q", m.said)
	}
}

// TestPickFits: no row is wider than the terminal, of whatever size, with whatever
// there is to show.
func TestPickFits(t *testing.T) {
	list := picked("web", strings.Repeat("long", 16))
	list[0].Title = "\x1b[31m漢字 title\x07" + strings.Repeat("漢", 100)
	shown := &exec.Screen{SessionID: "id-web"}
	for range 60 {
		shown.Lines = append(shown.Lines, exec.ScreenLine{
			Text: strings.Repeat("漢", 120),
			Runs: []exec.Run{{Text: strings.Repeat("漢", 60), Width: 120, FG: "1"}, {Text: strings.Repeat("x", 120), Width: 120, Bold: true}},
		})
	}
	styles := regexp.MustCompile("\x1b\\[[0-9;:]*m")
	for rows := 1; rows <= 60; rows += 3 {
		for cols := 1; cols <= 220; cols += 7 {
			for _, color := range []bool{false, true} {
				for _, typed := range []string{"", "?", strings.Repeat("e", 300), "\x18", "\x12"} {
					m := pickModel{color: color, cwd: "/"}
					m.take(list)
					m.preview = shown
					press(&m, typed)
					got, cursor := m.rows(rawtty.Size{Rows: rows, Cols: cols})
					if len(got) > max(rows, 2) || cursor > cols {
						t.Fatalf("%dx%d: %d rows, cursor at %d", rows, cols, len(got), cursor)
					}
					for _, row := range got {
						plain := styles.ReplaceAllString(row, "")
						if columns(plain) > cols || strings.ContainsRune(plain, '\x1b') {
							t.Fatalf("%dx%d %q: %q takes %d columns", rows, cols, typed, plain, columns(plain))
						}
						if !color && plain != row {
							t.Fatalf("without colours: %q", row)
						}
					}
				}
			}
		}
	}
}
