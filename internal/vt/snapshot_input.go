package vt

// InputModes says what a program asked its terminal to send.
type InputModes struct {
	AppCursor      bool // cursor keys as SS3
	AppKeypad      bool // keypad keys as SS3
	Backarrow      bool // Backspace is BS
	NewLine        bool // Enter is CR LF
	BracketedPaste bool
	Focus          bool   // whether the window has the focus
	OtherKeys      int    // xterm's modifyOtherKeys
	Kitty          int    // flags of the kitty keyboard protocol
	Mouse          string // none, x10, vt200, highlight, button or any
}

var mouseNames = [...]string{
	mouseNone: "none", mouseX10: "x10", mouseVT200: "vt200",
	mouseHighlight: "highlight", mouseButton: "button", mouseAny: "any",
}

// InputModes returns what the program asked for.
func (s *Snapshot) InputModes() InputModes { return s.inputModes() }

// InputModes returns what the program asks for now.
func (t *Terminal) InputModes() InputModes { return t.inputModes() }

func (s *state) inputModes() InputModes {
	on := func(m modeSet) bool { return s.modes&m != 0 }
	return InputModes{
		AppCursor:      on(modeAppCursor),
		AppKeypad:      on(modeAppKeypad),
		Backarrow:      on(modeBackarrow),
		NewLine:        on(modeNewline),
		BracketedPaste: on(modeBracketedPaste),
		Focus:          on(modeFocus),
		OtherKeys:      int(s.otherKeys),
		Kitty:          int(s.kitty[s.screenIndex()].current()),
		Mouse:          mouseNames[s.mouse],
	}
}
