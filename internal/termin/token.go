package termin

// Token is a piece of what a terminal sends.
type Token struct {
	Kind  Kind
	Bytes []byte // as they came; they belong to the Tokenizer or to its input

	// Key is which key, of a Press, Repeat or Release. It is the zero Key where
	// that is not known.
	Key Key

	// Answer is the query that Bytes answers, 0 for none.
	Answer QueryKind

	// Ambiguous is set on what may as well be no answer: a cursor report that
	// looks like F3 with a modifier, and a colour scheme report, which some
	// programs ask to be sent at every change. It is an answer if it was asked
	// for; Kind says what it is if it was not.
	Ambiguous bool

	// Continued is set on the later pieces of an answer that was too long, or
	// too long under way, to be kept until its end.
	Continued bool
}

// Kind says what a token is.
type Kind uint8

const (
	Text         Kind = iota // characters typed one after the other
	Press                    // a key that is no character, or one with modifiers
	Repeat                   // of a key that is held down, where that is told from Press
	Release                  // of a key
	PasteStart               // of a bracketed paste
	PasteText                // what was pasted, or a piece of it
	PasteEnd                 //
	MousePress               // a button
	MouseRelease             //
	MouseMotion              // with or without a button
	MouseWheel               //
	FocusIn                  // the terminal's window is being used
	FocusOut                 //
	Answer                   // to a query
	Report                   // that was not asked for just now: a size, a colour scheme
	Other                    // not known, or part of a sequence that was cut short
)

// Leads reports whether the token makes its client the session's leader: the
// user did something. What terminals tell by themselves does not, or turning the
// desktop dark would make leaders of all of them, one after the other. A key
// that has come up, or a mouse that moved over the window, does not either.
// Of what is unknown it is supposed that the user did it, unless no key begins so.
func (t *Token) Leads() bool {
	switch t.Kind {
	case Release, MouseRelease, MouseMotion, FocusOut, Answer, Report:
		return false
	case Other:
		return !reportsOnly(t.Bytes)
	}
	return true
}

// typed reports whether the token is text or a key that went down.
func (t *Token) typed() bool {
	return t.Kind == Text || t.Kind == Press || t.Kind == Repeat
}

// plain reports whether a Press is encoded as terminals always did: a control
// character, or any character behind an ESC.
func (t *Token) plain() bool {
	return len(t.Bytes) <= 2 || t.Bytes[1] != '[' && t.Bytes[1] != 'O'
}

const esc = 0x1b
