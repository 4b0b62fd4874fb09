package vt

import "slices"

// otherModes are the private modes that XTSAVE keeps beside those that are a bit.
var otherModes = []int{6, 9, 47, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016, 1047, 1049}

// savedModes is what XTSAVE kept: which modes it did, and which of those as set; of
// the modes that are a bit, and of otherModes.
type savedModes struct {
	known, bits       modeSet
	knownOther, other uint16
}

// saveModes is XTSAVE.
func (t *Terminal) saveModes() {
	for i := range int(t.parser.seq.nparams) {
		n := t.parser.seq.at(i, 0)
		if k := slices.Index(otherModes, n); k >= 0 {
			t.kept.knownOther |= 1 << k
			t.kept.other &^= 1 << k
			if t.privateModeValue(n) == modeIsSet {
				t.kept.other |= 1 << k
			}
			continue
		}
		m := privateMode(n)
		t.kept.known |= m
		t.kept.bits = t.kept.bits&^m | t.modes&m
	}
}

// restoreModes is XTRESTORE. A mode that was never saved stays as it is. A mouse mode
// that was off is left alone, since switching it off would switch off the one that is
// on. Origin mode homes the cursor even if it does not change.
func (t *Terminal) restoreModes() {
	for i := range int(t.parser.seq.nparams) {
		n := t.parser.seq.at(i, 0)
		if k := slices.Index(otherModes, n); k >= 0 {
			on := t.kept.other>>k&1 != 0
			if t.kept.knownOther>>k&1 == 0 {
				continue
			}
			if on || n == 6 || t.privateModeValue(n) == modeIsSet {
				t.setPrivateMode(n, on)
			}
			continue
		}
		if m := privateMode(n); m&t.kept.known != 0 {
			t.setPrivateMode(n, t.kept.bits&m != 0)
		}
	}
}
