package keeper

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// scoreFile tells how likely the system is to end a process when memory is
// short: -1000 never, 1000 first.
const scoreFile = "/proc/%s/oom_score_adj"

// lowerScore makes this process as unlikely as it may: mostly as unlikely as it
// is already, since less takes a privilege. It returns the score before, a
// login's, which is what programs shall have.
func lowerScore() (before string) {
	own := fmt.Sprintf(scoreFile, "self")
	score, _ := os.ReadFile(own)
	for _, low := range []string{"-1000", "-500"} {
		if os.WriteFile(own, []byte(low), 0) == nil {
			break
		}
	}
	return strings.TrimSpace(string(score))
}

// raiseScore gives a child the score that this process had. Without /proc the
// child keeps the lower one.
func raiseScore(pid int, score string) {
	os.WriteFile(fmt.Sprintf(scoreFile, strconv.Itoa(pid)), []byte(score), 0)
}
