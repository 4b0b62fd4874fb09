package outlog

import (
	"slices"
	"testing"
	"time"
)

// momentRing is a Ring that keeps moments.
type momentRing struct {
	Ring
	moments []Moment
}

func (r *momentRing) Moments() []Moment      { return slices.Clone(r.moments) }
func (r *momentRing) AddMoment(m Moment)     { r.moments = append(r.moments, m) }
func (r *momentRing) SetMoments(ms []Moment) { r.moments = slices.Clone(ms) }

// clocked is a log whose clock the test sets.
func clocked(store Store) (*Log, *time.Time) {
	l := New(store)
	now := time.Unix(1000, 0)
	l.Now = func() time.Time { return now }
	return l, &now
}

// TestMoments: output is dated by the moment that it came behind, there is none
// for what comes soon after, and a log that is taken over has the same.
func TestMoments(t *testing.T) {
	ring := &momentRing{Ring: NewRing(1<<20, Heap{})}
	l, now := clocked(ring)
	if _, known := l.OffsetAt(*now); known {
		t.Error("the empty log knows a time")
	}
	begun := *now
	l.Append(0, []byte("0123456789"))
	*now = begun.Add(MomentEvery - 1)
	l.Append(0, []byte("0123456789"))
	*now = begun.Add(time.Hour)
	l.ChangeSize(Size{1, 2})
	*now = begun.Add(2 * time.Hour)
	l.Append(0, []byte("0123456789"))
	*now = begun.Add(time.Hour) // set back
	l.Append(0, []byte("0123456789"))

	l = New(ring)
	want := []Moment{{0, begun.UnixNano()}, {20, begun.Add(time.Hour).UnixNano()}, {20, begun.Add(2 * time.Hour).UnixNano()}}
	if got := l.Moments(); !slices.Equal(got, want) {
		t.Fatalf("moments %v, want %v", got, want)
	}
	for offset, want := range map[int64]Moment{0: want[0], 19: want[0], 20: want[2], 35: want[2]} {
		if got, _ := l.MomentAt(offset); got != want {
			t.Errorf("offset %d: %v, want %v", offset, got, want)
		}
	}
	if m, until := l.MomentAt(3); m != want[0] || until != 20 {
		t.Errorf("counts until %d", until)
	}
	if got := l.ChangedAt(20); got != want[1] {
		t.Errorf("the change at 20 was made at %v, want %v", got, want[1])
	}
	for _, c := range []struct {
		at    time.Duration
		want  int64
		known bool
	}{{-1, 0, false}, {0, 20, true}, {time.Minute, 20, true}, {time.Hour, 20, true}, {2 * time.Hour, 40, true}, {9 * time.Hour, 40, true}} {
		if got, known := l.OffsetAt(begun.Add(c.at)); got != c.want || known != c.known {
			t.Errorf("at %v: offset %d, %v, want %d, %v", c.at, got, known, c.want, c.known)
		}
	}
}

// TestMomentsAreBounded: however long the output goes on, each moment that is kept
// is true, the newest are as they were noted, and no gap grows beyond what the
// time that they span makes needed.
func TestMomentsAreBounded(t *testing.T) {
	ring := &momentRing{Ring: NewRing(1<<20, Heap{})}
	l, now := clocked(ring)
	begun := *now
	const every = 150 * time.Millisecond
	for i := range 20_000 {
		*now = begun.Add(time.Duration(i) * every)
		l.Append(0, []byte("x"))
	}
	all := l.Moments()
	if len(all) > MaxMoments || len(all) < MaxMoments/2 || !slices.Equal(all, ring.moments) {
		t.Fatalf("%d moments, %d stored", len(all), len(ring.moments))
	}
	for i, m := range all {
		if m.Time() != begun.Add(time.Duration(m.Offset)*every) {
			t.Fatalf("moment %d is %v", i, m)
		}
		if i > 0 && m.At-all[i-1].At > int64(2*time.Minute) {
			t.Fatalf("nothing is known of %v from %v on", time.Duration(m.At-all[i-1].At), all[i-1])
		}
	}
	for i := len(all) - 500; i < len(all); i++ {
		if all[i].Offset != all[i-1].Offset+1 {
			t.Fatalf("new moments were given up, near %v", all[i])
		}
	}
	if all[0].Offset != 0 {
		t.Errorf("the oldest is %v", all[0])
	}
}

// TestMomentsOfWhatIsGone are given up first.
func TestMomentsOfWhatIsGone(t *testing.T) {
	l, now := clocked(&momentRing{Ring: NewRing(MaxMoments/2, Heap{})})
	for range 2*MaxMoments + 1 {
		*now = now.Add(time.Second)
		l.Append(0, []byte("x"))
	}
	all := l.Moments()
	for i := 1; i < len(all); i++ {
		if all[i].Offset > all[i-1].Offset+1 {
			t.Fatalf("made coarser at %v, where old ones could go", all[i])
		}
	}
}
