package exec

import (
	"regexp"
	"slices"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/types"
)

// Searcher looks for text in what sessions show and have shown. Manager and
// PluginClient are Searchers.
type Searcher interface {
	// Search returns the lines of the session's history and screen that match, the
	// oldest first; also of an ended session. Lines that were wrapped are one. It
	// returns ErrSessionNotFound, and ErrTerminalError for a bad pattern or a session
	// without a terminal.
	Search(ctx *types.PluginContext, sessionID string, o SearchOptions) (*Found, error)
}

// SearchOptions says what is looked for.
type SearchOptions struct {
	// Pattern is a regular expression.
	Pattern string
	// Before and Behind are how many lines around each that matches are told too.
	Before, Behind int
	// Most bounds the matching lines, the newest of which are told; 0 means 1000.
	Most int
}

// Found is what a Search found.
type Found struct {
	Lines []FoundLine
	// More: older lines match as well.
	More bool
}

// FoundLine is a line that matches, or is near one that does.
type FoundLine struct {
	Number int // counted from the oldest line that is kept, from 1
	Text   string
	Match  bool
}

const (
	defaultMostFound = 1000
	maxFoundContext  = 100
)

// Search implements Searcher.
func (m *Manager) Search(pluginctx *types.PluginContext, sessionID string, o SearchOptions) (*Found, error) {
	s, err := m.session(sessionID)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(o.Pattern)
	if err != nil {
		return nil, NewTerminalError(s.id, err)
	}
	snap, _, err := s.shown(pluginctx.Ctx())
	if err != nil {
		return nil, err
	}
	if o.Most <= 0 {
		o.Most = defaultMostFound
	}
	var found *Found
	err = guard("a search", func() error {
		found = search(snap, re, o)
		return nil
	})
	return found, err
}

func search(snap *vt.Snapshot, re *regexp.Regexp, o SearchOptions) *Found {
	before, behind := clamp(o.Before), clamp(o.Behind)
	found := &Found{}
	var last []FoundLine // those before, until one matches
	number, matches, until := 0, 0, 0
	snap.EachLine(func(text []byte) bool {
		number++
		match := re.Match(text)
		switch {
		case match:
			found.Lines = append(append(found.Lines, last...), FoundLine{number, string(text), true})
			last, until = nil, number+behind
			matches++
		case number <= until:
			found.Lines = append(found.Lines, FoundLine{number, string(text), false})
		case before > 0:
			if len(last) == before {
				last = slices.Delete(last, 0, 1)
			}
			last = append(last, FoundLine{number, string(text), false})
		}
		if matches > 2*o.Most { // only the newest count
			found.keep(o.Most, before)
			matches = o.Most
		}
		return true
	})
	if matches > o.Most {
		found.keep(o.Most, before)
	}
	return found
}

// keep keeps the newest matches, with what is told before the first of them.
func (f *Found) keep(most, before int) {
	f.More = true
	for i, line := range slices.Backward(f.Lines) {
		if !line.Match {
			continue
		}
		if most--; most > 0 {
			continue
		}
		for i > 0 && !f.Lines[i-1].Match && f.Lines[i-1].Number >= line.Number-before && f.Lines[i-1].Number == f.Lines[i].Number-1 {
			i--
		}
		f.Lines = slices.Clone(f.Lines[i:])
		return
	}
}

func clamp(context int) int { return max(0, min(context, maxFoundContext)) }
