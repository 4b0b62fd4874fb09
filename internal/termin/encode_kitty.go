package termin

import "fmt"

// encodeKitty is the kitty keyboard protocol. Which of its flags are on decides
// which keys it changes.
func encodeKitty(k Key, m Modes, event int) []byte {
	all := m.Kitty&KittyAllKeys != 0
	key, shifted := k.kittyCode()
	types := key.Mods&^Shift == 0 && !k.functional() || k.keypad() && key.Mods == 0
	switch plain := k.Code == KeyEnter || k.Code == KeyTab || k.Code == KeyBackspace; {
	case !all && (types || plain && k.Mods == 0):
		// Text is sent as text. These three keys stay as they are, so that a
		// shell can still be used after a program that died.
		if event != eventPress {
			return nil
		}
		return encodeXterm(k, Modes{AppKeypad: m.AppKeypad, Backarrow: m.Backarrow, NewLine: m.NewLine})
	case !all && m.Kitty&KittyDisambiguate == 0 && event == eventPress && (!k.functional() || k.Code < KeyInsert || k.keypad()):
		return encodeXterm(k, Modes{AppKeypad: m.AppKeypad, Backarrow: m.Backarrow, NewLine: m.NewLine})
	}
	if _, ok := functionForms[k.Code]; ok {
		return encodeFunction(k, m, event)
	}
	out := fmt.Appendf(nil, "\x1b[%d", key.Code)
	if m.Kitty&KittyAlternate != 0 && shifted != 0 && key.Mods&Shift != 0 {
		out = fmt.Appendf(out, ":%d", shifted)
	}
	text := m.Kitty&KittyText != 0 && all && types && event == eventPress
	switch {
	case event != eventPress:
		out = fmt.Appendf(out, ";%d:%d", key.Mods+1, event)
	case key.Mods != 0:
		out = fmt.Appendf(out, ";%d", key.Mods+1)
	case text:
		out = append(out, ';')
	}
	if text {
		out = fmt.Appendf(out, ";%d", k.text())
	}
	return append(out, 'u')
}

// kittyCode is the key without Shift, as the protocol numbers keys, and the
// character that Shift makes of it.
func (k Key) kittyCode() (key Key, shifted rune) {
	if k.functional() {
		return k, 0
	}
	if base := withoutShift(k.Code); base != 0 && k.Code != base {
		return Key{Code: base, Mods: k.Mods | Shift}, k.Code
	}
	return k, withShift(k.Code)
}

// text is the character that k types.
func (k Key) text() rune {
	switch s := withShift(k.Code); {
	case k.keypad():
		return rune(keypadChars[k.Code-KeypadDigit0])
	case k.Mods&Shift != 0 && s != 0 && !k.functional():
		return s
	}
	return k.Code
}
