package termin

import (
	"strings"
	"testing"
)

func TestParseDetachKey(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{DefaultDetachKey, `ctrl-\ ctrl-\`},
		{`^\ C-\`, `ctrl-\ ctrl-\`},
		{"CTRL-A d", "ctrl-a d"},
		{"ctrl+a D", "ctrl-a D"},
		{"  ctrl-] ", "ctrl-]"},
		{"ctrl-space ctrl-@ ctrl-/", "ctrl-space ctrl-@ ctrl-/"},
		{"Esc space ^", "esc space ^"},
		{"escape -", "esc -"},
		{"ctrl-b c-^ c-_", "ctrl-b ctrl-^ ctrl-_"},
		{"ctrl-a enter", "ctrl-a enter"},
		{"F12", "f12"},
		{"C-F5 S-Up", "ctrl-f5 shift-up"},
		{"M-x", "alt-x"},
		{"alt-X ctrl-alt-\\", "alt-X ctrl-alt-\\"},
		{"ctrl-a shift-d", "ctrl-a D"},
		{"none", "none"},
		{"None", "none"},
	} {
		d, err := ParseDetachKey(c.in)
		if err != nil || d.String() != c.want {
			t.Errorf("ParseDetachKey(%q) = %q, %v; want %q", c.in, d, err, c.want)
			continue
		}
		again, err := ParseDetachKey(d.String())
		if err != nil || again != d {
			t.Errorf("%q read back is %q, %v", d, again, err)
		}
	}
	if (DetachKey{}).String() != "none" {
		t.Error("the zero DetachKey is not none")
	}
}

func TestParseDetachKeyErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `"none" turns it off`},
		{"  ", `"none" turns it off`},
		{"d", "the first key must be"},
		{"d ctrl-a", "the first key must be"},
		{"^", "the first key must be"},
		{"none ctrl-a", "stands alone"},
		{"ctrl-a b c d", "has 4 keys"},
		{"ctrl-i", "Tab, Enter or Esc"},
		{"^M", "Tab, Enter or Esc"},
		{"ctrl-[", "Tab, Enter or Esc"},
		{"ctrl-", `unknown key "ctrl-"`},
		{"ctrl-1", `unknown key "ctrl-1"`},
		{"ctrl-ab", `unknown key "ctrl-ab"`},
		{"ctrl-?", `unknown key "ctrl-?"`},
		{"ctrl-ä", `unknown key "ctrl-ä"`},
		{"ctrl-a é", `unknown key "é"`},
		{"ctrl-a entr", `did you mean "enter"`},
		{"ctrl-a ctrl-enter", "cannot be told"},
		{"ctrl-a shift-ctrl-b", "cannot be told"},
		{"super-a", "most terminals do not send"},
		{"f25", "most terminals do not send"},
		{"kp1", "most terminals do not send"},
		{"enter", "the first key must be"},
		{"shift-a b", "the first key must be"},
		{"ctrl-a \x00", `unknown key "\x00"`},
	} {
		d, err := ParseDetachKey(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseDetachKey(%q) = %q, %v; want an error with %q", c.in, d, err, c.want)
		}
	}
}
