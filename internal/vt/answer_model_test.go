package vt

import (
	"path/filepath"
	"testing"
)

// TestAnswersOfModel scans every answer that the model gives in the conformance
// scripts: one from a user's terminal that looks like it must count as an answer
// to the same query.
func TestAnswersOfModel(t *testing.T) {
	files, _ := filepath.Glob("testdata/conformance/*.txt")
	seen := make(map[QueryKind]bool)
	check := func(kind QueryKind, answer []byte) {
		seen[kind] = true
		if kind == QueryInBandSize {
			kind = 0 // comes unasked, for the program to take
		}
		var s AnswerScanner
		in := scanAll(&s, string(answer))
		if len(answer) > 0 && (len(in) != 1 || in[0].Answer != kind || s.Held() != HoldNone) {
			t.Errorf("the answer %q to %s is taken as %s", answer, kindName(kind), inputString(in))
		}
	}
	for _, file := range files {
		for _, c := range readConformance(t, file) {
			runFrom(New(c.size, Config{Effects: Effects{Reply: check}}), c.steps, "")
		}
	}
	if len(seen) < 25 {
		t.Errorf("the scripts ask only %d kinds of queries", len(seen))
	}
}
