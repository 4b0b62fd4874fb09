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

// lowerScore makes this process as unlikely to be ended as it may, which without
// a privilege is no less than its score once was. It returns the score before,
// a login's, which is what programs shall have.
func lowerScore() (before string) {
	own := fmt.Sprintf(scoreFile, "self")
	text, _ := os.ReadFile(own)
	before = strings.TrimSpace(string(text))
	score, err := strconv.Atoi(before)
	if err != nil {
		return before // no /proc
	}
	for low := -1000; low < score; low += 100 {
		if os.WriteFile(own, []byte(strconv.Itoa(low)), 0) == nil {
			break
		}
	}
	return before
}

// raiseScore gives a child the score that this process had. Without /proc the
// child keeps the lower one.
func raiseScore(pid int, score string) {
	os.WriteFile(fmt.Sprintf(scoreFile, strconv.Itoa(pid)), []byte(score), 0)
}
