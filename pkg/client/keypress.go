package client

import "bytes"

// keypress is a key as the kitty keyboard protocol or xterm's modifyOtherKeys
// report it:
//
//	CSI code[:shifted[:base]] [; modifiers[:event] [; text]] u
//	CSI 27 ; modifiers ; code ~
//
// https://sw.kovidgoyal.net/kitty/keyboard-protocol/ and ctlseqs.txt of xterm.
type keypress struct {
	code, shifted, base int // shifted and base, of the US layout, are 0 when not reported
	mods                int // without the lock keys
	text                int
	release             bool
}

const (
	modShift = 1
	modCtrl  = 4
	modLocks = 64 | 128 // Caps Lock and Num Lock
)

// parseKeypress reads the parameters and the final byte of a CSI sequence. It is
// false for one that reports no key in these encodings.
func parseKeypress(params []byte, final byte) (keypress, bool) {
	f, ok := parseFields(params)
	switch {
	case !ok:
		return keypress{}, false
	case final == 'u':
		return keypress{
			code: f[0][0], shifted: f[0][1], base: f[0][2],
			mods: modifiers(f[1][0]), release: f[1][1] == 3, text: f[2][0],
		}, true
	case final == '~' && f[0][0] == 27 && f[2][0] != 0:
		return keypress{code: f[2][0], mods: modifiers(f[1][0])}, true
	}
	return keypress{}, false
}

func modifiers(param int) int {
	return (max(param, 1) - 1) &^ modLocks
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

// is tells whether p is a press of k, or its repetition, which the raw encoding
// cannot tell from a press either.
func (p keypress) is(k key) bool {
	char := int(k.char)
	if !k.ctrl && p.text == char && !p.release {
		return true
	}
	want := 0
	if k.ctrl {
		want = modCtrl
	}
	if p.release || p.mods&^modShift != want {
		return false
	}
	if p.mods&modShift == 0 {
		return p.code == char || p.base == char || k.ctrl && p.code == upper(char)
	}
	if char >= 'a' && char <= 'z' || char == esc || char == ' ' {
		return false
	}
	return p.code == char || p.shifted == char || p.shifted == 0 && shiftUS(p.code) == char
}

// neutral tells whether p may stand between two keys of a sequence: letting a key
// go, or touching a key that only modifies others.
func (p keypress) neutral() bool {
	const capsLock, numLock, leftShift, isoLevel5Shift = 57358, 57360, 57441, 57454
	return p.release || p.code >= capsLock && p.code <= numLock || p.code >= leftShift && p.code <= isoLevel5Shift
}

func upper(char int) int {
	if char >= 'a' && char <= 'z' {
		return char - 'a' + 'A'
	}
	return char
}

// shiftUS is what Shift makes of a key of the US layout, for terminals that do
// not report it. 0 stands for keys that are not there.
func shiftUS(code int) int {
	const plain, shifted = "`1234567890-=[]\\;',./", `~!@#$%^&*()_+{}|:"<>?`
	if code >= 'a' && code <= 'z' {
		return upper(code)
	}
	if code < 0x80 {
		if i := bytes.IndexByte([]byte(plain), byte(code)); i >= 0 {
			return int(shifted[i])
		}
	}
	return 0
}
