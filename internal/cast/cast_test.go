package cast

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

// all reads a file to its end.
func all(text string) (h Header, events []Event, err error) {
	r, err := NewReader(strings.NewReader(text))
	if err != nil {
		return h, nil, err
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Header, events, nil
		}
		if err != nil {
			return r.Header, events, err
		}
		events = append(events, e)
	}
}

// TestRoundTrip: what is written is read again, in either version, and each line is
// JSON that acts on no terminal.
func TestRoundTrip(t *testing.T) {
	for _, version := range []int{V2, V3} {
		var file bytes.Buffer
		want := Header{
			Version: version, Size: Size{24, 80}, Begun: time.Unix(1700000000, 0), Title: "a \"title\"\x1b", Command: "sh -c x",
			Term: "xterm", IdleLimit: 1500 * time.Millisecond,
		}
		w, err := NewWriter(&file, want)
		if err != nil {
			t.Fatal(err)
		}
		const text = "\x1b[31mred \"\\\t\r\n\x7f\u0085\u2028 héllo 界🦊 \xff\xc3"
		for i := range []byte(text) { // byte by byte: no character is cut
			if err := w.Output(time.Duration(i)*100*time.Millisecond, []byte(text)[i:i+1]); err != nil {
				t.Fatal(err)
			}
		}
		for _, e := range []Event{
			{5 * time.Second, Resize, Size{30, 100}.String()}, {5 * time.Second, Marker, "make"},
			{4 * time.Second, Marker, "back in time"}, {7*time.Second + 3*time.Microsecond, Exit, "3"},
		} {
			if err := w.Event(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(file.String()) {
			if !json.Valid([]byte(line)) || strings.ContainsAny(line, "\x1b\x7f\u0085\r") {
				t.Errorf("line %q", line)
			}
		}
		h, events, err := all(file.String())
		if err != nil || !reflect.DeepEqual(h, want) {
			t.Errorf("version %d: header %+v, want %+v, %v", version, h, want, err)
		}
		var got strings.Builder
		var rest []Event
		for _, e := range events {
			if e.Code == Output {
				got.WriteString(e.Data)
			} else {
				rest = append(rest, e)
			}
		}
		if wantText := strings.ToValidUTF8(text[:len(text)-2], "") + "\ufffd\ufffd"; got.String() != wantText {
			t.Errorf("version %d: output %q, want %q", version, got.String(), wantText)
		}
		wantRest := []Event{
			{5 * time.Second, Resize, "100x30"}, {5 * time.Second, Marker, "make"}, {5 * time.Second, Marker, "back in time"},
			{7*time.Second + 3*time.Microsecond, Exit, "3"},
		}
		if version == V2 {
			wantRest = wantRest[:3]
		}
		if !reflect.DeepEqual(rest, wantRest) {
			t.Errorf("version %d: %+v, want %+v", version, rest, wantRest)
		}
	}
	if _, err := NewWriter(io.Discard, Header{Version: 4}); err == nil {
		t.Error("version 4 was written")
	}
}

// TestRead reads the examples of the format's documents.
func TestRead(t *testing.T) {
	const v3 = `{"version": 3, "term": {"cols": 80, "rows": 24, "type": "xterm-256color"}, "timestamp": 1504467315, "title": "Demo", "env": {"SHELL": "/bin/zsh"}}
# event stream follows the header
[0.248, "o", "\u001b[1;31mHello \u001b[32mWorld!\u001b[0m\n"]

[3.500, "m", ""]
# terminal window resized to 90 cols and 30 rows
[2.050, "r", "90x30"]
[0.887, "x", "0"]
`
	h, events, err := all(v3)
	want := []Event{
		{248 * time.Millisecond, "o", "\x1b[1;31mHello \x1b[32mWorld!\x1b[0m\n"}, {3748 * time.Millisecond, "m", ""},
		{5798 * time.Millisecond, "r", "90x30"}, {6685 * time.Millisecond, "x", "0"},
	}
	if err != nil || h.Size != (Size{24, 80}) || h.Term != "xterm-256color" || h.Title != "Demo" || !reflect.DeepEqual(events, want) {
		t.Errorf("%+v, %+v, %v", h, events, err)
	}
	const v2 = `{"version": 2, "width": 80, "height": 24, "idle_time_limit": 2, "env": {"TERM": "vt100"}}
[1.001376, "o", "a"]
[4.05, "r", "80x24"]
[4.0, "o", "b"]`
	h, events, err = all(v2)
	if err != nil || h.IdleLimit != 2*time.Second || h.Term != "vt100" || len(events) != 3 || events[2].At != 4050*time.Millisecond {
		t.Errorf("%+v, %+v, %v", h, events, err)
	}
}

// TestReadErrors: each says what is wrong, and where.
func TestReadErrors(t *testing.T) {
	const head = `{"version":3,"term":{"cols":80,"rows":24}}` + "\n"
	for text, want := range map[string]string{
		"":                              "it is no asciicast file",
		"hello\n":                       "it is no asciicast file",
		`{"width": 80}` + "\n":          "it is no asciicast file",
		`{"version": 4}` + "\n":         "it is of asciicast version 4; versions 2 and 3 can be read",
		`{"version": 1}` + "\n":         "it is of asciicast version 1; versions 2 and 3 can be read",
		`{"version": 3}` + "\n":         "line 1: a terminal of 0 rows and 0 columns",
		head + `[1, "o", "a`:            "line 2: the file is cut short",
		head + `[1, "o"]` + "\n":        "line 2: it is no event of an asciicast",
		head + `[-1,"o",""]` + "\n":     "line 2: its time, -1 seconds, makes no sense",
		head + `[1e99,"o",""]` + "\n":   "line 2: its time, 1e+99 seconds, makes no sense",
		head + "[0,\"o\",\"\"]\n\n{}\n": "line 4: it is no event of an asciicast",
	} {
		if _, _, err := all(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, data := range []string{"", "80", "80x", "x24", "0x24", "80x24x3", "80x24 x", "-8x4", "99999x4"} {
		if s, err := ParseSize(data); err == nil {
			t.Errorf("%q is the size %v", data, s)
		}
	}
	if s, err := ParseSize("132x50"); err != nil || s != (Size{50, 132}) {
		t.Errorf("%v, %v", s, err)
	}
}

// TestEachByteIsEscaped: wherever in a run of plain ones it stands, each byte is read
// again as it was, and none that acts on a terminal is in the line.
func TestEachByteIsEscaped(t *testing.T) {
	for c := range 256 {
		for before := range 20 {
			text := strings.Repeat("p", before) + string(rune(c)) + strings.Repeat("~ ", before)
			line := appendText(nil, []byte(text))
			var back string
			if err := json.Unmarshal(line, &back); err != nil || back != text {
				t.Fatalf("%q is written as %s, which reads as %q, %v", text, line, back, err)
			}
			if i := bytes.IndexFunc(line, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }); i >= 0 {
				t.Fatalf("%q is written as %q", text, line)
			}
		}
	}
}

func BenchmarkOutput(b *testing.B) {
	for name, line := range map[string]string{
		"plain":  "the quick brown fox jumps over the lazy dog and the quick brown fox is gone now\r\n",
		"colour": "\x1b[32mok\x1b[m  \x1b[1;31mtest\x1b[m \x1b[38;5;120m12\x1b[m of 3456\r\n",
		"boxes":  "│ ✔ größer │ ─────────── │\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			data := bytes.Repeat([]byte(line), 64<<10/len(line))
			b.SetBytes(int64(len(data)))
			w, err := NewWriter(io.Discard, Header{})
			for b.Loop() && err == nil {
				err = w.Output(0, data)
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// FuzzRead: no file makes the reader fail otherwise than by an error.
func FuzzRead(f *testing.F) {
	f.Add(`{"version":2,"width":80,"height":24}` + "\n[1,\"o\",\"x\"]\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, events, _ := all(text)
		for i, e := range events {
			if e.At < 0 || i > 0 && e.At < events[i-1].At {
				t.Errorf("time goes back: %+v", e)
			}
			ParseSize(e.Data)
		}
	})
}
