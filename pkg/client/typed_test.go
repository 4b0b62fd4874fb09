package client

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/stream"
)

// parse returns the Input frames in p.
func parse(t *testing.T, p []byte) (all []stream.InputFrame) {
	t.Helper()
	var r stream.Reader
	for from := bytes.NewReader(p); ; {
		f, err := r.Read(from)
		if err != nil {
			return all
		}
		i, err := stream.ParseInput(f.Payload)
		if err != nil {
			t.Fatal(err)
		}
		i.Data = bytes.Clone(i.Data)
		all = append(all, i)
	}
}

// sent is what is sent now: offsets and data, and ! for a first press.
func sent(t *testing.T, in *typed) string {
	t.Helper()
	var all []string
	for _, f := range parse(t, in.appendFrames(nil)) {
		mark := ":"
		if f.Flags&stream.FirstKey != 0 {
			mark = "!"
		}
		all = append(all, fmt.Sprintf("%d%s%q", f.Offset, mark, f.Data))
	}
	return strings.Join(all, " ")
}

func TestTypedGoesOutInPieces(t *testing.T) {
	var in typed
	in.add([]byte("ls"), false)
	in.add([]byte("\x1c"), true)
	in.add([]byte("x"), false)
	got := sent(t, &in)
	if want := `0:"ls" 2!"\x1c" 3:"x"`; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if more := in.appendFrames(nil); len(more) > 0 {
		t.Errorf("sent %q again", more)
	}
	in.arrived(1)
	in.arrived(1) // said twice
	in.resume(2, false)
	got = sent(t, &in)
	if want := `2!"\x1c" 3:"x"`; got != want {
		t.Errorf("sent behind a break %s, want %s", got, want)
	}
	in.add([]byte("y"), false)
	if lost := in.resume(0, true); lost != 2 {
		t.Errorf("%d bytes are unsure, want 2", lost)
	}
	got = sent(t, &in)
	if want := `4:"y"`; got != want {
		t.Errorf("sent when nobody knows %s, want %s", got, want)
	}
	in.arrived(1 << 40) // never of what was not typed
	if in.offset != 5 || len(in.kept()) != 0 || len(in.first) != 0 {
		t.Errorf("left %+v", in)
	}
}

// TestTypedKeepsOrder: whatever arrives when, over however many connections,
// each byte is taken once and in its place.
func TestTypedKeepsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var in typed
	var all, taken []byte
	for range 5000 {
		switch r.IntN(4) {
		case 0:
			p := make([]byte, r.IntN(min(1+r.IntN(5000), in.room()+1)+1))
			for i := range p {
				p[i] = byte(len(all) + i)
			}
			in.add(p, r.IntN(3) == 0 && len(p) > 0)
			all = append(all, p...)
		case 1:
			for _, f := range parse(t, in.appendFrames(nil)) {
				if skip := int64(len(taken)) - f.Offset; skip >= 0 && skip <= int64(len(f.Data)) {
					taken = append(taken, f.Data[skip:]...)
				} else if skip < 0 {
					t.Fatalf("input at %d, %d is next", f.Offset, len(taken))
				}
			}
		case 2:
			in.arrived(int64(r.IntN(len(taken) + 1)))
		case 3:
			in.resume(int64(len(taken)), false)
		}
		if in.room() < 0 || cap(in.buf) > 4*maxTyped {
			t.Fatalf("%d bytes are kept in %d", len(in.kept()), cap(in.buf))
		}
	}
	in.resume(int64(len(taken)), false)
	for in.unsent() > 0 {
		for _, f := range parse(t, in.appendFrames(nil)) {
			taken = append(taken, f.Data...)
		}
	}
	if !bytes.Equal(taken, all) {
		t.Errorf("%d bytes arrived of %d, or in another order", len(taken), len(all))
	}
}
