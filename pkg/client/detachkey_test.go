package client

import (
	"testing"
	"time"
)

// A typist holds back the detach key's first half, and nothing else.
func TestTypistHoldsTheFirstHalf(t *testing.T) {
	type read struct {
		in   string
		out  string        // what is passed on then
		wait time.Duration // what the caller waits for then; it flushes if late is set
		late bool
	}
	for _, c := range []struct {
		what, key string
		reads     []read
		detached  bool
	}{
		{"the key", DefaultDetachKey, []read{{in: "ls\x1c", out: "ls", wait: keyWait}, {in: "\x1cx"}}, true},
		{"another key after its half", DefaultDetachKey, []read{{in: "\x1c", wait: keyWait}, {in: "a", out: "\x1ca"}}, false},
		{"two halves too far apart", DefaultDetachKey, []read{
			{in: "\x1c", out: "\x1c", wait: keyWait, late: true}, {in: "\x1c", out: "\x1c", wait: keyWait, late: true}}, false},
		{"the key after a half", DefaultDetachKey, []read{{in: "\x1c", out: "\x1c", wait: keyWait, late: true}, {in: "\x1c\x1c"}}, true},
		{"a half too many", "ctrl-a ctrl-a d", []read{{in: "\x01\x01\x01", out: "\x01", wait: keyWait}, {in: "d"}}, true},
		{"letting go between", DefaultDetachKey, []read{{in: "\x1b[92;5:1u\x1b[92;5:3u", wait: keyWait}, {in: "\x1b[92;5u"}}, true},
		{"Esc", DefaultDetachKey, []read{{in: "\x1b", out: "\x1b", wait: escapeWait, late: true}, {in: "a", out: "a"}}, false},
		{"half, then Esc", DefaultDetachKey, []read{{in: "\x1c\x1b", out: "\x1c\x1b", wait: escapeWait, late: true}}, false},
		{"Esc in the key", "ctrl-a esc", []read{{in: "\x01\x1b", wait: escapeWait, late: true}}, true},
		{"none", "none", []read{{in: "\x1c\x1c", out: "\x1c\x1c"}}, false},
	} {
		key, err := ParseDetachKey(c.key)
		if err != nil {
			t.Fatal(err)
		}
		typist := newTypist(key)
		detached := false
		for i, r := range c.reads {
			var out []byte
			out, detached = typist.scan(out, []byte(r.in))
			if wait := typist.wait(); wait != r.wait {
				t.Errorf("%s: after read %d it waits for %v, want %v", c.what, i, wait, r.wait)
			}
			for r.late && typist.wait() > 0 {
				out, detached = typist.flush(out)
			}
			if string(out) != r.out {
				t.Errorf("%s: read %d passes on %q, want %q", c.what, i, out, r.out)
			}
		}
		if detached != c.detached {
			t.Errorf("%s: detached %v", c.what, detached)
		}
	}
}
