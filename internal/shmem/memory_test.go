package shmem

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

func newMemory(t testing.TB, l Limits) *Memory {
	t.Helper()
	m, err := Create("xsh-test", l)
	if errors.Is(err, ErrUnsupported) && runtime.GOOS != "linux" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// again maps m's file a second time, as the server after a dead one does.
func again(t testing.TB, m *Memory) *Memory {
	t.Helper()
	fd, err := unix.FcntlInt(m.File().Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Open(os.NewFile(uintptr(fd), "again"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// TestLogIsTheNewestBytes holds the log against a plain slice, through growth,
// wrapping and being mapped again.
func TestLogIsTheNewestBytes(t *testing.T) {
	leaktest.Check(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	m := newMemory(t, Limits{Log: 64 << 10})
	var all []byte
	for round := range 400 {
		p := make([]byte, 1+rnd.IntN(2000))
		for i := range p {
			p[i] = byte('a' + rnd.IntN(26))
		}
		if round%3 == 0 {
			m.Append(p)
		} else {
			p = p[:copy(m.Window(len(p)), p)]
			m.Publish(len(p))
		}
		all = append(all, p...)
		if round%50 == 49 {
			m = again(t, m)
		}
		start, end := m.Bounds()
		if end != int64(len(all)) || start > max(0, end-64<<10+8<<10) {
			t.Fatalf("round %d: bounds %d %d of %d", round, start, end, len(all))
		}
		got := make([]byte, end-start)
		if n, err := m.Read(got, start); n != len(got) || err != nil || !bytes.Equal(got, all[start:]) {
			t.Fatalf("round %d: read %d, %v; equal: %v", round, n, err, bytes.Equal(got, all[start:]))
		}
	}
	start, end := m.Bounds()
	if _, err := m.Read(make([]byte, 1), start-1); !errors.Is(err, ErrEvicted) {
		t.Errorf("before the start: %v", err)
	}
	if _, err := m.Read(make([]byte, 1), end+1); err == nil || errors.Is(err, ErrEvicted) {
		t.Errorf("past the end: %v", err)
	}
}

// TestWindowIsTakenOver: bytes that a read stored and nobody published belong
// to the log once it is opened again; a window's zeros do not, nor what stood
// there before.
func TestWindowIsTakenOver(t *testing.T) {
	m := newMemory(t, Limits{Log: 8 << 10})
	m.Append(bytes.Repeat([]byte("old"), 8<<10)) // the ring is full of it
	_, end := m.Bounds()
	w := m.Window(1000)
	if n := len(bytes.TrimRight(w, "\x00")); n != 0 {
		t.Fatalf("%d bytes of the window are not zero", n)
	}
	n := again(t, m)
	if _, e := n.Bounds(); e != end {
		t.Fatalf("an empty window moved the end by %d", e-end)
	}
	copy(w, "new\x00line\x00\x00")
	n = again(t, m)
	got := make([]byte, 100)
	size, err := n.Read(got, end)
	if err != nil || string(got[:size]) != "new\x00line" {
		t.Errorf("taken over: %q, %v", got[:size], err)
	}
	n.Append([]byte("more"))
	size, _ = again(t, n).Read(got, end)
	if string(got[:size]) != "new\x00linemore" {
		t.Errorf("and gone on: %q", got[:size])
	}
}

// TestIdleMemoryIsSmall: 1,000 sessions that print little must not take a
// gigabyte.
func TestIdleMemoryIsSmall(t *testing.T) {
	m := newMemory(t, Limits{})
	m.Append([]byte("$ "))
	m.Window(64 << 10)
	var st unix.Stat_t
	if err := unix.Fstat(int(m.File().Fd()), &st); err != nil {
		t.Fatal(err)
	}
	if kib := st.Blocks / 2; kib > 16 {
		t.Errorf("an idle session takes %d KiB", kib)
	}
}

// TestNoMemory: a log whose memory cannot grow stays whole and small; what is
// stored says so.
func TestNoMemory(t *testing.T) {
	m := newMemory(t, Limits{Log: 1 << 20})
	m.Append(bytes.Repeat([]byte("x"), 9000))
	m.take = func(*os.File, int64, int64) error { return unix.ENOSPC }
	for i := range 5000 {
		m.Append(fmt.Appendf(nil, "line %6d\n", i))
	}
	if m.Capacity() != 16<<10 {
		t.Errorf("capacity %d", m.Capacity())
	}
	n := again(t, m)
	start, end := n.Bounds()
	got := make([]byte, end-start)
	n.Read(got, start)
	for i := 4999; len(got) >= 12; i-- {
		line := fmt.Sprintf("line %6d\n", i)
		if !bytes.HasSuffix(got, []byte(line)) {
			t.Fatalf("want %q, the log ends with %q", line, got[len(got)-12:])
		}
		got = got[:len(got)-12]
	}
	for name, err := range map[string]error{
		"record": m.SetRecord([]byte("r")), "screen": m.SetScreen([]byte("s")),
		"history": m.WriteHistory(0, []byte("h")), "note": m.AddNote(Note{}),
	} {
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%s without memory: %v", name, err)
		}
	}
	if m.Record() != nil || m.Screen() != nil || m.Notes() != nil {
		t.Error("something was stored without memory")
	}
}

func TestStoredAndHistory(t *testing.T) {
	m := newMemory(t, Limits{History: 4096, Record: 4096})
	if m.Record() != nil || m.Screen() != nil {
		t.Error("a new memory has a record or a screen")
	}
	for i := range 5 {
		record, screen := fmt.Appendf(nil, "record %d", i), bytes.Repeat([]byte{byte(i)}, i*10000)
		if err := errors.Join(m.SetRecord(record), m.SetScreen(screen)); err != nil {
			t.Fatal(err)
		}
		m = again(t, m)
		if !bytes.Equal(m.Record(), record) || !bytes.Equal(m.Screen(), screen) {
			t.Fatalf("round %d: %q and a screen of %d", i, m.Record(), len(m.Screen()))
		}
	}
	if err := m.SetRecord(make([]byte, 4097)); err == nil {
		t.Error("a record that is too long was stored")
	}
	if m.HistorySize() != 4096 {
		t.Errorf("the history has room for %d bytes", m.HistorySize())
	}
	if err := errors.Join(m.WriteHistory(0, []byte("old")), m.WriteHistory(4093, []byte("new"))); err != nil {
		t.Fatal(err)
	}
	m = again(t, m)
	if got, err := m.ReadHistory(4093, 3); err != nil || string(got) != "new" {
		t.Errorf("the history's end is %q, %v", got, err)
	}
	if got, err := m.ReadHistory(0, 3); err != nil || string(got) != "old" {
		t.Errorf("the history's beginning is %q, %v", got, err)
	}
	for _, at := range []int64{-1, 4094, 1 << 62} {
		if err := m.WriteHistory(at, []byte("new")); err == nil {
			t.Errorf("something was written at %d", at)
		}
		if got, err := m.ReadHistory(at, 3); err == nil {
			t.Errorf("%q was read at %d", got, at)
		}
	}
}

// The memory of history that is there no more is given back, and can be had again; what
// stays is not touched.
func TestHistoryGivesMemoryBack(t *testing.T) {
	const size = 8 << 20
	m := newMemory(t, Limits{History: size})
	blocks := func() int64 {
		var st unix.Stat_t
		if err := unix.Fstat(int(m.File().Fd()), &st); err != nil {
			t.Fatal(err)
		}
		return st.Blocks * 512
	}
	for round := range 2 {
		before := blocks()
		all := bytes.Repeat([]byte{byte('a' + round)}, size)
		if err := m.WriteHistory(0, all); err != nil {
			t.Fatal(err)
		}
		m.GiveBackHistory(size - giveBackLeast/2)
		if full := blocks(); full-before < size-64<<10 {
			t.Errorf("%d bytes of memory, and %d with a history of %d", before, full, size)
		}
		const stays = 5000
		m.GiveBackHistory(stays)
		if now := blocks(); now-before > stays+64<<10 {
			t.Errorf("%d bytes of memory before, and %d with a history of %d", before, now, stays)
		}
		if got, err := m.ReadHistory(0, stays); err != nil || !bytes.Equal(got, all[:stays]) {
			t.Fatalf("what stays is another, %v", err)
		}
		// Of what a server before had the next one does not know.
		if err := m.WriteHistory(0, all); err != nil {
			t.Fatal(err)
		}
		m = again(t, m)
		m.GiveBackHistory(0)
		if now := blocks(); now-before > 64<<10 {
			t.Errorf("%d bytes of memory before, and %d without history", before, now)
		}
	}
}

func TestNotesAndInputs(t *testing.T) {
	m := newMemory(t, Limits{})
	for i := range 3000 {
		if err := m.AddNote(Note{Offset: int64(i), Kind: 1, Value: uint64(2 * i)}); err != nil {
			t.Fatal(err)
		}
	}
	m.SetInput(MaxInputs-1, Input{Key: 7, About: 1, Wrote: 1})
	m.AboutToWrite(MaxInputs-1, 12)
	m.Wrote(MaxInputs-1, 11)
	m = again(t, m)
	notes := m.Notes()
	if len(notes) != MaxNotes || notes[0] != (Note{3000 - MaxNotes, 1, 2 * (3000 - MaxNotes)}) || notes[MaxNotes-1] != (Note{2999, 1, 5998}) {
		t.Errorf("%d notes", len(notes))
	}
	if in := m.Input(MaxInputs - 1); in != (Input{7, 12, 11}) {
		t.Errorf("input %+v", in)
	}
}

// TestMoments: those stored last are read again; more than there is room for are
// forgotten, and a memory of the layout before has none and stays readable.
func TestMoments(t *testing.T) {
	m := newMemory(t, Limits{})
	var want []Moment
	for i := range int64(MaxMoments + 2) {
		m.AddMoment(Moment{i, 2 * i})
		if i < MaxMoments {
			want = append(want, Moment{i, 2 * i})
		}
	}
	if got := again(t, m).Moments(); !slices.Equal(got, want) {
		t.Errorf("%d moments", len(got))
	}
	m.SetMoments(want[3:7])
	m.AddMoment(Moment{77, 78})
	if got := again(t, m).Moments(); !slices.Equal(got, append(slices.Clone(want[3:7]), Moment{77, 78})) {
		t.Errorf("set and added to: %v", got)
	}

	limits := Limits{}.rounded()
	file, err := newFile("xsh-test", layOut(limits, 1).total)
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	old, err := create(file, limits, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	old.Append([]byte("before"))
	old = again(t, old)
	old.AddMoment(Moment{1, 2})
	old.SetMoments([]Moment{{1, 2}})
	p := make([]byte, 9)
	if n, err := old.Read(p, 0); string(p[:n]) != "before" || err != nil || len(old.Moments()) != 0 {
		t.Errorf("layout 1: %q, %v, %v", p[:n], err, old.Moments())
	}
}

func TestPrivate(t *testing.T) {
	m, err := Private(Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m.Append([]byte("hello"))
	got := make([]byte, 9)
	if n, err := m.Read(got, 0); string(got[:n]) != "hello" || err != nil || m.File() != nil {
		t.Errorf("%q, %v", got[:n], err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// TestLimitOfFileSizes: it applies to files in memory as well.
func TestLimitOfFileSizes(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: 1 << 20, Max: before.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &low); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_FSIZE, &before)
	if _, err := Create("xsh-test", Limits{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("with a low limit of file sizes: %v", err)
	}
}

func BenchmarkWindow(b *testing.B) {
	m := newMemory(b, Limits{})
	output := bytes.Repeat([]byte("0123456789abcdef"), 256)
	b.SetBytes(4096)
	for b.Loop() {
		m.Publish(copy(m.Window(64<<10), output))
	}
}

// TestOthersMemoryIsRefused: a file that is not a session's memory, or one of a
// layout to come, is an error that says so.
func TestOthersMemoryIsRefused(t *testing.T) {
	plain, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := Open(plain); err == nil {
		t.Error("a plain file was opened")
	}
	m := newMemory(t, Limits{})
	if err := unix.Ftruncate(int(m.File().Fd()), 4096); !errors.Is(err, unix.EPERM) {
		t.Errorf("the memory can be made smaller: %v", err)
	}
	for name, spoil := range map[string]func(h *header){
		"magic":    func(h *header) { h.magic++ },
		"layout":   func(h *header) { h.layout++ },
		"layout 1": func(h *header) { h.layout = 1 }, // of another size
		"layout 0": func(h *header) { h.layout = 0 },
		"limit":    func(h *header) { h.log += page },
		"no limit": func(h *header) { h.history = 0 },
		"capacity": func(h *header) { h.capacity.Store(0) },
		"end":      func(h *header) { h.end.Store(-1) },
		"oldest":   func(h *header) { h.oldest.Store(1) },
		"record":   func(h *header) { h.recordSlot.Store(1 << 40) },
		"screen":   func(h *header) { h.screenSlot.Store(1 << 60) },
		"notes":    func(h *header) { h.notes.Store(-1) },
		"moments":  func(h *header) { h.momentSlot.Store(1 << 40) },
	} {
		m := newMemory(t, Limits{})
		spoil(m.h)
		if _, err := Open(m.File()); err == nil {
			t.Errorf("a wrong %s was accepted", name)
		}
	}
}

// FuzzOpen: no header makes Open or what follows fault.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{1, 0, 0, 0, 0, 0, 0, 0}, 20))
	f.Fuzz(func(t *testing.T, p []byte) {
		m := newMemory(t, Limits{Log: page, Record: page, Screen: page, History: page})
		const state = 6 * 8 // after magic, layout and limits, which have a test
		copy(m.mem[state:page], p)
		n, err := Open(m.File())
		if err != nil {
			return
		}
		n.Window(100)
		n.Append(make([]byte, 5000))
		start, _ := n.Bounds()
		n.Read(make([]byte, 10000), start)
		n.Record()
		n.SetScreen([]byte("x"))
		n.Screen()
		n.WriteHistory(0, make([]byte, 100))
		n.ReadHistory(0, 100)
		n.AddNote(Note{})
		n.Notes()
		n.AddMoment(Moment{})
		n.Moments()
		n.SetMoments([]Moment{{}})
		unix.Munmap(n.mem)
	})
}
