package termin

import "bytes"

// QueryKind says which query an answer is for.
type QueryKind uint8

const (
	QueryDA1             QueryKind = iota + 1
	QueryDA2                       // CSI > c
	QueryDA3                       // CSI = c
	QueryStatus                    // DSR 5
	QueryCursor                    // CPR
	QueryExtendedCursor            // DECXCPR
	QueryDeviceStatus              // the other DSR with ?: printer, keyboard, locator, macros, ...
	QueryMode                      // DECRQM
	QuerySetting                   // DECRQSS
	QueryTermcap                   // XTGETTCAP
	QueryVersion                   // XTVERSION
	QueryPalette                   // OSC 4 and 5, XTREPORTCOLORS
	QueryForeground                // OSC 10
	QueryBackground                // OSC 11
	QueryCursorColor               // OSC 12
	QueryColor                     // OSC 13 to 19, and 21
	QueryWindow                    // XTWINOPS reports, DECRQDE
	QueryTitle                     // XTWINOPS 20 and 21
	QueryKittyKeys                 // CSI ? u
	QueryModifyOtherKeys           // CSI ? 4 m
	QueryChecksum                  // DECRQCRA, DECCKSR
	QueryAnswerback                // ENQ
	QueryParameters                // DECREQTPARM
	QueryKittyGraphics             // APC G with a=q
	QueryColorScheme               // DSR ? 996
	QueryPresentation              // DECRQPSR
	QueryGraphics                  // XTSMGRAPHICS
	QueryITerm                     // OSC 1337
	QueryInBandSize                // mode 2048: the size, when that changed
	QueryClipboard                 // OSC 52 with a question mark
)

// AnswerKind says which query a whole answer is for, 0 if it is none that is
// known. ENQ is answered by nothing where there is no message. The size that
// mode 2048 has sent counts here, though the Tokenizer takes it for a report
// that nobody asked for: the program did, once.
func AnswerKind(answer []byte) QueryKind {
	if len(answer) == 0 {
		return QueryAnswerback
	}
	var t Tokenizer
	tokens := t.Flush(t.Scan(nil, answer))
	if first := tokens[0]; first.Answer != 0 {
		return first.Answer
	} else if first.Kind == Report && bytes.HasPrefix(first.Bytes, []byte("\x1b[48;")) {
		return QueryInBandSize
	}
	return 0
}
