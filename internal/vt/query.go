package vt

import "fmt"

// QueryKind says which query an answer is for.
type QueryKind uint8

const (
	QueryDA1 QueryKind = iota + 1
	QueryDA2
	QueryDA3
	QueryStatus          // DSR 5
	QueryCursor          // CPR
	QueryExtendedCursor  // DECXCPR
	QueryDeviceStatus    // other DSR with ?: printer, keys, locator, macros, ...
	QueryMode            // DECRQM
	QuerySetting         // DECRQSS
	QueryTermcap         // XTGETTCAP
	QueryVersion         // XTVERSION
	QueryPalette         // OSC 4
	QueryForeground      // OSC 10
	QueryBackground      // OSC 11
	QueryCursorColor     // OSC 12
	QueryColor           // OSC 13 to 19
	QueryWindow          // CSI t reports
	QueryTitle           // CSI 20 t and 21 t
	QueryKittyKeys       // CSI ? u
	QueryModifyOtherKeys // CSI ? 4 m
	QueryChecksum        // DECRQCRA
	QueryAnswerback      // ENQ
	QueryParameters      // DECREQTPARM
	QueryKittyGraphics   // APC G with a=q
	QueryColorScheme     // DSR ? 996
	QueryPresentation    // DECRQPSR
	QueryGraphics        // XTSMGRAPHICS
	QueryITerm           // OSC 1337
)

// reply hands an answer to the owner, if it wants them.
func (t *Terminal) reply(kind QueryKind, format string, args ...any) {
	if t.cfg.Effects.Reply != nil {
		t.cfg.Effects.Reply(kind, fmt.Appendf(nil, format, args...))
	}
}

func (t *Terminal) answerback() { t.reply(QueryAnswerback, "") }

// deviceAttributes is DA1: a VT220 with ANSI colour, as xterm.js says it too.
func (t *Terminal) deviceAttributes() {
	t.reply(QueryDA1, "\x1b[?62;22c")
}
func (t *Terminal) secondaryAttributes(n int) {}
func (t *Terminal) tertiaryAttributes(n int)  {}
func (t *Terminal) deviceStatus(n int)        {}
func (t *Terminal) privateStatus(n int)       {}
func (t *Terminal) terminalParameters(n int)  {}
func (t *Terminal) reportMode(n int, p bool)  {}
func (t *Terminal) reportVersion(n int)       {}
func (t *Terminal) reportKittyKeys()          {}
func (t *Terminal) reportKeyFormat(n int)     {}
func (t *Terminal) reportChecksum()           {}
func (t *Terminal) rectangle(final byte)      {}
func (t *Terminal) windowOp() {
	switch s := &t.parser.seq; s.at(0, 0) {
	case 22:
		t.pushTitle()
	case 23:
		t.popTitle(s.at(1, 0))
	}
}
func (t *Terminal) dcs()                  {}
func (t *Terminal) apc(b []byte)          {}
func (t *Terminal) itermCommand(b []byte) {}

type sixelSize struct{}

func (s *sixelSize) feed(b []byte) {}
func (t *Terminal) sixelEnd()      {}

type clusterState struct{}

func (t *Terminal) joinCluster(r rune) bool { return false }
