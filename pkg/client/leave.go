package client

// leaveSequence puts a terminal back as a shell expects it, whatever the
// session's program had turned on. It is for when the server, which knows what
// was turned on, can no longer say. Each part does nothing to a terminal where
// that was not on. The cursor is saved first, so that leaving the alternate
// screen, which restores it, and resetting the margins, which homes it, leave
// it in its place on a terminal that is on the primary one.
const leaveSequence = "\x1b[?2026l" + // synchronised output
	"\x1b7\x1b[r\x1b8" + // margins
	"\x1b7\x1b[?1049l" + // alternate screen
	"\x1b[!p" + // soft reset: origin, insert, keypad, charsets, pen; it leaves the cursor
	"\x1b[?1000l\x1b[?1002l\x1b[?1003l" + // mouse
	"\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l" + // mouse encodings
	"\x1b[?1004l\x1b[?2004l" + // focus, bracketed paste
	"\x1b[?1l\x1b>" + // cursor keys, keypad
	"\x1b[>4m" + // modifyOtherKeys
	"\x1b[=0u" + // kitty keyboard flags
	"\x1b[4l\x1b[?7h\x1b[?69l" + // insert, autowrap, left and right margins
	"\x0f\x1b(B" + // charsets
	"\x1b[m\x1b]8;;\x1b\\" + // pen, hyperlink
	"\x1b[?25h\x1b[0 q" + // cursor
	"\r\n"
