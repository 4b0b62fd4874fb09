package vt

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recording is what a real program printed on a pty. The golden states beside it
// are another terminal's; see testdata/README.md.
type recording struct {
	Name   string
	Class  string
	Rows   int
	Cols   int
	Events []resizeEvent
	Cuts   []struct {
		Offset int
		Kind   string
	}
	raw []byte
}

// resizeEvent is a change of size after so many bytes.
type resizeEvent struct{ Offset, Rows, Cols int }

type golden struct {
	Final state1
	Cuts  []struct {
		Offset int
		Kind   string
		State  state1
	}
}

// note is where the other terminal is wrong by xterm's own documentation: what
// the field is by that, and why.
type note struct {
	At    []string // "final" or kinds of cuts; empty for all
	Field string
	Want  string
	Why   string
}

const recordingsDir = "testdata/recordings"

func readRecordings(t testing.TB) []recording {
	t.Helper()
	files, err := filepath.Glob(recordingsDir + "/*.raw")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	recs := make([]recording, len(files))
	for i, file := range files {
		readJSON(t, strings.TrimSuffix(file, ".raw")+".json", &recs[i])
		if recs[i].raw, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return recs
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	f, err := os.Open(filepath.Join(recordingsDir, "expected", name+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.NewDecoder(z).Decode(&g); err != nil {
		t.Fatal(err)
	}
	return g
}

func readNotes(t *testing.T, name string) []note {
	t.Helper()
	path := filepath.Join(recordingsDir, name+".notes.json")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var notes []note
	readJSON(t, path, &notes)
	return notes
}

// play writes the recording's bytes from offset from to offset to, with the
// resizes between them; one at to is made, one at from was made before.
func (r *recording) play(term *Terminal, from, to int) {
	at := from
	for _, e := range r.Events {
		if e.Offset < from || e.Offset > to || (e.Offset == from && from > 0) {
			continue
		}
		term.Write(r.raw[at:e.Offset])
		term.Resize(Size{e.Rows, e.Cols})
		at = e.Offset
	}
	term.Write(r.raw[at:to])
}

func TestGolden(t *testing.T) {
	for _, rec := range readRecordings(t) {
		t.Run(rec.Name, func(t *testing.T) {
			g := readGolden(t, rec.Name)
			notes := readNotes(t, rec.Name)
			for _, n := range notes {
				if n.Why == "" {
					t.Errorf("a note on %s without a reason", n.Field)
				}
			}
			for _, cut := range g.Cuts {
				checkGolden(t, &rec, cut.Kind, cut.Offset, cut.State, notes)
			}
			checkGolden(t, &rec, "final", len(rec.raw), g.Final, notes)
		})
	}
}

func checkGolden(t *testing.T, rec *recording, at string, offset int, want state1, notes []note) {
	t.Helper()
	term := New(Size{rec.Rows, rec.Cols}, Config{})
	rec.play(term, 0, offset)
	wanted, got := want.fields(), describe(t, term.Snapshot()).fields()
	if rec.Class == "reflow" {
		keepText(wanted)
		keepText(got)
	}
	for _, n := range notes {
		if len(n.At) == 0 || slices.Contains(n.At, at) {
			if wanted[n.Field] == n.Want {
				t.Errorf("%s: the note on %s says nothing new", at, n.Field)
			}
			wanted[n.Field] = n.Want
		}
	}
	for _, problem := range diffFields(wanted, got) {
		t.Errorf("%s (offset %d): %s", at, offset, problem)
	}
}
