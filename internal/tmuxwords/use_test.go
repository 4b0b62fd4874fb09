package tmuxwords

import "testing"

// What tmux takes for a key is one, and all else is text.
func TestKeyNamed(t *testing.T) {
	for name, want := range map[string]string{
		"Enter": "Enter", "enter": "Enter", "C-c": "C-c", "^C": "C-C", "M-x": "M-x", "C-M-a": "C-M-a", "C-Up": "C-Up", "BSpace": "Backspace",
		"BTab": "S-Tab", "NPage": "PageDown", "DC": "Delete", "F12": "F12", "Space": "Space",
		"a": "", "C-": "", "hello": "", "Backspace": "", "Return": "", "ls -l": "", "-": "", "C-hello": "",
	} {
		if got, is := keyNamed(name); got != want || is != (want != "") {
			if !is && want == "" {
				continue
			}
			t.Errorf("%q: %q %v, want %q", name, got, is, want)
		}
	}
}
