package termin

import (
	"fmt"
	"unicode"
)

// encodeKitty is the kitty keyboard protocol. Which of its flags are on decides
// which keys it changes.
func encodeKitty(k Key, m Modes, event int) []byte {
	all := m.Kitty&KittyAllKeys != 0
	key, shifted := k.onUSKeyboard()
	if m.Kitty&KittyAlternate == 0 || key.Mods&Shift == 0 {
		shifted = 0
	}
	switch types := k.typesText(); {
	case all:
	case types, k.keepsShell() && k.Mods == 0:
		if event != eventPress {
			return nil
		}
		return encodeXterm(k, Modes{Backarrow: m.Backarrow, NewLine: m.NewLine})
	case m.Kitty&KittyDisambiguate == 0 && event == eventPress && shifted == 0 && key.plainMods():
		return encodeXterm(k, Modes{AppCursor: m.AppCursor, Backarrow: m.Backarrow, NewLine: m.NewLine})
	}
	if _, ok := functionForms()[k.Code]; ok {
		return encodeFunction(k, m, event)
	}
	out := fmt.Appendf(nil, "\x1b[%d", key.Code)
	if shifted != 0 {
		out = fmt.Appendf(out, ":%d", shifted)
	}
	text := all && m.Kitty&KittyText != 0 && k.typesText() && event == eventPress
	switch {
	case event != eventPress:
		out = fmt.Appendf(out, ";%d:%d", key.Mods+1, event)
	case key.Mods != 0:
		out = fmt.Appendf(out, ";%d", key.Mods+1)
	case text:
		out = append(out, ';')
	}
	if text {
		out = fmt.Appendf(out, ";%d", []rune(string(encodeXterm(k, Modes{})))[0])
	}
	return append(out, 'u')
}

// onUSKeyboard is the key without what Shift makes of it, as the protocol numbers
// keys, and the character that Shift makes, 0 for none.
func (k Key) onUSKeyboard() (key Key, shifted rune) {
	if k.functional() {
		return k, 0
	}
	if base := withoutShift(k.Code); base != 0 {
		return Key{Code: base, Mods: k.Mods | Shift}, k.Code
	}
	return k, withShift(k.Code)
}

// typesText reports whether pressing the key types a character.
func (k Key) typesText() bool {
	if k.keypad() {
		return k.Mods == 0 && k.Code != KeypadEnter
	}
	return k.Mods&^Shift == 0 && !k.functional()
}

// keepsShell tells of the keys that stay as they always were in most modes, so
// that a shell can still be used after a program died.
func (k Key) keepsShell() bool {
	return k.Code == KeyEnter || k.Code == KeyTab || k.Code == KeyBackspace
}

// plainMods reports whether the key with its modifiers can be sent as it always
// was. The keys of functionForms are sent as such in any case.
func (k Key) plainMods() bool {
	if _, ok := functionForms()[k.Code]; ok {
		return false
	}
	switch k.Mods {
	case 0, Shift, Alt, Shift | Alt, Ctrl, Ctrl | Alt:
		return true
	}
	s := withShift(k.Code)
	return k.Mods == Ctrl|Shift && !unicode.IsLetter(s) && controlOf(s) >= 0 // as in ctrl-^
}
