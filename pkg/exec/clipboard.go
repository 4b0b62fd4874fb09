package exec

// The values of SettingClipboard: whose terminal a program may use the clipboard of.
const (
	ClipboardLeader = "leader" // that of who typed last
	ClipboardAll    = "all"    // that of everybody who is attached
	ClipboardNone   = "none"
)

// clipboardFilter spoils what a program says to the clipboard (OSC 52, and 5522 of kitty's)
// in output that is sent as it is. Each byte of output counts, so the command becomes
// one of the same length that no terminal knows. The filter's value is where in a sequence
// the output is; zero is outside.
type clipboardFilter uint8

const (
	filterEscape  clipboardFilter = iota + 1 // behind ESC
	filterC1                                 // behind the first byte of OSC in C1
	filterNumber                             // behind the introducer, or zeros
	filterFive                               // behind 5
	filterFives                              // behind 55
	filterOutside clipboardFilter = 0
)

// spoil changes p, which goes on where the last one ended.
func (f *clipboardFilter) spoil(p []byte) {
	for i, c := range p {
		switch {
		case c == 0x1b:
			*f = filterEscape
		case *f == filterOutside && c != 0xc2:
		case c == 0xc2:
			*f = filterC1
		case c < 0x20 && c != '\a' && c != 0x18 && c != 0x1a && *f != filterC1:
			// Terminals act on it and go on.
		case *f == filterEscape && c == ']', *f == filterC1 && c == 0x9d, *f == filterNumber && c == '0':
			*f = filterNumber
		case *f == filterNumber && c == '5':
			*f = filterFive
		case *f == filterFive && c == '5':
			*f = filterFives
		case (*f == filterFive || *f == filterFives) && c == '2':
			p[i] = '9'
			*f = filterOutside
		default:
			*f = filterOutside
		}
	}
}
