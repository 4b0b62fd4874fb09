package vt

import "strconv"

// Bounds of one control sequence. Parameters beyond the bound are read and dropped,
// as in xterm; a sequence with too many intermediates is ignored as a whole.
const (
	maxParams     = 32
	maxParamValue = 65535
	maxInter      = 2
)

// sequence is the inside of an escape or control sequence: what stands between
// its introducer and its final byte.
type sequence struct {
	prefix   byte // one of < = > ?, or 0
	ninter   uint8
	inter    [maxInter]byte
	nparams  uint8  // parameters, and sub-parameters, so far
	sub      uint32 // bit i: parameter i follows a colon
	full     bool   // there were more parameters than are held
	overflow bool   // too many intermediates: to be ignored as a whole
	params   [maxParams]uint16
}

func (s *sequence) reset() {
	s.prefix, s.ninter, s.nparams, s.sub, s.full, s.overflow = 0, 0, 0, 0, false, false
}

// param takes a digit or a separator. It returns false where none may stand.
func (s *sequence) param(c byte) bool {
	if s.ninter > 0 {
		return false
	}
	if s.nparams == 0 {
		s.nparams, s.params[0] = 1, 0
	}
	if c <= '9' {
		s.digit(c - '0')
		return true
	}
	if s.nparams == maxParams {
		s.full = true
		return true
	}
	if c == ':' {
		s.sub |= 1 << s.nparams
	}
	s.params[s.nparams] = 0
	s.nparams++
	return true
}

// numbers takes the digits and semicolons that b begins with, as param would one
// by one, and returns how many they were. Most sequences hold nothing else.
func (s *sequence) numbers(b []byte) int {
	if s.ninter > 0 {
		return 0
	}
	n, v := int(s.nparams), uint32(0)
	if n > 0 {
		v = uint32(s.params[n-1])
	}
	i := 0
	if s.full {
		for i < len(b) && (b[i]-'0' < 10 || b[i] == ';') {
			i++
		}
		return i
	}
	for ; i < len(b); i++ {
		c := b[i]
		if c-'0' < 10 {
			n = max(n, 1)
			v = min(v*10+uint32(c-'0'), maxParamValue)
			continue
		}
		if c != ';' || n == maxParams {
			break
		}
		n = max(n, 1)
		s.params[n-1] = uint16(v)
		n, v = n+1, 0
	}
	if n > 0 {
		s.params[n-1] = uint16(v)
		s.nparams = uint8(n)
	}
	return i
}

// digit adds a digit to the last parameter, of which there is one, or to one that
// is dropped.
func (s *sequence) digit(d byte) {
	if s.full {
		return
	}
	p := &s.params[s.nparams-1]
	*p = uint16(min(uint32(*p)*10+uint32(d), maxParamValue))
}

// private takes a private marker, which may only stand first.
func (s *sequence) private(c byte) bool {
	if s.nparams > 0 || s.ninter > 0 || s.prefix != 0 {
		return false
	}
	s.prefix = c
	return true
}

func (s *sequence) intermediate(c byte) {
	if s.ninter == maxInter {
		s.overflow = true
		return
	}
	s.inter[s.ninter] = c
	s.ninter++
}

// at returns parameter i, or def where it is left out or zero.
func (s *sequence) at(i, def int) int {
	if i >= int(s.nparams) || s.params[i] == 0 {
		return def
	}
	return int(s.params[i])
}

// isSub tells whether parameter i follows a colon.
func (s *sequence) isSub(i int) bool { return s.sub>>uint(i)&1 != 0 }

// key is what a sequence is dispatched on: private marker, intermediates and
// final byte in one number. See the csiKey constants.
func (s *sequence) key(final byte) uint32 {
	k := uint32(final) | uint32(s.prefix)<<24
	if s.ninter > 0 {
		k |= uint32(s.inter[0]) << 8
	}
	if s.ninter > 1 {
		k |= uint32(s.inter[1]) << 16
	}
	return k
}

// appendTo appends the sequence's inside as it can be written again.
func (s *sequence) appendTo(dst []byte) []byte {
	if s.prefix != 0 {
		dst = append(dst, s.prefix)
	}
	for i := range int(s.nparams) {
		if i > 0 {
			sep := byte(';')
			if s.isSub(i) {
				sep = ':'
			}
			dst = append(dst, sep)
		}
		if s.params[i] != 0 || i == 0 {
			dst = strconv.AppendUint(dst, uint64(s.params[i]), 10)
		}
	}
	if s.full {
		dst = append(dst, ';') // what comes next belongs to no parameter that is held
	}
	return append(dst, s.inter[:s.ninter]...)
}
