package hooks

import (
	"time"

	"github.com/xsh-project/xsh/pkg/logging"
)

// limits are how often each hook may still start, by its place in the settings.
type limits struct{ budgets map[int]*budget }

func (l *limits) of(i int) *budget {
	if l.budgets[i] == nil {
		l.budgets[i] = &budget{left: burst}
	}
	return l.budgets[i]
}

// budget is how often a hook may start, and how often it was left out.
type budget struct {
	left    int
	at      time.Time // up to when left was refilled
	leftOut int
}

// take reports whether the hook may start for an event of this time.
func (b *budget) take(now time.Time) bool {
	if more := int(now.Sub(b.at) / refill); more > 0 || b.at.IsZero() {
		b.left = min(burst, b.left+more)
		b.at = now
	}
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

// leaveOut counts a start that is not made. The log hears of the first one, and of
// how many there were when the hook goes on.
func (b *budget) leaveOut(log logging.Logger, hook int, why string) {
	if b.leftOut == 0 {
		log.Warn("a hook is left out", "hook", hook, "why", why)
	}
	b.leftOut++
}

func (b *budget) goOn(log logging.Logger, hook int) {
	if b.leftOut > 0 {
		log.Warn("a hook runs again", "hook", hook, "left_out", b.leftOut)
		b.leftOut = 0
	}
}
