package vt

import (
	"path/filepath"
	"testing"

	"github.com/xsh-project/xsh/internal/termin"
)

// isAnswer checks that an answer of the model counts as one when a user's terminal
// sends it: that answers in the same form.
func isAnswer(t *testing.T, answer []byte) termin.QueryKind {
	t.Helper()
	kind := termin.AnswerKind(answer)
	want := kind
	if kind == termin.QueryInBandSize {
		want = 0 // comes unasked, for the program to take
	}
	var tokens termin.Tokenizer
	in := tokens.Scan(nil, answer)
	if kind == 0 || len(answer) > 0 && (len(in) != 1 || in[0].Answer != want || tokens.Held() != termin.HoldNone) {
		t.Errorf("the answer %q is one to query %d, and taken for %+v", answer, kind, in)
	}
	return kind
}

// TestOwnAnswersAreRecognised has every query that the model answers looked up
// by its answer.
func TestOwnAnswersAreRecognised(t *testing.T) {
	const all = "\x1b[c\x1b[>c\x1b[=c\x1b[5n\x1b[3;8H\x1b[6n\x1b[?6n\x1b[?15n\x1b[?25n\x1b[?26n\x1b[?53n\x1b[?55n\x1b[?56n" +
		"\x1b[?62n\x1b[?63;5n\x1b[?75n\x1b[?85n\x1b[?996n\x1b[x\x1b[4$p\x1b[?7$p\x1bP$qm\x1b\\\x1bP$qz\x1b\\" +
		"\x1bP+q544e;7a7a\x1b\\\x1b[>q\x1b]4;1;?\a\x1b]10;?;?;?;?\x1b\\\x1b[11t\x1b[13t\x1b[14t\x1b[15t\x1b[16t\x1b[18t" +
		"\x1b[19t\x1b[20t\x1b[21t\x1b[?u\x1b[?4m\x1b[7;1;1;1;2;2*y\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" +
		"\x1b[1$w\x1b[2$w\x1b[?1;1;0S\x1b]1337;ReportCellSize\a\x1b[\"v"
	seen := map[termin.QueryKind]bool{}
	reply := func(answer []byte) { seen[isAnswer(t, answer)] = true }
	pixels := func() (wide, high int) { return 640, 480 }
	New(Size{24, 80}, Config{Effects: Effects{Reply: reply, Pixels: pixels}}).Write([]byte(all))
	for kind := termin.QueryDA1; kind < termin.QueryInBandSize; kind++ {
		if !seen[kind] && kind != termin.QueryAnswerback {
			t.Errorf("query %d was not answered", kind)
		}
	}
}

// TestAnswersOfModel scans every answer that the model gives in the conformance
// scripts.
func TestAnswersOfModel(t *testing.T) {
	files, _ := filepath.Glob("testdata/conformance/*.txt")
	seen := make(map[termin.QueryKind]bool)
	check := func(answer []byte) { seen[isAnswer(t, answer)] = true }
	for _, file := range files {
		for _, c := range readConformance(t, file) {
			runFrom(New(c.size, Config{Effects: Effects{Reply: check}}), c.steps, "")
		}
	}
	if len(seen) < 25 {
		t.Errorf("the scripts ask only %d kinds of queries", len(seen))
	}
}
