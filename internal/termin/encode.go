package termin

import (
	"fmt"
	"sync"
)

// Modes says in which encoding a program asked for keys. The zero value is a
// terminal that was just turned on.
type Modes struct {
	AppCursor bool // DECCKM: cursor keys as SS3
	AppKeypad bool // DECNKM, DECKPAM: keypad keys as SS3
	Backarrow bool // DECBKM: Backspace is BS, and Ctrl-Backspace DEL
	NewLine   bool // LNM: Enter is CR LF

	OtherKeys int // xterm's modifyOtherKeys: 0, 1 or 2
	Kitty     int // flags of the kitty keyboard protocol, as CSI ? u tells them
}

// Flags of the kitty keyboard protocol.
const (
	KittyDisambiguate = 1 << iota // keys that cannot be told apart get sequences of their own
	KittyEvents                   // repeats and releases are reported
	KittyAlternate                // Shifted and Base are reported
	KittyAllKeys                  // every key is a sequence, also one that types text
	KittyText                     // with the text that it types
)

// Events of a key in the kitty keyboard protocol.
const (
	eventPress   = 1
	eventRelease = 3
)

// Encode returns what a terminal in these modes sends when k is pressed. It is
// never empty for a key that ParseKey gives.
func Encode(k Key, m Modes) []byte {
	k.Mods &^= CapsLock | NumLock
	if m.Kitty != 0 {
		return encodeKitty(k, m, eventPress)
	}
	return encodeXterm(k, m)
}

// EncodeRelease returns what a terminal in these modes sends when k is let go:
// nothing, unless the program asked to be told.
func EncodeRelease(k Key, m Modes) []byte {
	k.Mods &^= CapsLock | NumLock
	if m.Kitty&KittyEvents == 0 {
		return nil
	}
	return encodeKitty(k, m, eventRelease)
}

// encodeXterm is the encoding of xterm, with modifyOtherKeys or without.
func encodeXterm(k Key, m Modes) []byte {
	switch {
	case k.keypad():
		return encodeKeypad(k, m)
	case k.Code >= KeyInsert && k.Code <= keyISOLevel5Shift:
		return encodeFunction(k, m, eventPress)
	case k.Mods&^(Shift|Alt|Ctrl) != 0:
		return fmt.Appendf(nil, "\x1b[%d;%du", k.Code, k.Mods+1) // xterm sends nothing
	case k.modifiedOther(m.OtherKeys):
		key, shifted := k.onUSKeyboard()
		if shifted != 0 && key.Mods&Shift != 0 {
			key.Code = shifted
		}
		return fmt.Appendf(nil, "\x1b[27;%d;%d~", key.Mods+1, key.Code)
	}
	return encodePlain(k, m)
}

// modifiedOther reports whether modifyOtherKeys changes the key. Level 1 is for
// keys that could not be told from others; at level 2 every modifier counts, but
// Shift where it makes a character. Alt is an ESC before the key at level 1, as
// with xterm's metaSendsEscape.
func (k Key) modifiedOther(level int) bool {
	if level <= 0 || k.Mods == 0 {
		return false
	}
	switch k.Code {
	case KeyEnter:
		return true
	case KeyTab:
		return k.Mods != Shift
	case KeyBackspace:
		return level > 1 && k.Mods != Ctrl
	case KeyEscape:
		return level > 1 || k.Mods != Shift && k.Mods != Ctrl
	case ' ':
		return level > 1 || k.Mods == Ctrl|Shift
	}
	if level == 1 {
		return k.Mods&Ctrl != 0 && (controlOf(k.Code) < 0 || k.Mods&Shift != 0)
	}
	return k.Mods != Shift
}

// encodePlain is what terminals have always sent.
func encodePlain(k Key, m Modes) []byte {
	var out []byte
	if k.Mods&Alt != 0 {
		out = append(out, esc)
	}
	switch ctrl := k.Mods&Ctrl != 0; k.Code {
	case KeyTab:
		if k.Mods&Shift != 0 {
			return append(out, "\x1b[Z"...)
		}
	case KeyBackspace:
		if ctrl != m.Backarrow {
			return append(out, 0x08)
		}
	case KeyEnter:
		if m.NewLine {
			return append(out, "\r\n"...)
		}
	default:
		if c := controlOf(k.Code); ctrl && c >= 0 {
			return append(out, byte(c))
		}
		if s := withShift(k.Code); k.Mods&Shift != 0 && s != 0 {
			k.Code = s
		}
	}
	return append(out, string(k.Code)...)
}

// controlOf is the control character that Ctrl makes of a character, -1 for none.
// It is the table of kitty's protocol, which has what terminals agree upon.
func controlOf(r rune) int {
	switch {
	case r >= 'a' && r <= 'z', r >= '@' && r <= '_':
		return int(r & 0x1f)
	case r >= '3' && r <= '7':
		return int(r - '3' + esc)
	}
	switch r {
	case ' ', '2':
		return 0
	case '/':
		return 0x1f
	case '~':
		return 0x1e
	case '?', '8':
		return 0x7f
	}
	return -1
}

// functionForms says how keys that are no characters are sent: CSI, a number,
// and the last byte. A number of 1 is left out where there is nothing else, and
// SS3 then takes the place of CSI for some.
var functionForms = sync.OnceValue(func() map[rune]functionForm {
	forms := map[rune]functionForm{KeyMenu: {29, '~'}}
	for final, code := range csiKeys {
		if final >= 'A' && final < 'Z' {
			forms[code] = functionForm{1, byte(final)}
		}
	}
	for number, code := range tildeKeys {
		if _, ok := forms[code]; !ok && number < 7 || number > 14 && number < 100 {
			forms[code] = functionForm{number, '~'}
		}
	}
	return forms
})

type functionForm struct {
	number int
	final  byte
}

// encodeFunction is for the keys of functionForms, which are encoded alike in
// all modes. The others have their number in the kitty keyboard protocol alone.
func encodeFunction(k Key, m Modes, event int) []byte {
	form, ok := k.functionForm(m)
	if !ok {
		form = functionForm{int(k.Code), 'u'}
	}
	mods := ""
	switch {
	case event != eventPress:
		mods = fmt.Sprintf(";%d:%d", k.Mods+1, event)
	case k.Mods != 0:
		mods = fmt.Sprintf(";%d", k.Mods+1)
	}
	single := m.Kitty&(KittyDisambiguate|KittyEvents|KittyAllKeys) == 0 && (m.AppCursor || form.final >= 'P')
	switch {
	case form.number != 1 || mods != "":
		return fmt.Appendf(nil, "\x1b[%d%s%c", form.number, mods, form.final)
	case single:
		return []byte{esc, 'O', form.final}
	}
	return []byte{esc, '[', form.final}
}

// functionForm is how the key is sent. In the kitty keyboard protocol F3 is not
// what a cursor report looks like, and the keys from F13 on have numbers of their
// own.
func (k Key) functionForm(m Modes) (form functionForm, ok bool) {
	form, ok = functionForms()[k.Code]
	switch {
	case m.Kitty == 0:
	case k.Code == KeyF1+2 && (k.Mods != 0 || m.Kitty&KittyDisambiguate != 0):
		form = functionForm{13, '~'}
	case k.Code > KeyF1+11 && k.Code <= KeyF35, k.Code == KeyMenu:
		ok = false
	}
	return form, ok
}

// keypad reports whether k is a key of the keypad that types something.
func (k Key) keypad() bool { return k.Code >= KeypadDigit0 && k.Code <= KeypadSeparator }

// keypadChars are what the keys of the keypad type, from KeypadDigit0 on, and
// keypadFinals how they are sent to a program that asked for it.
const (
	keypadChars  = "0123456789./*-+\r=,"
	keypadFinals = "pqrstuvwxynojmkMXl"
)

func encodeKeypad(k Key, m Modes) []byte {
	i := k.Code - KeypadDigit0
	if m.AppKeypad && k.Mods == 0 {
		return []byte{esc, 'O', keypadFinals[i]}
	}
	return encodePlain(Key{Code: rune(keypadChars[i]), Mods: k.Mods}, m)
}
