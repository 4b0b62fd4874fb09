package exec

import (
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Rule tells what a program is at by what it shows, for programs that tell it in no
// other way. It is trusted less than all else that tells a State.
type Rule struct {
	// Program is the name of the session's program, without directories.
	Program string
	// Screen is looked for in the text that the screen shows, each row a line.
	Screen *regexp.Regexp
	// State is what the program is at then.
	State StateName
	// Message is the state's; $1 in it is what the first group of Screen matched, and so
	// on. Empty: it has none.
	Message string
}

// RuleTaker takes rules. A Manager is a RuleTaker.
type RuleTaker interface {
	// SetRules has rules tell what programs are at, in place of those before. Of the
	// rules for a program the first that matches counts.
	SetRules(rules []Rule)
}

const (
	// A screen is looked at when nothing was printed for ruleQuiet, so that it is not one
	// that is still being drawn, or when the program has gone on printing for ruleMost: one
	// that shows that it works may never pause.
	ruleQuiet = 200 * time.Millisecond
	ruleMost  = 2 * time.Second

	// maxRuleText bounds what of a screen is looked at, from its bottom up.
	maxRuleText = 32 << 10

	// ruleRest is how many times as long as a look took there is none behind it, so that
	// patterns which take long take little of all time.
	ruleRest = 20
)

// ruleSet are a manager's rules.
type ruleSet struct {
	mu  sync.Mutex // guards all; held while a session is given its rules
	all []Rule
}

// of returns the rules for a program. The caller holds mu.
func (r *ruleSet) of(program string) []Rule {
	return slices.DeleteFunc(slices.Clone(r.all), func(rule Rule) bool { return rule.Program != program })
}

// ruled has a session looked at by the rules for its program. Where there are none it
// costs nothing.
type ruled struct {
	rules     atomic.Pointer[ruleLook] // nil: there never were any
	armed     atomic.Bool              // a timer runs, or somebody looks
	printedAt atomic.Int64             // by the system's clock, in nanoseconds

	mu    sync.Mutex // guards the fields below; a leaf
	timer *time.Timer
	since time.Time // when there was first something to look at
	ended bool
}

// ruleLook is how a session is looked at. Its text is for whoever looks.
type ruleLook struct {
	rules []Rule
	text  string // that was looked at last
	saw   bool
	// look looks, and reports whether the screen had all that was printed.
	look func(*ruleLook) (whole bool)
}

// set has the session looked at by other rules.
func (r *ruled) set(rules []Rule, look func(*ruleLook) bool) {
	if len(rules) == 0 && r.rules.Load() == nil {
		return
	}
	r.rules.Store(&ruleLook{rules: rules, look: look})
	r.due()
}

// printed notes that there is output.
func (r *ruled) printed() {
	if l := r.rules.Load(); l != nil && len(l.rules) > 0 {
		r.due()
	}
}

// due has the screen looked at soon.
func (r *ruled) due() {
	r.printedAt.Store(time.Now().UnixNano())
	if !r.armed.Swap(true) {
		r.arm(ruleQuiet)
	}
}

// arm has fired called after a time, with something to look at since now.
func (r *ruled) arm(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since = time.Now()
	r.again(d)
}

// again starts the timer. The caller holds mu.
func (r *ruled) again(d time.Duration) {
	if !r.ended {
		r.timer = time.AfterFunc(d, r.fired)
	}
}

// paused reports whether the program has paused, or printed for so long that nobody
// waits for that; else it starts the timer again.
func (r *ruled) paused(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := ruleQuiet - now.Sub(time.Unix(0, r.printedAt.Load()))
	if left > 0 && now.Sub(r.since) < ruleMost {
		r.again(left)
		return false
	}
	return !r.ended
}

// fired looks, unless the program goes on printing.
func (r *ruled) fired() {
	begun := time.Now()
	if !r.paused(begun) {
		return
	}
	printedAt := r.printedAt.Load()
	l := r.rules.Load()
	whole := l.look(l)
	rest := time.Since(begun) * ruleRest
	same := func() bool { return whole && r.rules.Load() == l && r.printedAt.Load() == printedAt }
	if rest < ruleQuiet && same() {
		r.armed.Store(false)
		if same() || r.armed.Swap(true) { // else whoever printed saw that it was armed
			return
		}
	}
	r.arm(max(ruleQuiet, rest))
}

// end stops the timer.
func (r *ruled) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.timer != nil {
		r.timer.Stop()
	}
}
