package termin

import (
	"bytes"
	"unicode/utf8"
)

// Key is a key, with the modifiers that are held down with it.
type Key struct {
	// Code is the character of the key without modifiers, or one of the Key
	// constants. What terminals send does not always tell it: 'A' may be a key or
	// Shift and one.
	Code rune
	Mods Mods

	// What terminals report of a key beside that, 0 where they do not.
	Shifted rune // the character with Shift
	Base    rune // the character at this place of a US keyboard
	Text    rune // the first character that the key typed
}

// Mods is a set of modifiers, with the bits of the kitty keyboard protocol, of
// which the first three are xterm's.
type Mods uint16

const (
	Shift Mods = 1 << iota
	Alt
	Ctrl
	Super
	Hyper
	Meta
	CapsLock
	NumLock
)

// Keys that are no characters. The numbers are those of the kitty keyboard
// protocol, and up to F12 what it leaves free.
const (
	KeyTab       rune = 9
	KeyEnter     rune = 13
	KeyEscape    rune = 27
	KeyBackspace rune = 127

	KeyInsert      rune = 57348
	KeyDelete      rune = 57349
	KeyLeft        rune = 57350
	KeyRight       rune = 57351
	KeyUp          rune = 57352
	KeyDown        rune = 57353
	KeyPageUp      rune = 57354
	KeyPageDown    rune = 57355
	KeyHome        rune = 57356
	KeyEnd         rune = 57357
	KeyCapsLock    rune = 57358
	KeyScrollLock  rune = 57359
	KeyNumLock     rune = 57360
	KeyPrintScreen rune = 57361
	KeyPause       rune = 57362
	KeyMenu        rune = 57363
	KeyF1          rune = 57364
	KeyF35         rune = 57398

	KeypadDigit0    rune = 57399 // and on to 9
	KeypadDecimal   rune = 57409
	KeypadDivide    rune = 57410
	KeypadMultiply  rune = 57411
	KeypadSubtract  rune = 57412
	KeypadAdd       rune = 57413
	KeypadEnter     rune = 57414
	KeypadEqual     rune = 57415
	KeypadSeparator rune = 57416
	KeypadBegin     rune = 57427

	keyLeftShift      rune = 57441
	keyISOLevel5Shift rune = 57454
)

// modifier reports whether the key only modifies others.
func (k Key) modifier() bool {
	return k.Code >= KeyCapsLock && k.Code <= KeyNumLock || k.Code >= keyLeftShift && k.Code <= keyISOLevel5Shift
}

// ss3Keys are the keys that are sent as SS3 and a byte: those of the cursor and
// the keypad, where a program asked for it, and F1 to F4.
var ss3Keys = [256]rune{
	'A': KeyUp, 'B': KeyDown, 'C': KeyRight, 'D': KeyLeft, 'E': KeypadBegin, 'F': KeyEnd, 'H': KeyHome,
	'a': KeyUp, 'b': KeyDown, 'c': KeyRight, 'd': KeyLeft,
	'P': KeyF1, 'Q': KeyF1 + 1, 'R': KeyF1 + 2, 'S': KeyF1 + 3,
	'I': KeyTab, 'M': KeypadEnter, 'X': KeypadEqual,
	'j': KeypadMultiply, 'k': KeypadAdd, 'l': KeypadSeparator, 'm': KeypadSubtract, 'n': KeypadDecimal, 'o': KeypadDivide,
	'p': KeypadDigit0, 'q': KeypadDigit0 + 1, 'r': KeypadDigit0 + 2, 's': KeypadDigit0 + 3, 't': KeypadDigit0 + 4,
	'u': KeypadDigit0 + 5, 'v': KeypadDigit0 + 6, 'w': KeypadDigit0 + 7, 'x': KeypadDigit0 + 8, 'y': KeypadDigit0 + 9,
}

// csiKeys are the keys that are sent as CSI, perhaps parameters, and a letter.
var csiKeys = [256]rune{
	'A': KeyUp, 'B': KeyDown, 'C': KeyRight, 'D': KeyLeft, 'E': KeypadBegin, 'F': KeyEnd, 'H': KeyHome,
	'a': KeyUp, 'b': KeyDown, 'c': KeyRight, 'd': KeyLeft, // rxvt's, with Shift
	'P': KeyF1, 'Q': KeyF1 + 1, 'R': KeyF1 + 2, 'S': KeyF1 + 3,
	'Z': KeyTab,
}

// tildeKeys are the keys that are sent as CSI, a number and ~.
var tildeKeys = map[int]rune{
	1: KeyHome, 2: KeyInsert, 3: KeyDelete, 4: KeyEnd, 5: KeyPageUp, 6: KeyPageDown, 7: KeyHome, 8: KeyEnd,
	11: KeyF1, 12: KeyF1 + 1, 13: KeyF1 + 2, 14: KeyF1 + 3, 15: KeyF1 + 4,
	17: KeyF1 + 5, 18: KeyF1 + 6, 19: KeyF1 + 7, 20: KeyF1 + 8, 21: KeyF1 + 9, 23: KeyF1 + 10, 24: KeyF1 + 11,
	25: KeyF1 + 12, 26: KeyF1 + 13, 28: KeyF1 + 14, 29: KeyF1 + 15,
	31: KeyF1 + 16, 32: KeyF1 + 17, 33: KeyF1 + 18, 34: KeyF1 + 19,
	57427: KeypadBegin,
}

// csiToken says what a CSI sequence is, given what is between its CSI and its
// final byte.
func csiToken(body []byte, final byte) Token {
	answer, ambiguous := reportKind(body, final)
	switch {
	case answer != 0 && !ambiguous:
		return Token{Kind: Answer, Answer: answer}
	case answer == QueryColorScheme:
		return Token{Kind: Report, Answer: answer, Ambiguous: true}
	case final == '~' && string(body) == "200":
		return Token{Kind: PasteStart}
	case final == '~' && string(body) == "201":
		return Token{Kind: PasteEnd}
	case final == 'I' && len(body) == 0:
		return Token{Kind: FocusIn}
	case final == 'O' && len(body) == 0:
		return Token{Kind: FocusOut}
	case bytes.HasPrefix(body, []byte("<")) && (final == 'M' || final == 'm'):
		button, _ := leadingNumber(body[1:])
		return Token{Kind: mouseKind(button, final == 'm')}
	case final == 'M' && numbersOnly(body): // rxvt's mouse
		button, _ := leadingNumber(body)
		return Token{Kind: mouseKind(button-0x20, false)}
	case final == 't' && numbersOnly(body):
		return Token{Kind: Report}
	}
	token := keyToken(body, final)
	token.Answer, token.Ambiguous = answer, ambiguous
	return token
}

// keyToken reads a key in these forms:
//
//	CSI code[:shifted[:base]] [; modifiers[:event] [; text]] u
//	CSI 27 ; modifiers ; code ~
//	CSI number [; modifiers[:event]] ~
//	CSI [1 ; modifiers[:event]] letter
//
// It is Other if the sequence is none of them.
func keyToken(body []byte, final byte) Token {
	f, ok := parseFields(body)
	if !ok {
		return Token{Kind: Other}
	}
	key := Key{Mods: Mods(max(f[1][0], 1) - 1)}
	switch {
	case final == 'u':
		key.Code, key.Shifted, key.Base, key.Text = rune(f[0][0]), rune(f[0][1]), rune(f[0][2]), rune(f[2][0])
	case final == '~' && f[0][0] == 27 && f[2][0] != 0:
		key.Code = rune(f[2][0])
	case final == '~':
		key.Code = tildeKeys[f[0][0]]
	case final == '^':
		key = tildeKey(body, Ctrl)
	case final == '@':
		key = tildeKey(body, Ctrl|Shift)
	case f[0][0] <= 1:
		key.Code = csiKeys[final]
		if final == 'Z' || final >= 'a' {
			key.Mods |= Shift
		}
	}
	switch {
	case key.Code == 0 && key.Text == 0:
		return Token{Kind: Other}
	case f[1][1] == 3:
		return Token{Kind: Release, Key: key}
	case f[1][1] == 2:
		return Token{Kind: Repeat, Key: key}
	}
	return Token{Kind: Press, Key: key}
}

// tildeKey is rxvt's way: another byte than ~ tells the modifiers.
func tildeKey(number []byte, mods Mods) Key {
	n, _ := leadingNumber(number)
	return Key{Code: tildeKeys[n], Mods: mods}
}

// isRxvtShift tells of an unfinished CSI sequence whether it is a key of rxvt
// with Shift: that ends with a byte which ends no other.
func isRxvtShift(body []byte) bool {
	head, ok := bytes.CutSuffix(body, []byte("$"))
	n, rest := leadingNumber(head)
	return ok && len(rest) == 0 && tildeKeys[n] != 0
}

// parseFields reads up to three parameters of up to three sub-parameters, an
// absent one being 0. More of either are left out.
func parseFields(params []byte) (f [3][3]int, ok bool) {
	i, j := 0, 0
	for _, b := range params {
		switch {
		case b >= '0' && b <= '9':
			if i < 3 && j < 3 {
				f[i][j] = min(f[i][j]*10+int(b-'0'), 0x110000)
			}
		case b == ':':
			j++
		case b == ';':
			i, j = i+1, 0
		default:
			return f, false
		}
	}
	return f, true
}

// mouseKind tells what a mouse did from the number of its button.
func mouseKind(button int, release bool) Kind {
	const motion, wheel, released = 32, 64, 3
	switch {
	case release:
		return MouseRelease
	case button&motion != 0:
		return MouseMotion
	case button&wheel != 0:
		return MouseWheel
	case button&3 == released && button < wheel:
		return MouseRelease
	}
	return MousePress
}

// controlKey is the key that a control character is taken for.
func controlKey(b byte) Key {
	switch b {
	case '\t', '\r', esc, 0x7f:
		return Key{Code: rune(b)}
	case 0:
		return Key{Code: ' ', Mods: Ctrl}
	}
	if b <= 26 {
		return Key{Code: rune(b) + 'a' - 1, Mods: Ctrl}
	}
	return Key{Code: rune(b) + '@', Mods: Ctrl}
}

// altKey is the key that was typed behind an ESC.
func altKey(char []byte) Key {
	if len(char) == 1 && isControl(char[0]) {
		k := controlKey(char[0])
		k.Mods |= Alt
		return k
	}
	r, _ := utf8.DecodeRune(char)
	return Key{Code: r, Mods: Alt}
}
