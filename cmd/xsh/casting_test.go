package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// TestCastShowsTheSame: what real programs printed, written as a recording in pieces cut
// anywhere and read again, shows the same behind each piece, in either version.
func TestCastShowsTheSame(t *testing.T) {
	names, err := filepath.Glob("../../internal/vt/testdata/recordings/*.raw")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, format := range []string{"v3", "v2"} {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		o := &castFlags{Format: choiceFlag{value: format}}
		begun := time.Unix(1000, 0)
		r := &casting{session: &exec.Session{Name: "one"}, to: file}
		size := exec.Size{Rows: 24, Cols: 80}
		model := vt.New(vt.Size(size), vt.Config{})
		if err := r.begin(o, exec.LogPiece{Time: begun, Size: &size}); err != nil {
			t.Fatal(err)
		}
		want := map[time.Duration][]string{}
		at := time.Duration(0)
		give := func(p exec.LogPiece) {
			at += 250 * time.Millisecond
			p.Time = begun.Add(at)
			if err := r.write(p); err != nil {
				t.Fatal(err)
			}
			if p.Size != nil {
				model.Resize(vt.Size(*p.Size))
			}
			model.Write(p.Data)
			want[at] = model.Snapshot().Text()
		}
		for i, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(data) {
				continue // the format cannot have it
			}
			give(exec.LogPiece{Size: &exec.Size{Rows: 10 + i%30, Cols: 60 + 7*i%100}})
			for len(data) > 0 {
				n := min(len(data), 1+rand.IntN(4000))
				give(exec.LogPiece{Data: data[:n]})
				data = data[n:]
			}
		}
		if err := r.end(nil); err != nil {
			t.Fatal(err)
		}
		file, err = os.Open(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		tl, _, err := loadCast(file, nil)
		if err != nil || len(want) < 100 {
			t.Fatal(len(want), err)
		}
		for at, text := range want {
			if got := tl.Show(tl.At(begun.Add(at))).Text(); !slices.Equal(got, text) {
				t.Fatalf("%s: at %v: %q, want %q", format, at, got, text)
			}
		}
	}
}
