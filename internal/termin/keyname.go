package termin

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// keyNames are the names of keys: of each the one that String gives, then the
// others that tmux, emacs and people use.
var keyNames = []struct {
	code  rune
	names []string
}{
	{KeyEnter, []string{"enter", "return", "ret", "cr"}},
	{KeyTab, []string{"tab"}},
	{KeyEscape, []string{"esc", "escape"}},
	{' ', []string{"space", "spc"}},
	{KeyBackspace, []string{"backspace", "bspace", "bs"}},
	{KeyDelete, []string{"delete", "del", "dc"}},
	{KeyInsert, []string{"insert", "ins", "ic"}},
	{KeyUp, []string{"up"}},
	{KeyDown, []string{"down"}},
	{KeyLeft, []string{"left"}},
	{KeyRight, []string{"right"}},
	{KeyHome, []string{"home"}},
	{KeyEnd, []string{"end"}},
	{KeyPageUp, []string{"pageup", "pgup", "ppage", "prior"}},
	{KeyPageDown, []string{"pagedown", "pgdn", "npage", "next"}},
	{KeyMenu, []string{"menu"}},
	{KeyPause, []string{"pause"}},
	{KeyPrintScreen, []string{"printscreen", "print"}},
	{KeypadEnter, []string{"kpenter"}},
	{KeypadAdd, []string{"kp+", "kpadd"}},
	{KeypadSubtract, []string{"kp-", "kpsubtract"}},
	{KeypadMultiply, []string{"kp*", "kpmultiply"}},
	{KeypadDivide, []string{"kp/", "kpdivide"}},
	{KeypadDecimal, []string{"kp.", "kpdecimal"}},
	{KeypadEqual, []string{"kp=", "kpequal"}},
	{KeypadSeparator, []string{"kp,", "kpseparator"}},
	{KeypadBegin, []string{"kpbegin", "begin"}},
}

// keyIndex is keyNames and the keys that are numbered, for looking up.
type keyIndex struct {
	codes map[string]rune
	names map[rune]string // those that String gives
}

// index is made when the first name of a key is looked up: most programs that
// link this package, such as xsh ls, ask for none.
var index = sync.OnceValue(func() keyIndex {
	x := keyIndex{map[string]rune{}, map[rune]string{}}
	add := func(code rune, names ...string) {
		x.names[code] = names[0]
		for _, name := range names {
			x.codes[name] = code
		}
	}
	for _, k := range keyNames {
		add(k.code, k.names...)
	}
	for i := range KeyF35 - KeyF1 + 1 {
		add(KeyF1+i, fmt.Sprintf("f%d", i+1))
	}
	for i := range rune(10) {
		add(KeypadDigit0+i, fmt.Sprintf("kp%d", i))
	}
	return x
})

// modNames are what modifiers are written as before a key. The first of each is
// how String writes it.
var modNames = []struct {
	mod      Mods
	prefixes []string
}{
	{Ctrl, []string{"ctrl-", "ctrl+", "control-", "control+", "c-", "^"}},
	{Alt, []string{"alt-", "alt+", "meta-", "meta+", "m-", "a-"}},
	{Shift, []string{"shift-", "shift+", "s-"}},
	{Super, []string{"super-", "super+"}},
}

// ParseKey reads the name of a key: a character, or a name such as Enter, Up, F5
// or BSpace, with modifiers before it, as in C-c, M-x, Ctrl-Left, S-Tab or ^D.
// Names may be those of tmux or of emacs; case does not matter but for a single
// character, and there only without Ctrl.
func ParseKey(name string) (Key, error) {
	mods, base := cutMods(name)
	if len(base) > 2 && base[0] == '<' && base[len(base)-1] == '>' { // emacs writes C-<left>
		base = base[1 : len(base)-1]
	}
	switch lower := strings.ToLower(base); lower {
	case "btab", "backtab":
		return Key{Code: KeyTab, Mods: mods | Shift}, nil
	case "lf", "linefeed":
		return Key{Code: 'j', Mods: mods | Ctrl}, nil
	case "nul":
		return Key{Code: ' ', Mods: mods | Ctrl}, nil
	default:
		if len(lower) > 1 { // no name is a character
			if code, ok := index().codes[lower]; ok {
				return Key{Code: code, Mods: mods}, nil
			}
		}
	}
	r, size := utf8.DecodeRuneInString(base)
	if size == 0 || size < len(base) || r == utf8.RuneError || !unicode.IsPrint(r) {
		return Key{}, unknownKey(name, base)
	}
	switch {
	case mods&Ctrl != 0:
		r = unicode.ToLower(r)
	case mods&Shift != 0:
		if r, mods = withShift(r), mods&^Shift; r == 0 {
			return Key{}, fmt.Errorf("key %q: what Shift makes of it depends on the keyboard; give the character itself", name)
		}
	}
	return Key{Code: r, Mods: mods}, nil
}

// cutMods cuts the modifiers off a key's name. A prefix with nothing behind it
// is none: "^" and "C--" end with a character.
func cutMods(name string) (mods Mods, base string) {
	for {
		mod, rest := cutMod(name)
		if mod == 0 || rest == "" {
			return mods, name
		}
		mods |= mod
		name = rest
	}
}

func cutMod(name string) (mod Mods, rest string) {
	for _, m := range modNames {
		for _, prefix := range m.prefixes {
			if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
				return m.mod, name[len(prefix):]
			}
		}
	}
	return 0, name
}

func unknownKey(name, base string) error {
	if near := nearestName(strings.ToLower(base)); near != "" {
		return fmt.Errorf("unknown key %q; did you mean %q?", name, strings.TrimSuffix(name, base)+near)
	}
	return fmt.Errorf("unknown key %q; a key is a character, or a name like Enter, Up, F5, C-c or M-x", name)
}

// nearestName is the key's name that is the fewest edits away, if they are few.
func nearestName(word string) (near string) {
	least := min(2, len(word)/2)
	for _, name := range sortedNames() {
		if d := distance(word, name); d <= least {
			near, least = name, d-1
		}
	}
	return near
}

func sortedNames() []string {
	var names []string
	for name := range index().codes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// distance counts the characters to put in, take out or change between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// String gives a name that ParseKey reads.
func (k Key) String() string {
	var name strings.Builder
	for _, m := range modNames {
		if k.Mods&m.mod != 0 {
			name.WriteString(m.prefixes[0])
		}
	}
	if base, ok := index().names[k.Code]; ok {
		name.WriteString(base)
	} else {
		name.WriteRune(k.Code)
	}
	return name.String()
}

const usPlain, usShifted = "`1234567890-=[]\\;',./", `~!@#$%^&*()_+{}|:"<>?`

// withShift is the character that Shift makes of another, on a US keyboard where
// it is no letter; 0 if that has none.
func withShift(r rune) rune {
	if upper := unicode.ToUpper(r); upper != r {
		return upper
	}
	if i := strings.IndexRune(usPlain, r); i >= 0 {
		return rune(usShifted[i])
	}
	return 0
}

// withoutShift is the character of the key that makes r with Shift, 0 if r needs
// none.
func withoutShift(r rune) rune {
	if lower := unicode.ToLower(r); lower != r {
		return lower
	}
	if i := strings.IndexRune(usShifted, r); i >= 0 {
		return rune(usPlain[i])
	}
	return 0
}
