package termin

// FenceQuestion is what a terminal is asked last: DSR 5, which nearly every
// terminal answers and nearly no program asks, and DA1 twice. Answers come in
// the order of the questions, so whatever was due comes before the fence's. One
// question would not do: its answer could be the one that a program waited for.
// That a program asked just these three in a row need not be feared.
const FenceQuestion = "\x1b[5n\x1b[c\x1b[c"

// maxTyped bounds what is kept of what is typed before the fence's answers.
const maxTyped = 4096

// Fence reads what a terminal sends until it has answered FenceQuestion. The
// zero value is ready to use; Detach.Fence gives one that knows what came before.
type Fence struct {
	tokens   Tokenizer
	scanned  []Token
	began    int // bytes of the unfinished sequence that came before the fence
	answered int // how many of the three answers came, one after the other
	typed    []byte
	lost     int
}

// Fence returns a Fence that goes on where d stands: with what came of a
// sequence, or of a paste, before the last question was asked. Scan is not called
// any more.
func (d *Detach) Fence() *Fence {
	f := &Fence{tokens: d.tokens, began: len(d.tokens.Pending())}
	d.tokens = Tokenizer{}
	return f
}

// Scan takes in what the terminal sends. When the last answer is complete it
// reports true and how many bytes of p that took: those behind it are the
// shell's. A terminal read byte by byte has none behind it in p.
func (f *Fence) Scan(p []byte) (n int, answered bool) {
	for n = range p {
		f.scanned = f.tokens.Scan(f.scanned[:0], p[n:n+1])
		f.take()
		if f.answered == 3 {
			return n + 1, true
		}
	}
	return len(p), f.answered == 3
}

// Typed returns what the user typed and pasted before the last answer, as a
// terminal without any modes would have sent it, and how many bytes of it were
// too much to keep. What is no text and no key is left out, and so is what had
// begun before the fence.
func (f *Fence) Typed() (typed []byte, lost int) {
	f.scanned = f.tokens.Flush(f.scanned[:0])
	f.take()
	return f.typed, f.lost
}

func (f *Fence) take() {
	for i := range f.scanned {
		t := &f.scanned[i]
		before := min(f.began, len(t.Bytes))
		f.began -= before
		switch {
		case t.Kind == Answer && t.Answer == QueryStatus:
			f.answered = 1
		case t.Kind == Answer && t.Answer == QueryDA1 && f.answered > 0:
			f.answered++
		case t.Kind == Answer:
			f.answered = 0
		case before > 0, t.Ambiguous: // a cursor report is likelier than F3 with a modifier
		case t.Kind == Text, t.Kind == PasteText, t.typed() && t.plain():
			f.keep(t.Bytes)
		case t.typed():
			f.keep(Encode(t.Key, Modes{}))
		}
	}
}

func (f *Fence) keep(b []byte) {
	if len(f.typed)+len(b) > maxTyped || f.lost > 0 {
		f.lost += len(b)
		return
	}
	f.typed = append(f.typed, b...)
}
