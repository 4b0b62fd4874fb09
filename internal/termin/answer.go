package termin

import "bytes"

// reportKind says which query a CSI sequence answers, given what is between its
// CSI and its final byte. For CSI ? 997 n the source is contour's colour scheme
// report.
func reportKind(body []byte, final byte) (kind QueryKind, ambiguous bool) {
	switch {
	case bytes.HasPrefix(body, []byte("?")):
		return privateReportKind(body[1:], final)
	case bytes.HasPrefix(body, []byte(">")):
		switch {
		case !numbersOnly(body[1:]):
		case final == 'c':
			return QueryDA2, false
		case final == 'm':
			return QueryModifyOtherKeys, false
		}
		return 0, false
	case !numbersOnly(body) && numbersOnly(body[:len(body)-1]):
		return markedReportKind(body[len(body)-1], final), false
	case !numbersOnly(body):
		return 0, false
	}
	return plainReportKind(body, final)
}

// markedReportKind is for reports with an intermediate byte and no other mark.
func markedReportKind(mark, final byte) QueryKind {
	switch string([]byte{mark, final}) {
	case "$y":
		return QueryMode
	case "\"w": // DECRPDE
		return QueryWindow
	case "*{": // DECMSR
		return QueryDeviceStatus
	}
	return 0
}

func privateReportKind(body []byte, final byte) (kind QueryKind, ambiguous bool) {
	if head, ok := bytes.CutSuffix(body, []byte("$")); ok && final == 'y' && numbersOnly(head) {
		return QueryMode, false
	}
	if head, ok := bytes.CutSuffix(body, []byte("#")); ok && final == 'Q' && numbersOnly(head) {
		return QueryPalette, false
	}
	if !numbersOnly(body) {
		return 0, false
	}
	switch final {
	case 'c':
		return QueryDA1, false
	case 'n':
		if n, _ := leadingNumber(body); n == 997 {
			return QueryColorScheme, true
		}
		return QueryDeviceStatus, false
	case 'R':
		return QueryExtendedCursor, false
	case 'S':
		return QueryGraphics, false
	case 'u':
		return QueryKittyKeys, false
	}
	return 0, false
}

func plainReportKind(body []byte, final byte) (kind QueryKind, ambiguous bool) {
	first, rest := leadingNumber(body)
	switch final {
	case 'n':
		if len(rest) == 0 && (first == 0 || first == 3) {
			return QueryStatus, false
		}
	case 'R':
		if first > 0 && len(rest) > 1 && bytes.Count(rest, []byte(";")) == 1 {
			col, _ := leadingNumber(rest[1:])
			return QueryCursor, first == 1 && col >= 2 && col <= 16 // Shift is 2, all modifiers are 16
		}
	case 't':
		// 48 is a size sent unasked, in mode 2048.
		if first >= 1 && first <= 9 && first != 7 {
			return QueryWindow, false
		}
	case 'x':
		if bytes.Count(rest, []byte(";")) == 6 {
			return QueryParameters, false
		}
	}
	return 0, false
}

// numbersOnly tells of parameters without anything unusual. A colon is in reports
// of keys alone.
func numbersOnly(body []byte) bool {
	for _, b := range body {
		if (b < '0' || b > '9') && b != ';' {
			return false
		}
	}
	return true
}

// leadingNumber reads the digits at the head of body, -1 for none of them.
func leadingNumber(body []byte) (n int, rest []byte) {
	n = -1
	for len(body) > 0 && body[0] >= '0' && body[0] <= '9' {
		n = min(max(n, 0)*10+int(body[0]-'0'), 1<<20)
		body = body[1:]
	}
	return n, body
}

// stringKind says which query a string answers, given what came of it so far. The
// kind is 0 while that is open; possible is false when it is none that we know,
// as after Alt-] and any letter.
func stringKind(opener byte, body []byte) (kind QueryKind, possible bool) {
	switch opener {
	case ']':
		return oscAnswerKind(body)
	case 'P':
		return dcsAnswerKind(body)
	}
	return apcAnswerKind(body)
}

func oscAnswerKind(body []byte) (kind QueryKind, possible bool) {
	if body[0] == 'l' || body[0] == 'L' { // OSC l title ST: see isTitleReport
		return 0, true
	}
	n, rest := leadingNumber(body)
	switch {
	case n < 0 || n > 9999:
		return 0, false
	case len(rest) == 0:
		return 0, true
	case rest[0] != ';':
		return 0, false
	}
	switch n {
	case 4, 5:
		return QueryPalette, true
	case 10:
		return QueryForeground, true
	case 11:
		return QueryBackground, true
	case 12:
		return QueryCursorColor, true
	case 13, 14, 15, 16, 17, 18, 19, 21: // 21: kitty's colour control
		return QueryColor, true
	case 52:
		return QueryClipboard, true
	case 1337:
		return QueryITerm, true
	}
	return 0, false
}

// isTitleReport tells of a complete string whether it reports a title. Before its
// end it may be Alt-] and typed text.
func isTitleReport(opener byte, body []byte) bool {
	return opener == ']' && len(body) > 0 && (body[0] == 'l' || body[0] == 'L')
}

func dcsAnswerKind(body []byte) (kind QueryKind, possible bool) {
	_, mark := leadingNumber(body)
	if len(mark) < 2 {
		return 0, len(mark) == 0 || bytes.IndexByte([]byte("!>$+"), mark[0]) >= 0
	}
	switch string(mark[:2]) {
	case "!|":
		return QueryDA3, true
	case ">|":
		return QueryVersion, true
	case "$r":
		return QuerySetting, true
	case "+r":
		return QueryTermcap, true
	case "!~":
		return QueryChecksum, true
	case "$u":
		return QueryPresentation, true
	}
	return 0, false
}

func apcAnswerKind(body []byte) (kind QueryKind, possible bool) {
	switch {
	case body[0] != 'G':
		return 0, false
	case len(body) < 3:
		return 0, len(body) == 1 || body[1] >= 'A' && body[1] <= 'z'
	}
	if body[2] == '=' {
		return QueryKittyGraphics, true
	}
	return 0, false
}
