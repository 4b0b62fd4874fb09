package exec

import (
	"slices"
	"strings"
	"testing"
)

func TestBriefCommand(t *testing.T) {
	long := strings.Repeat("x", 10*maxBrief)
	for _, command := range [][]string{
		nil, {"sh", "-c", "true"}, {long}, {"sh", long, "more"}, slices.Repeat([]string{"argument"}, 100_000), {strings.Repeat("é", maxBrief)},
	} {
		brief := briefCommand(command)
		n := 0
		for _, arg := range brief {
			n += len(arg) + 1
		}
		if n > maxBrief+16 {
			t.Errorf("%d bytes are left of %d arguments", n, len(command))
		}
		if n := len(strings.Join(command, " ")); n < maxBrief && !slices.Equal(brief, command) {
			t.Errorf("a short command became %q", brief)
		} else if n > maxBrief && !strings.HasSuffix(brief[len(brief)-1], "...") {
			t.Errorf("nothing tells that %d bytes were cut", n)
		}
	}
}
