package timeline

import (
	"context"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/vt"
)

// Piece is something that a terminal was given, in this order: a size, output, a
// marker behind which it stands.
type Piece struct {
	At     time.Time
	Offset int64 // of Data in the output
	Size   *vt.Size
	Data   []byte
	Marker string
}

const (
	// maxPiece bounds the output of one piece, so that a flood has moments as well.
	maxPiece = 4 << 10

	// pieceBytes is what a piece takes beside its data: those of a program that prints
	// byte by byte, and sizes, are nearly all that.
	pieceBytes = 96

	// frameEvery is how much that is held is between keyframes.
	frameEvery = 64 << 10

	// frameHistory is how many lines of history a keyframe has: those that come back
	// to a screen that grows.
	frameHistory = 100

	// DefaultMost is how many bytes a timeline holds unless it is told.
	DefaultMost = 64 << 20
)

// keyframe is the moment i.
type keyframe struct {
	i    int
	snap *vt.Snapshot
}

// Timeline is pieces of output, and what they make of a terminal.
type Timeline struct {
	// Most bounds the bytes that are held: beyond it the oldest half is forgotten. Zero
	// is DefaultMost.
	Most int

	pieces []Piece
	stops  []int // moments at which a command had ended, or a marker stands; ascending
	frames []keyframe
	bytes  int // that pieces take
	since  int // the last keyframe

	head    *vt.Terminal // has all pieces
	cuts    []int        // where commands end in what head is given, set by its marks
	base    int          // how much of that was given to it before
	running bool         // a command is

	shown *vt.Terminal // has the first at pieces
	at    int
}

// New returns a timeline that begins with a terminal of that size that shows screen.
func New(size vt.Size, screen []byte) *Timeline {
	t := &Timeline{}
	t.head = vt.New(size, vt.Config{Effects: vt.Effects{Mark: t.marked}})
	t.head.Write(screen)
	t.frames = []keyframe{{0, t.head.Snapshot()}}
	t.shown = fromFrame(t.frames[0])
	return t
}

func fromFrame(f keyframe) *vt.Terminal {
	model := vt.New(f.snap.Size(), vt.Config{})
	model.Write(f.snap.AppendReplay(nil, vt.ReplayOptions{}))
	return model
}

// marked takes a shell's mark that head has come to.
func (t *Timeline) marked(kind byte, _ string) {
	switch kind {
	case 'C':
		t.running = true
	case 'D', 'A':
		if t.running {
			t.running = false
			t.cuts = append(t.cuts, t.base+t.head.Taken())
		}
	}
}

// Add adds a piece, as several if it is long or commands end in it. It returns how
// many moments were forgotten: the numbers of all others are less by so many.
func (t *Timeline) Add(p Piece) (forgotten int) {
	if p.Size != nil {
		t.head.Resize(*p.Size)
	}
	t.cuts, t.base = t.cuts[:0], 0
	for t.base < len(p.Data) {
		t.base += t.head.WriteSome(p.Data[t.base:])
	}
	cuts := t.cuts
	for {
		n := min(len(p.Data), maxPiece)
		ends := len(cuts) > 0 && cuts[0] <= n
		if ends {
			n = cuts[0]
		}
		part := p
		part.Data = p.Data[:n:n]
		p.Data, p.Offset, p.Size = p.Data[n:], p.Offset+int64(n), nil
		for i := range cuts {
			cuts[i] -= n
		}
		for len(cuts) > 0 && cuts[0] <= 0 {
			cuts = cuts[1:]
		}
		t.pieces = append(t.pieces, part)
		t.bytes += n + pieceBytes
		t.since += n + pieceBytes
		if ends || len(p.Data) == 0 && p.Marker != "" {
			t.stops = append(t.stops, len(t.pieces))
		}
		if len(p.Data) == 0 {
			break
		}
	}
	if t.since >= frameEvery {
		t.since = 0
		t.frames = append(t.frames, keyframe{len(t.pieces), t.head.ScreenSnapshot(frameHistory)})
	}
	return t.forget()
}

// forget drops the older half of what is more than Most.
func (t *Timeline) forget() int {
	most := t.Most
	if most == 0 {
		most = DefaultMost
	}
	if t.bytes <= most || len(t.frames) < 3 {
		return 0
	}
	t.frames = append([]keyframe(nil), t.frames[len(t.frames)/2:]...)
	n := t.frames[0].i
	for _, p := range t.pieces[:n] {
		t.bytes -= len(p.Data) + pieceBytes
	}
	t.pieces = append([]Piece(nil), t.pieces[n:]...)
	var stops []int
	for _, s := range t.stops {
		if s > n {
			stops = append(stops, s-n)
		}
	}
	t.stops = stops
	for i := range t.frames {
		t.frames[i].i -= n
	}
	t.shown, t.at = fromFrame(t.frames[0]), 0
	return n
}

// Len returns the number of the last moment; the first is 0.
func (t *Timeline) Len() int { return len(t.pieces) }

// Piece returns the last piece of a moment above 0.
func (t *Timeline) Piece(i int) Piece { return t.pieces[i-1] }

// Begun returns when the first piece came, zero if there is none.
func (t *Timeline) Begun() time.Time {
	if len(t.pieces) == 0 {
		return time.Time{}
	}
	return t.pieces[0].At
}

// Show returns what the terminal showed at a moment.
func (t *Timeline) Show(i int) *vt.Snapshot {
	t.goTo(i)
	return t.shown.Snapshot()
}

func (t *Timeline) goTo(i int) {
	f := t.frames[t.frameBefore(i)]
	if t.at > i || t.at < f.i {
		t.shown, t.at = fromFrame(f), f.i
	}
	for ; t.at < i; t.at++ {
		t.step(t.pieces[t.at])
	}
}

func (t *Timeline) step(p Piece) {
	if p.Size != nil {
		t.shown.Resize(*p.Size)
	}
	t.shown.Write(p.Data)
}

// frameBefore is the index of the last keyframe that is not behind a moment.
func (t *Timeline) frameBefore(i int) int {
	return sort.Search(len(t.frames), func(k int) bool { return t.frames[k].i > i }) - 1
}

// NextStop returns the next moment behind i at which a command had ended, or a marker
// stands; the last moment if there is none.
func (t *Timeline) NextStop(i int) int {
	k := sort.SearchInts(t.stops, i+1)
	if k == len(t.stops) {
		return t.Len()
	}
	return t.stops[k]
}

// PrevStop is NextStop in the other direction; 0 is the last resort.
func (t *Timeline) PrevStop(i int) int {
	k := sort.SearchInts(t.stops, i)
	if k == 0 {
		return 0
	}
	return t.stops[k-1]
}

// At returns the last moment that had come by a time.
func (t *Timeline) At(at time.Time) int {
	return sort.Search(len(t.pieces), func(i int) bool { return t.pieces[i].At.After(at) })
}

// SearchNext returns the next moment behind i at which the text that is looked for came
// to be shown once more. It may take long, and ends with ctx.
func (t *Timeline) SearchNext(ctx context.Context, re *regexp.Regexp, i int) (found int, ok bool) {
	n := t.count(re, i)
	for i++; i <= t.Len() && ctx.Err() == nil; i++ {
		was := n
		if n = t.count(re, i); n > was {
			return i, true
		}
	}
	return 0, false
}

// SearchPrev is SearchNext in the other direction: keyframe by keyframe, since a model
// goes on in one direction alone.
func (t *Timeline) SearchPrev(ctx context.Context, re *regexp.Regexp, i int) (found int, ok bool) {
	for k := t.frameBefore(max(0, i-1)); k >= 0 && !ok; k-- {
		from := t.frames[k].i
		n := t.count(re, from)
		for j := from + 1; j < i && ctx.Err() == nil; j++ {
			was := n
			if n = t.count(re, j); n > was {
				found, ok = j, true
			}
		}
		i = from + 1
	}
	return found, ok
}

// count is how often a moment shows what is looked for.
func (t *Timeline) count(re *regexp.Regexp, i int) int {
	t.goTo(i)
	return len(re.FindAllStringIndex(strings.Join(t.shown.ScreenSnapshot(0).Text(), "\n"), -1))
}
