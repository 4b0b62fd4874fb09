package vt

import (
	"strings"
	"testing"
)

// answers returns what is answered while input is written to a terminal of 24x80.
func answers(input string) string {
	var b strings.Builder
	cfg := Config{Effects: Effects{Reply: func(a []byte) { b.Write(a) }}}
	New(Size{24, 80}, cfg).Write([]byte(input))
	return b.String()
}

// TestCursorAsXterm has what xterm 379 answered to CPR after each input.
func TestCursorAsXterm(t *testing.T) {
	full := strings.Repeat("d", 80)
	for _, c := range []struct{ name, input, want string }{
		{"pending wrap is told as the last column", full, "1;80"},
		{"ED resets a pending wrap", full + "\x1b[Jx", "1;80"},
		{"ED 1 resets a pending wrap", full + "\x1b[1Jx", "1;80"},
		{"ED 2 resets a pending wrap", full + "\x1b[2Jx", "1;80"},
		{"ECH resets a pending wrap", full + "\x1b[Xx", "1;80"},
		{"HT keeps a pending wrap", full + "\tx", "2;2"},
		{"SGR keeps a pending wrap", full + "\x1b[1mx", "2;2"},
		{"DECSC keeps a pending wrap", full + "\x1b7\x1b[5;5H\x1b8x", "2;2"},
		{"ICH resets a pending wrap", full + "\x1b[@x", "1;80"},
		{"DCH resets a pending wrap", full + "\x1b[Px", "1;80"},
		{"IL goes to the margin", full + "\x1b[Lx", "1;2"},
		{"SU keeps a pending wrap", full + "\x1b[Sx", "2;2"},
		{"CUF resets a pending wrap", full + "\x1b[Cx", "1;80"},
		{"DECAWM off and on keeps a pending wrap", full + "\x1b[?7l\x1b[?7hx", "2;2"},
		{"BS at a pending wrap", full + "\b", "1;79"},
		{"CNL at a pending wrap", full + "\x1b[E", "2;1"},
		{"1047 keeps a pending wrap", full + "\x1b[?1047hb", "2;2"},
		{"REP after a move repeats nothing", "a\x1b[5;5H\x1b[3b", "5;5"},
		{"REP after SGR repeats nothing", "a\x1b[1m\x1b[3b", "1;2"},
		{"REP after BS repeats nothing", "a\b\x1b[3b", "1;1"},
		{"REP twice repeats once", "a\x1b[3b\x1b[3b", "1;5"},
		{"REP wraps and scrolls", "a\x1b[5000b", "24;42"},
		{"an escape ends a string", "\x1b]2;x\x1b[5;5H", "5;5"},
		{"a character in a sequence ends it", "\x1b[5é;6Hx", "1;5"},
		{"NUL and DEL print nothing", "a\x00\x7fb", "1;3"},
		{"DECALN resets the margins", "\x1b[5;10r\x1b[?6h\x1b#8", "1;1"},
		{"HT stops at the right margin", "\x1b[?69h\x1b[1;20s\t\t\t\t\t", "1;20"},
		{"47 leaves the cursor", "\x1b[5;5H\x1b[?47h\x1b[7;7H\x1b[?47l", "7;7"},
		{"1049 brings the cursor back", "\x1b[5;5H\x1b[?1049h\x1b[7;7H\x1b[?1049h\x1b[9;9H\x1b[?1049l", "5;5"},
		{"a wide character wraps early", "\x1b[1;80H日", "2;3"},
		{"a wide character without DECAWM is lost", "\x1b[?7l\x1b[1;80H日x", "1;80"},
		{"CR left of the margin", "\x1b[?69h\x1b[5;10s\x1b[3;3H\r", "3;1"},
		{"CR right of the margin", "\x1b[?69h\x1b[5;10s\x1b[3;30H\r", "3;5"},
		{"wrap between margins", "\x1b[?69h\x1b[5;10s\x1b[3;9Habcd", "4;7"},
		{"wrap right of the margins", "\x1b[?69h\x1b[5;10s\x1b[3;79Habcd", "4;7"},
		{"wrap from left of the margins", "\x1b[?69h\x1b[5;10s\x1b[3;1H" + strings.Repeat("a", 15), "4;10"},
		{"CUF left of the margins", "\x1b[?69h\x1b[5;10s\x1b[3;1H\x1b[50C", "3;10"},
		{"CUB right of the margins", "\x1b[?69h\x1b[5;10s\x1b[3;30H\x1b[50D", "3;5"},
		{"CUB left of the margins", "\x1b[?69h\x1b[5;10s\x1b[3;3H\x1b[9D", "3;1"},
		{"BS at the left margin", "\x1b[?69h\x1b[5;10s\x1b[3;5H\b\b", "3;5"},
		{"NEL goes to the left margin", "\x1b[?69h\x1b[5;10s\x1b[3;7H\x1bE", "4;5"},
		{"CNL goes to the left margin", "\x1b[?69h\x1b[5;10s\x1b[3;7H\x1b[E", "4;5"},
		{"IL goes to the left margin", "\x1b[?69h\x1b[5;10s\x1b[3;7H\x1b[L", "3;5"},
		{"HPR ignores the margins", "\x1b[?69h\x1b[5;10s\x1b[1;7H\x1b[99a", "1;80"},
		{"VPR ignores the margins", "\x1b[5;10r\x1b[7;1H\x1b[99e", "24;1"},
		{"CHA in origin mode", "\x1b[?69h\x1b[5;10s\x1b[?6h\x1b[3G", "1;3"},
		{"DECSTBM of one line is ignored", "\x1b[5;5H\x1b[3;3r", "5;5"},
		{"DECSTBM is cut off at the bottom", "\x1b[5;5H\x1b[3;99r\x1b[?6h\x1b[99;1H", "22;1"},
		{"CUU above the margins", "\x1b[5;10r\x1b[3;3H\x1b[9A", "1;3"},
		{"CUD below the margins", "\x1b[5;10r\x1b[12;3H\x1b[99B", "24;3"},
		{"CUD between the margins", "\x1b[5;10r\x1b[6;3H\x1b[99B", "10;3"},
		{"IND below the margins", "\x1b[5;10r\x1b[24;1H\x1bD\x1bD", "24;1"},
		{"LF with LNM", "\x1b[20h\x1b[5;5H\n", "6;1"},
		{"IND with LNM", "\x1b[20h\x1b[5;5H\x1bD", "6;5"},
		{"DECBI at the left margin", "\x1b[?69h\x1b[5;10s\x1b[3;5H\x1b6", "3;5"},
		{"DECRC restores origin mode", "\x1b[5;10r\x1b[?6h\x1b[3;3H\x1b7\x1b[?6l\x1b[r\x1b8", "7;3"},
		{"DECSTR forgets the saved cursor", "\x1b[5;5H\x1b7\x1b[!p\x1b[7;7H\x1b8", "1;1"},
		{"DECSTR leaves the cursor", "\x1b[5;5H\x1b[!p", "5;5"},
		{"a tab stop set", "\x1b[3g\x1b[10G\x1bH\r\t", "1;10"},
		{"a tab stop cleared", "\x1b[9G\x1b[g\r\t", "1;17"},
		{"CHT", "\x1b[3I", "1;25"},
		{"CBT", "\x1b[1;30H\x1b[2Z", "1;17"},
		{"insert mode at the margin", "\x1b[4h" + full + "\x1b[1;80Hbc", "2;2"},
	} {
		got := strings.TrimSuffix(strings.TrimPrefix(answers(c.input+"\x1b[6n"), "\x1b["), "R")
		if got != c.want {
			t.Errorf("%s: cursor at %s, want %s", c.name, got, c.want)
		}
	}
}

// TestChecksumsAsXterm has what xterm 379 answered to DECRQCRA, most of one cell.
func TestChecksumsAsXterm(t *testing.T) {
	for _, c := range []struct{ name, input, area, want string }{
		{"a character", "ab", "1;1;1;1", "FF9F"},
		{"empty cells count nothing", "ab", "1;1;24;80", "FF3D"},
		{"but the first", "", "2;1;2;80", "FFE0"},
		{"spaces count", "a   ", "1;1;1;4", "FF3F"},
		{"first half of a wide character", "日本", "1;1;1;1", "FF1B"},
		{"second half", "日本", "1;2;1;2", "FF01"},
		{"underlined", "\x1b[4ma", "1;1;1;1", "FF8F"},
		{"inverse", "\x1b[7ma", "1;1;1;1", "FF7F"},
		{"blinking", "\x1b[5ma", "1;1;1;1", "FF5F"},
		{"bold", "\x1b[1ma", "1;1;1;1", "FF1F"},
		{"hidden", "\x1b[8ma", "1;1;1;1", "FFE0"},
		{"coloured", "\x1b[31ma", "1;1;1;1", "FF9F"},
		{"erased on a colour", "\x1b[41m\x1b[K", "1;1;1;2", "FFC0"},
		{"line drawing", "\x1b(0q", "1;1;1;1", "0000"},
		{"DECFRA", "\x1b[1m\x1b[88;2;2;3;4$x", "1;1;4;5", "FAD0"},
		{"DECERA", "\x1b#8\x1b[41m\x1b[2;2;3;4$z", "1;1;4;5", "FB7A"},
		{"DECERA ignores protection", "\x1b[1\"qab\x1b[0\"q\x1b[1;1;1;2$z", "1;1;1;1", "FFE0"},
		{"DECSERA heeds it", "\x1b[1\"qab\x1b[0\"qcd\x1b[1;1;1;4${", "1;1;1;4", "FEFD"},
		{"DECSERA leaves the look", "\x1b[1;7mab\x1b[0m\x1b[1;1;1;2${", "1;1;1;1", "FF40"},
		{"DECCRA", "abc\r\ndef\x1b[1;1;2;3;1;5;5;1$v", "5;5;6;7", "FDAB"},
		{"DECCRA onto itself", "abc\r\ndef\x1b[1;1;2;3;1;2;2;1$v", "1;1;3;4", "FC21"},
		{"DECCARA, a stream", "abc\r\ndef\r\nghi\x1b[1;2;2;2;1;4$r", "1;3;1;3", "FF0D"},
		{"DECCARA, blank cells", "abc\r\ndef\r\nghi\x1b[1;2;2;2;1;4$r", "1;10;1;10", "FF50"},
		{"DECCARA, a rectangle", "abc\r\ndef\r\nghi\x1b[2*x\x1b[1;2;2;2;1;4$r", "1;3;1;3", "FF9D"},
		{"DECRARA", "abc\r\ndef\x1b[2*x\x1b[1;2;2;2;1;4;7$t\x1b[1;2;1;2;7$t", "2;2;2;2", "FEEB"},
		{"DECCARA 0", "\x1b[1;4mabc\x1b[2*x\x1b[1;1;1;2;0$r", "1;1;1;1", "FF9F"},
		{"DECCARA 22", "\x1b[1;4mabc\x1b[2*x\x1b[1;1;1;2;22$r", "1;1;1;1", "FF8F"},
		{"ED spares what SPA protects", "\x1bVab\x1bWcd\x1b[2J", "1;1;1;1", "FF9F"},
		{"ED does not spare what DECSCA protects", "\x1b[1\"qab\x1b[0\"qcd\x1b[2J", "1;1;1;1", "FFE0"},
		{"DECSED does", "\x1b[1\"qab\x1b[0\"qcd\x1b[?2J", "1;1;1;1", "FF9F"},
		{"SGR 0 leaves protection", "\x1b[1\"q\x1b[0mab\x1b[?2J", "1;1;1;1", "FF9F"},
		{"ECH on half of a wide character", "日本\x1b[1;2H\x1b[X", "1;1;1;1", "FFE0"},
		{"DCH on half of a wide character", "日本語\x1b[1;2H\x1b[P", "1;2;1;2", "FFD4"},
		{"ICH on half of a wide character", "日本語\x1b[1;2H\x1b[@", "1;4;1;4", "FFD4"},
		{"DECBI scrolls", "abc\x1b[1;1H\x1b6", "1;2;1;2", "FF9F"},
		{"DECFI scrolls", "abc\x1b[1;80H\x1b9", "1;1;1;1", "FF9E"},
		{"IRM ends at the margin", "\x1b[?69h\x1b[1;5sabcde\x1b[1;1H\x1b[4hX", "1;1;1;6", "FE1E"},
	} {
		got := answers(c.input + "\x1b[?6l\x1b[?69l\x1b[1;1;" + c.area + "*y")
		if want := "\x1bP1!~" + c.want + "\x1b\\"; got != want {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

// TestModesAsXterm has what xterm 379 answered to DECRQM.
func TestModesAsXterm(t *testing.T) {
	for _, c := range []struct{ name, input, mode, want string }{
		{"XTSAVE", "\x1b[?1h\x1b[?1s\x1b[?1l\x1b[?1r", "1", "1"},
		{"XTSAVE of the mouse", "\x1b[?1003h\x1b[?1003s\x1b[?1003l\x1b[?1003r", "1003", "1"},
		{"any mouse mode off is all off", "\x1b[?1003h\x1b[?1000l", "1003", "2"},
		{"another encoding off is nothing", "\x1b[?1006h\x1b[?1015l", "1006", "1"},
		{"RIS", "\x1b[?2004h\x1bc", "2004", "2"},
		{"RIS leaves the alternate screen", "\x1b[?1049h\x1bc", "1049", "2"},
		{"DECSTR, DECAWM", "\x1b[?7l\x1b[!p", "7", "1"},
		{"DECSTR, DECLRMM", "\x1b[?69h\x1b[!p", "69", "2"},
		{"DECSTR, keypad", "\x1b=\x1b[!p", "66", "2"},
		{"DECSTR, reverse wrap", "\x1b[?45h\x1b[!p", "45", "2"},
		{"DECSTR, reverse video stays", "\x1b[?5h\x1b[!p", "5", "1"},
		{"DECSTR, cursor keys", "\x1b[?1h\x1b[!p", "1", "2"},
		{"DECSTR, cursor shown", "\x1b[?25l\x1b[!p", "25", "1"},
		{"DECSTR, mouse stays", "\x1b[?1000h\x1b[!p", "1000", "1"},
		{"an unknown mode", "", "9999", "0"},
	} {
		got := answers(c.input + "\x1b[?" + c.mode + "$p")
		if want := "\x1b[?" + c.mode + ";" + c.want + "$y"; got != want {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}
