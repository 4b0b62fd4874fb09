package termin

import (
	"strings"
	"testing"
)

const fenceAnswer = "\x1b[0n\x1b[?62;22c\x1b[?62;22c"

func TestFence(t *testing.T) {
	for _, c := range []struct{ what, due, typed string }{
		{"nothing", "", ""},
		{"other answers", "\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[3;7R\x1bP>|xterm\x1b\\", ""},
		{"the status", "\x1b[0n", ""},
		{"what it is", "\x1b[?62;22c", ""},
		{"both, repeatedly", "\x1b[0n\x1b[?6c\x1b[0n\x1b[?6c\x1b[0n", ""},
		{"typed", "ls\r\x1b[A\x1b", "ls\r\x1b[A\x1b"},
		{"typed in another encoding", "\x1b[97;5u\x1b[98u\x1b[98;1:3u\x1b[27;5;99~\x1b[1;2P\x1b[27u", "\x01b\x03\x1b[1;2P\x1b"},
		{"pasted", "\x1b[200~a\x1b[?6cb\x1b[201~c", "a\x1b[?6cbc"},
		{"mouse and focus", "\x1b[<35;1;1M\x1b[<0;1;1M\x1b[<0;1;1m\x1b[M !!\x1b[I\x1b[O", ""},
		{"the cursor's place that looks like a key", "\x1b[1;2R", ""},
		{"reports", "\x1b[?997;1n\x1b[48;24;80;0;0t", ""},
		{"much", strings.Repeat("\x1b[0n", 900), ""},
	} {
		for _, in := range []string{c.due + fenceAnswer, "\x1b[0n" + c.due + fenceAnswer} {
			whole := new(Fence)
			if n, answered := whole.Scan([]byte(in + "next\x1b[0n")); n != len(in) || !answered {
				t.Errorf("%s: the answers end at %d of %d, %v", c.what, n, len(in), answered)
			}
			split := new(Fence)
			for i := range in {
				if n, answered := split.Scan([]byte(in[i : i+1])); n != 1 || answered != (i == len(in)-1) {
					t.Errorf("%s: at %d of %d: took %d, answered %v", c.what, i, len(in), n, answered)
				}
			}
			for _, f := range []*Fence{whole, split} {
				if typed, lost := f.Typed(); string(typed) != c.typed || lost != 0 {
					t.Errorf("%s: typed was %q and %d more, want %q", c.what, typed, lost, c.typed)
				}
			}
		}
	}
}

// What is typed between the answers neither hides them nor gets lost.
func TestTypedBetweenTheAnswers(t *testing.T) {
	in := "\x1b[0nl\x1b[?62cs\x1b[<35;1;1M\x1b[?62c"
	f := new(Fence)
	n, answered := f.Scan([]byte(in + "x"))
	if typed, _ := f.Typed(); n != len(in) || !answered || string(typed) != "ls" {
		t.Errorf("the answers end at %d of %d, %v, and %q was typed", n, len(in), answered, typed)
	}
}

// What came of a sequence before the last question is neither an answer lost nor
// text typed.
func TestFenceGoesOnWhereDetachWas(t *testing.T) {
	for _, c := range []struct{ before, after, typed string }{
		{"\x1b[?62;", "22c", ""},
		{"\x1b]11;rgb:00", "/00/00\x1b\\", ""},
		{"\x1b[<35;", "1;1M", ""},
		{"\x1b", "[A", ""},
		{"\x1b[1;", "5A", ""},
		{"\x1b[200~ab", "cd\x1b[201~e", "cde"},
		{"ab", "cd", "cd"},
	} {
		d := NewDetach(mustParse(t, DefaultDetachKey))
		d.Scan([]byte(c.before))
		f := d.Fence()
		_, answered := f.Scan([]byte(c.after + fenceAnswer))
		if typed, _ := f.Typed(); !answered || string(typed) != c.typed {
			t.Errorf("%q and then %q: answered %v, typed %q, want %q", c.before, c.after, answered, typed, c.typed)
		}
	}
}

func TestFenceThatIsNotAnswered(t *testing.T) {
	f := new(Fence)
	if n, answered := f.Scan([]byte("typed\x1b[0n\x1b[?6c\x1b")); n != 15 || answered {
		t.Errorf("took %d, answered %v", n, answered)
	}
	if typed, lost := f.Typed(); string(typed) != "typed\x1b" || lost != 0 {
		t.Errorf("typed %q and %d more", typed, lost)
	}
	f = new(Fence)
	f.Scan([]byte(strings.Repeat("x", maxTyped+7)))
	if typed, lost := f.Typed(); len(typed) != maxTyped || lost != 7 {
		t.Errorf("typed %d bytes and %d more", len(typed), lost)
	}
}
