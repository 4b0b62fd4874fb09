package exec_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// randomOutput returns at least n bytes of what programs write, and some of
// what they do not.
func randomOutput(rng *rand.Rand, size exec.Size, n int) []byte {
	var b []byte
	add := func(format string, args ...any) { b = fmt.Appendf(b, format, args...) }
	pick := func(choices ...string) string { return choices[rng.IntN(len(choices))] }
	for len(b) < n {
		row, col := 1+rng.IntN(size.Rows), 1+rng.IntN(size.Cols)
		switch rng.IntN(16) {
		case 0, 1, 2:
			add("%s", strings.Repeat(pick("a", "bc ", "long line of text ", "─", "."), 1+rng.IntN(30)))
		case 3:
			add("%s", pick("漢字", "한", "e\u0301", "👍🏽", "❤\ufe0f", "🇩🇪"))
		case 4, 5, 6:
			add("\r\n")
		case 7:
			add("\x1b[%d;%dH", row, col)
		case 8, 9:
			add("\x1b[%sm", pick("", "1", "2;3", "4", "4:3;58;5;9", "7", "22", "31", "97;44", "38;5;123", "48;2;1;2;3", "39;49"))
		case 10:
			add("\x1b[%d%s", rng.IntN(4), pick("K", "J", "X", "P", "@", "L", "M", "S", "T"))
		case 11:
			add("%s", pick("\x1b[r", fmt.Sprintf("\x1b[%d;%dr", row, row+rng.IntN(size.Rows)), "\x1b[?1049h", "\x1b[?1049l"))
		case 12:
			add("%s", pick("\x1bM", "\x1bD", "\n", "\t", "\b", "\x1b(0", "\x1b(B"))
		case 13:
			add("\x1b[?%d%s", []int{1, 6, 7, 12, 25, 1000, 1002, 1003, 1004, 1006, 1007, 2004, 2026}[rng.IntN(13)], pick("h", "l"))
		case 14:
			add("%s", pick("\x1b[>4;1m", "\x1b[>4m", "\x1b[>5u", "\x1b[>1u", "\x1b[=3;1u", "\x1b[<u", "\x1b[4 q", "\x1b[ q", "\x1b=", "\x1b>"))
		case 15:
			add("%s", pick("\x1b]2;vim\x07", "\x1b]2;t\u00edtulo\x1b\\", "\x1b]8;;http://a/\x1b\\", "\x1b]8;;\x1b\\", "\x1b]4;1;#102030\x07", "\x1b]104\x07", "\x1b]7;file:///tmp\x07"))
		}
	}
	return b
}
