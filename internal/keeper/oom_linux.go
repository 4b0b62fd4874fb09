package keeper

import (
	"fmt"
	"os"
	"sync"
)

// scoreFile tells how likely the system is to end a process when memory is
// short: -1000 never, 1000 first.
const scoreFile = "/proc/%s/oom_score_adj"

// ownScore is what this process was started with: a login's, for programs.
var ownScore = sync.OnceValue(func() []byte {
	score, _ := os.ReadFile(fmt.Sprintf(scoreFile, "self"))
	return score
})

// lowerScore makes this process as unlikely as it may: mostly as unlikely as it
// is already, since less takes a privilege.
func lowerScore() {
	ownScore()
	for _, score := range []string{"-1000", "-500"} {
		if os.WriteFile(fmt.Sprintf(scoreFile, "self"), []byte(score), 0) == nil {
			return
		}
	}
}

// raiseScore gives a child the score that this process had. Without /proc the
// child keeps the lower one.
func raiseScore(pid int) {
	os.WriteFile(fmt.Sprintf(scoreFile, fmt.Sprint(pid)), ownScore(), 0)
}
