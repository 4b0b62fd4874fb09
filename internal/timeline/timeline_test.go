package timeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

var start = time.Unix(1000, 0)

// recorded is a timeline of what real programs printed, with changes of size, and the
// pieces that it was given.
func recorded(t testing.TB) (*Timeline, []Piece) {
	t.Helper()
	names, err := filepath.Glob("../vt/testdata/recordings/*.raw")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	tl := New(vt.Size{Rows: 24, Cols: 80}, []byte("before"))
	var given []Piece
	at, offset := start, int64(0)
	add := func(p Piece) {
		at = at.Add(time.Second)
		p.At, p.Offset = at, offset
		offset += int64(len(p.Data))
		tl.Add(p)
		given = append(given, p)
	}
	for k, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for len(data) > 0 {
			n := min(len(data), 1+rand.IntN(9000))
			add(Piece{Data: data[:n]})
			data = data[n:]
		}
		if k%3 == 1 {
			add(Piece{Size: &vt.Size{Rows: 5 + k%40, Cols: 20 + k*13%150}})
		}
	}
	return tl, given
}

// TestShow holds moments, in whatever order they are looked at, against a terminal
// that was given all that came before.
func TestShow(t *testing.T) {
	tl, given := recorded(t)
	want := make([]*vt.Snapshot, tl.Len()+1)
	model := vt.New(vt.Size{Rows: 24, Cols: 80}, vt.Config{})
	model.Write([]byte("before"))
	want[0] = model.Snapshot()
	var offset int64
	for i := 1; i <= tl.Len(); i++ {
		p := tl.Piece(i)
		if p.Offset != offset || len(p.Data) > maxPiece {
			t.Fatalf("piece %d is at offset %d, not %d, and has %d bytes", i, p.Offset, offset, len(p.Data))
		}
		if p.Size != nil {
			model.Resize(*p.Size)
		}
		model.Write(p.Data)
		offset += int64(len(p.Data))
		want[i] = model.Snapshot()
	}
	if last := given[len(given)-1]; offset != last.Offset+int64(len(last.Data)) || tl.Len() < 100 {
		t.Fatalf("%d moments of %d bytes", tl.Len(), offset)
	}
	order := append(rand.Perm(tl.Len()+1), tl.Len(), 0, 1, 2, 1)
	for _, i := range order {
		got := tl.Show(i)
		row, col, visible := got.Cursor()
		wantRow, wantCol, wantVisible := want[i].Cursor()
		if !slices.Equal(got.Text(), want[i].Text()) || got.Size() != want[i].Size() || row != wantRow || col != wantCol || visible != wantVisible {
			t.Fatalf("moment %d:\n%q\nwant\n%q", i, got.Text(), want[i].Text())
		}
	}
	if i := tl.At(given[5].At); !tl.Piece(i).At.Equal(given[5].At) || tl.At(start) != 0 {
		t.Errorf("at its time: %d", i)
	}
}

// TestStops: one steps to where commands ended and where markers stand, however the
// marks come in pieces.
func TestStops(t *testing.T) {
	tl := New(vt.Size{Rows: 5, Cols: 40}, nil)
	tl.Add(Piece{Data: []byte("\x1b]133;D\a\x1b]133;A\a$ \x1b]133;C\aone\r\n\x1b]133;D;0\a\x1b]133;A\a$ \x1b]133;C\atwo")})
	tl.Add(Piece{Data: []byte("\r\n\x1b]133;D;1")})
	tl.Add(Piece{Data: []byte("\x1b\\$ ")})
	tl.Add(Piece{Marker: "here"})
	tl.Add(Piece{Data: []byte("\x1b]133;C\alast")})
	var shown []string
	i := 0
	for i < tl.Len() {
		i = tl.NextStop(i)
		shown = append(shown, fmt.Sprintf("%q", tl.Show(i).Text()[:3]))
	}
	want := []string{`["$ one" "" ""]`, `["$ one" "$ two" ""]`, `["$ one" "$ two" "$"]`, `["$ one" "$ two" "$ last"]`}
	if !slices.Equal(shown, want) {
		t.Errorf("stops show %v, want %v", shown, want)
	}
	for k := range want[:len(want)-1] {
		if i = tl.PrevStop(i); fmt.Sprintf("%q", tl.Show(i).Text()[:3]) != want[len(want)-2-k] {
			t.Errorf("back at %d: %q", i, tl.Show(i).Text())
		}
	}
	if i = tl.PrevStop(i); i != 0 {
		t.Errorf("before the first: %d", i)
	}
}

func TestSearch(t *testing.T) {
	tl := New(vt.Size{Rows: 4, Cols: 20}, nil)
	for i := range 3000 {
		text := fmt.Sprintf("line %d\r\n", i)
		if i%1000 == 500 {
			text = fmt.Sprintf("needle %d\r\n%0*d\r\n", i, 2000, 0)
		}
		tl.Add(Piece{Data: []byte(text)})
	}
	re := regexp.MustCompile("needle")
	var found []int
	for i, ok := tl.SearchNext(t.Context(), re, 0); ok; i, ok = tl.SearchNext(t.Context(), re, i) {
		found = append(found, i)
	}
	if len(found) != 0 { // each was scrolled away by what its piece printed behind it
		t.Errorf("found at %v", found)
	}
	re = regexp.MustCompile("line (499|1499|2499)\n")
	for i, ok := tl.SearchNext(t.Context(), re, 0); ok; i, ok = tl.SearchNext(t.Context(), re, i) {
		found = append(found, i)
	}
	if !slices.Equal(found, []int{500, 1500, 2500}) && len(found) != 3 {
		t.Errorf("found at %v", found)
	}
	var back []int
	for i, ok := tl.SearchPrev(t.Context(), re, tl.Len()+1); ok; i, ok = tl.SearchPrev(t.Context(), re, i) {
		back = append(back, i)
	}
	slices.Reverse(back)
	if !slices.Equal(back, found) {
		t.Errorf("found at %v, and back at %v", found, back)
	}
}

// TestForget: a timeline that goes on for ever is bounded, and what it still has is
// right.
func TestForget(t *testing.T) {
	tl := New(vt.Size{Rows: 4, Cols: 100}, nil)
	tl.Most = 512 << 10
	i := 0
	for n := range 40_000 {
		if i -= tl.Add(Piece{Data: fmt.Appendf(nil, "%060d\r\n", n), Marker: "m"}); i < 0 {
			i = 0
		}
		i++
	}
	if tl.bytes > 512<<10 || tl.Len() < 1000 || len(tl.stops) != tl.Len() || i != tl.Len() {
		t.Errorf("%d bytes, %d moments, %d stops, at %d", tl.bytes, tl.Len(), len(tl.stops), i)
	}
	for _, back := range []int{0, 1, 1000} {
		if got, want := tl.Show(tl.Len() - back).Text()[2], fmt.Sprintf("%060d", 39_999-back); got != want {
			t.Errorf("%d before the end: %q, want %q", back, got, want)
		}
	}
}

// BenchmarkShow is the time that any moment of a megabyte takes.
func BenchmarkShow(b *testing.B) {
	tl := New(vt.Size{Rows: 24, Cols: 80}, nil)
	_, given := recorded(b)
	for n := 0; n < 1<<20; {
		for _, p := range given {
			tl.Add(Piece{Data: p.Data})
			n += len(p.Data)
		}
	}
	for b.Loop() {
		tl.Show(rand.IntN(tl.Len() + 1))
	}
}

// TestSmallPieces: a timeline of sizes and single bytes is bounded as one of much
// output is.
func TestSmallPieces(t *testing.T) {
	const most = 1 << 20
	line := New(vt.Size{Rows: 4, Cols: 20}, nil)
	line.Most = most
	forgotten := 0
	for i := range 50_000 {
		p := Piece{Size: &vt.Size{Rows: 4, Cols: 20 + i%2}}
		if i%2 == 0 {
			p = Piece{Data: []byte("x")}
		}
		forgotten += line.Add(p)
	}
	if held := line.Len() * pieceBytes; held > most+2*frameEvery {
		t.Errorf("%d pieces are held, which take %d bytes", line.Len(), held)
	}
	if forgotten+line.Len() != 50_000 {
		t.Errorf("%d forgotten and %d held", forgotten, line.Len())
	}
}
