package selector

import (
	"slices"
	"strconv"
)

// Selector says which labels are meant. The zero value matches all. A Selector
// does not change, and may be used concurrently.
type Selector struct{ all []requirement }

type requirement struct {
	key    string
	op     op
	values []string
	number int64 // what less and greater compare with
}

type op int

const (
	exists op = iota
	absent
	in
	notIn
	less
	greater
)

// Empty reports whether the selector asks for nothing, and so matches
// everything. A command that destroys should refuse such a selector.
func (s Selector) Empty() bool { return len(s.all) == 0 }

// Matches reports whether labels meet every requirement.
func (s Selector) Matches(labels map[string]string) bool {
	for _, r := range s.all {
		if !r.matches(labels) {
			return false
		}
	}
	return true
}

func (r requirement) matches(labels map[string]string) bool {
	value, has := labels[r.key]
	switch r.op {
	case exists:
		return has
	case absent:
		return !has
	case in:
		return has && slices.Contains(r.values, value)
	case notIn:
		return !has || !slices.Contains(r.values, value)
	}
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case !has || err != nil:
		return false
	case r.op == less:
		return n < r.number
	default:
		return n > r.number
	}
}
