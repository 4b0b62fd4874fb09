package client

import (
	"testing"

	"github.com/xsh-project/xsh/internal/stream"
)

// TestHeadingIsWrittenBetween: a title is never written within a sequence or a
// character, however the output is cut, and once more behind what may set another.
func TestHeadingIsWrittenBetween(t *testing.T) {
	for _, c := range []struct {
		output string
		places string // for each byte, whether a title may follow it
		again  bool   // the output may set another title
	}{
		{"ab\r\n", "yyyy", false},
		{"a\x1b[1;31mb", "ynnnnnnyy", false},
		{"ä€", "nynny", false},
		{"\x1b]0;x\ab", "nnnnnyy", true},
		{"\x1b]2;x\x1b\\b", "nnnnnnyy", true},
		{"\x1b[23;0tb", "nnnnnnyy", true},
		{"\x1bPq\x1b\\b", "nnnnyy", false},
	} {
		var h heading
		h.text = "mine"
		for i := range len(c.output) {
			h.due = nil
			h.passed(stream.OutputFrame{Data: []byte(c.output[i : i+1])})
			if h.mayFollow() != (c.places[i] == 'y') {
				t.Errorf("%q: a title may follow byte %d: %t", c.output, i, h.mayFollow())
			}
			if h.mayFollow() && h.due == nil && c.again && i == len(c.output)-2 {
				t.Errorf("%q: the title is not written again", c.output)
			}
		}
		whole := heading{text: "mine"}
		whole.passed(stream.OutputFrame{Data: []byte(c.output)})
		if again := whole.due != nil; again != c.again || !whole.mayFollow() {
			t.Errorf("%q at once: written again: %t", c.output, again)
		}
	}
}

// TestHeadingWaitsForTheReplay: what a replay still brings has the program's own title.
func TestHeadingWaitsForTheReplay(t *testing.T) {
	h := heading{text: "mine"}
	h.begin([]byte("screen"), true)
	if h.mayFollow() || h.due == nil {
		t.Error("written before the rest of the replay")
	}
	h.passed(stream.OutputFrame{Flags: stream.Drawn, Data: []byte("some")})
	if h.mayFollow() {
		t.Error("written within the rest of the replay")
	}
	h.passed(stream.OutputFrame{Flags: stream.Drawn | stream.Whole, Data: []byte("all")})
	if !h.mayFollow() || h.due == nil {
		t.Error("not written behind the replay")
	}
}
