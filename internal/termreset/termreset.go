// Package termreset is the one table of what a program can set on a terminal and
// leave set, with the bytes that undo each.
//
// Everybody who puts a terminal back takes the bytes from here: the screen model for a
// client that leaves in order (only what is set is undone) and for what a replay begins
// with, the server for a terminal that missed how a program went on, and the client
// for the terminal of a server that died.
//
// A client's terminal has an order of its own. Before anything of a session is shown
// on it, it is sent [Begin] once; at the very end, when the session's modes are undone,
// it is sent [End] once, or [Lost] where nobody can say what is set.
package termreset

import (
	"strconv"
	"strings"
)

// Begin makes a terminal keep what its user may have set otherwise than others and
// what a session's program changes all the same: modes 1007 and 2027 and the titles.
const Begin = "\x1b[?1007s\x1b[?2027s" + pushTitles

// End brings back what Begin made the terminal keep. A terminal that cannot restore
// mode 1007 has it on, as most do.
const End = "\x1b[?1007h\x1b[?1007r\x1b[?2027r" + PopTitles

const (
	pushTitles = "\x1b[22;0t"
	// PopTitles takes back what one push kept: XTWINOPS 23.
	PopTitles = "\x1b[23;0t"
)

// TitlesOfBegin makes a terminal after Begin keep the titles that Begin kept and none
// beside them, where nobody can say how many a program has pushed since.
func TitlesOfBegin() string { return strings.Repeat(PopTitles, MaxTitles) + pushTitles }

// MaxTitles is how many titles a terminal keeps, as xterm does.
const MaxTitles = 10

// Lost is the way out of a terminal of which nobody can say what is set on it: it
// undoes everything and brings back what Begin kept, below whatever titles a program
// may have pushed since. The cursor stays in its place, or comes back to where it was
// before the alternate screen.
func Lost() string { return Everything() + End + strings.Repeat(PopTitles, MaxTitles-1) }

// Everything undoes all that a program may have set, whatever that is. Each part does
// nothing on a terminal where it was not set.
func Everything() string {
	return Cancel + Undo(Sync) + bothScreens() + allMargins + softReset + undoSince(whenLost)
}

// bothScreens pops the kitty keyboard flags of both screens and ends on the primary
// one. Going to the alternate screen saves the cursor of a terminal that is on the
// primary one, so that leaving it brings that back. Ending origin mode homes the cursor,
// which is of no matter there, and is for terminals without DECSTR.
func bothScreens() string {
	return PopKeyboard(99) + "\x1b[?1049h" + PopKeyboard(99) + "\x1b[?6l" + Undo(AlternateScreen) + PopKeyboard(99)
}

const (
	// Cancel ends a sequence that the terminal may be in the middle of.
	Cancel = "\x18"

	// allMargins undoes the margins between DECSC and DECRC, since that homes the
	// cursor.
	allMargins = "\x1b7\x1b[r\x1b[?69l\x1b8"

	// softReset is DECSTR: the one way to end origin mode on the primary screen that
	// leaves the cursor where it is.
	softReset = "\x1b[!p"
)

// PopKeyboard pops n entries of kitty's keyboard stack of the screen that is shown.
func PopKeyboard(n int) string {
	if n == 1 {
		return "\x1b[<u"
	}
	return "\x1b[<" + strconv.Itoa(n) + "u"
}

// ForReplay undoes what a replay begins with undoing, the screens and the margins
// aside.
func ForReplay() string { return undoSince(always) }

// undoSince undoes what is to be undone by somebody who knows no more than since
// says, in the order of the tables.
func undoSince(since when) string {
	var b strings.Builder
	for _, s := range table {
		if s.when >= since {
			b.WriteString(s.undo)
		}
	}
	var set, reset []int
	for _, m := range Modes {
		switch {
		case m.when < since:
		case m.On:
			set = append(set, m.Number)
		default:
			reset = append(reset, m.Number)
		}
	}
	return b.String() + modeList(set, "h") + modeList(reset, "l")
}

func modeList(modes []int, final string) string {
	if len(modes) == 0 {
		return ""
	}
	list := make([]string, len(modes))
	for i, n := range modes {
		list[i] = strconv.Itoa(n)
	}
	return "\x1b[?" + strings.Join(list, ";") + final
}
