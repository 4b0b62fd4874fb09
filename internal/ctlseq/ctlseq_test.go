package ctlseq

import "testing"

func TestScanner(t *testing.T) {
	for output, want := range map[string]string{
		"ab\r\n":                     "tttt",
		"a\x1b[1;31mb":               "to[pppp.t",
		"\x1b[\x1b[Kx":               "o[o[.t",
		"\x1b(0a\x1b#8b\x1b7c":       "ooot" + "ooot" + "oot",
		"\x1b]0;a\ab\x1bPq\x1b\\c":   "oooooo" + "t" + "ooooo" + "t",
		"\x1b]0;a\x1b[Kb\x1b]0\x18c": "ooooo" + "o[.t" + "oooo" + "t",
		"\x1b\x1b[mä":                "oo[.tt",
	} {
		var s Scanner
		got := ""
		for i := range len(output) {
			got += string("t[p.o"[s.Next(output[i])])
		}
		if got != want {
			t.Errorf("%q: %s, want %s", output, got, want)
		}
		if !s.InText() {
			t.Errorf("%q does not end in text", output)
		}
	}
}
