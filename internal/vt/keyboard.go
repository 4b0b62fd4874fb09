package vt

// maxKitty bounds the kitty keyboard stack, as the protocol allows: what is
// pushed beyond it pushes the oldest out.
// https://sw.kovidgoyal.net/kitty/keyboard-protocol/
const maxKitty = 16

// kittyStack is the flags of the kitty keyboard protocol, the ones in force last.
type kittyStack struct {
	flags [maxKitty]uint8
	n     uint8
}

// current returns the flags in force.
func (k *kittyStack) current() uint8 {
	if k.n == 0 {
		return 0
	}
	return k.flags[k.n-1]
}

func (k *kittyStack) push(f uint8) {
	if k.n == maxKitty {
		copy(k.flags[:], k.flags[1:])
		k.n--
	}
	k.flags[k.n] = f
	k.n++
}

func (t *Terminal) kittyKeys() *kittyStack { return &t.kitty[t.screenIndex()] }

func (t *Terminal) kittyPush(flags int) { t.kittyKeys().push(uint8(flags & 31)) }

func (t *Terminal) kittyPop(n int) {
	k := t.kittyKeys()
	for ; n > 0 && k.n > 0; n-- {
		k.n--
		k.flags[k.n] = 0
	}
}

// kittySet changes the flags in force: to these, with these added, or without.
func (t *Terminal) kittySet(flags, how int) {
	k := t.kittyKeys()
	if k.n == 0 {
		k.push(0)
	}
	f := &k.flags[k.n-1]
	switch how {
	case 1:
		*f = uint8(flags & 31)
	case 2:
		*f |= uint8(flags & 31)
	case 3:
		*f &^= uint8(flags & 31)
	}
}

// setKeyFormat is XTMODKEYS. Only resource 4, modifyOtherKeys, is kept.
func (t *Terminal) setKeyFormat() {
	s := &t.parser.seq
	if what := s.at(0, 0); what == 4 || s.nparams == 0 {
		t.otherKeys = uint8(min(s.at(1, 0), 3))
	}
}
