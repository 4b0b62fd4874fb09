package exec_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// However the output is cut into writes, the text is the same.
func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"one\r\ntwo":                             "one\ntwo\n",
		"\x1b[1;31mred\x1b[0m\r\n":               "red\n",
		"10%\r20%\r100%\r\n":                     "100%\n",
		"long line\rshort\x1b[K\r\n":             "short\n",
		"\x1b]0;title\atext\x1b]8;;u\x1b\\x\r\n": "textx\n",
		"ab\b\bc\r\n":                            "cb\n",
		"a\x1b[3Cb\r\n":                          "a   b\n",
		"in\x1b[?1049hdrawn\r\n\x1b[?1049lout\n": "inout\n",
		"日本\xff\r\n":                             "日本\uFFFD\n",
		"\x1bPdcs\x1b\\a\x1b(Bb\x1bc\r\n":        "ab\n",
		"abc\x1b[2D\x1b[P\r\n":                   "ac\n",
		"\x1b[999999999Gx":                       strings.Repeat(" ", 64<<10-1) + "x\n",
	} {
		for _, whole := range []bool{true, false} {
			var got bytes.Buffer
			p := exec.PlainText(&got)
			if whole {
				p.Write([]byte(in))
			} else {
				for i := range len(in) {
					p.Write([]byte{in[i]})
				}
			}
			p.Close()
			if got.String() != want {
				t.Errorf("%q (whole: %v): %.80q, want %.80q", in, whole, got.String(), want)
			}
		}
	}
}
