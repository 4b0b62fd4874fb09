package mask

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/ctlseq"
)

// Output hides in what a program prints to its terminal, with its control sequences,
// however that is cut into pieces: each character of a secret becomes a *, and all else
// stays. A piece is given on when the line that it belongs to is whole, since a secret
// may come character by character.
//
// A line is what stands in one row of the terminal, and in the next ones where it was
// wrapped. The cursor may go back and forth in it, as shells and progress bars have it
// do; where it goes elsewhere another line begins. A title, or another text within a
// sequence, is a line of its own.
//
// T is what the caller knows of a piece. An Output is for one goroutine.
type Output[T any] struct {
	give  func(about T, data []byte) error
	lines *Lines
	width int // of the terminal

	held  []held[T]
	first int // the number of held[0] among all pieces
	bytes int // of held

	scan    ctlseq.Scanner
	params  []byte // of the control sequence at hand
	part    letter // a character of which more is to come
	bytesOf [utf8.UTFMax]byte

	row     row
	line    int  // the terminal's row that the row begins in, from 1; 0: not known
	changed bool // the row has, since it was looked at
	over    int  // where the row is printed over, character behind character
	text    row  // of the string at hand
}

// held is a piece that was not given on yet.
type held[T any] struct {
	about T
	data  []byte
}

// place is where a character, or a part of one, stands in a piece.
type place struct{ piece, at, n int }

// letter is a character, and where it was printed. That is more than one place if it
// was printed over itself, or came in two pieces.
type letter struct {
	r    rune
	size int // in bytes
	place
	more []place
}

// row is a line, and where in it the cursor is.
type row struct {
	letters []letter
	at      int
	waits   bool // the cursor is behind the last column, and stays until more comes
	since   int  // the piece in which it began
}

const (
	// maxHeld bounds the output, and maxHeldPieces the pieces, that are held for a line.
	maxHeld       = 256 << 10
	maxHeldPieces = 4096

	// maxWraps bounds the rows behind which a line may go on though the program began a
	// new one.
	maxWraps = 8

	// maxText bounds what is looked at of a title and the like.
	maxText = 4 << 10

	// maxPlaces bounds how often a character is remembered to have been printed.
	maxPlaces = 64
)

// NewOutput returns an Output for a terminal of so many columns; 0 is one of which that
// is not known. give is called with each piece, in their order; where there are patterns
// the data is its own.
func NewOutput[T any](m *Mask, columns int, give func(about T, data []byte) error) *Output[T] {
	if columns <= 0 {
		columns = maxLine
	}
	return &Output[T]{give: give, lines: m.Lines(), width: columns, over: -1}
}

// Resize says that what is printed from now on is for so many columns.
func (o *Output[T]) Resize(columns int) {
	o.newRow()
	o.width = max(columns, 1)
}

// Add takes the next piece, which may have no data. Without patterns it is given on at
// once.
func (o *Output[T]) Add(about T, data []byte) error {
	if o.lines.m == nil {
		return o.give(about, data)
	}
	n := o.first + len(o.held)
	o.held = append(o.held, held[T]{about, slices.Clone(data)})
	o.bytes += len(data)
	for i, c := range data {
		o.take(c, place{n, i, 1})
	}
	if o.bytes > maxHeld || len(o.held) > maxHeldPieces {
		o.look() // what comes later cannot change what is given on now
		o.row.since, o.text.since = n+1, n+1
		return o.release(n + 1)
	}
	needed := n + 1
	if len(o.row.letters) > 0 {
		needed = min(needed, o.row.since)
	}
	if len(o.text.letters) > 0 {
		needed = min(needed, o.text.since)
	}
	if o.part.size > 0 {
		needed = min(needed, o.part.piece)
	}
	return o.release(needed)
}

// Flush gives on what is held: nothing more comes.
func (o *Output[T]) Flush() error {
	o.endText()
	o.newRow()
	return o.release(o.first + len(o.held))
}

// release gives on the pieces before one.
func (o *Output[T]) release(before int) error {
	for o.first < before {
		h := o.held[0]
		o.held[0] = held[T]{}
		o.held = o.held[1:]
		o.first++
		o.bytes -= len(h.data)
		if err := o.give(h.about, h.data); err != nil {
			return err
		}
	}
	return nil
}

// take takes a byte.
func (o *Output[T]) take(c byte, at place) {
	switch o.scan.Next(c) {
	case ctlseq.Text:
		if c >= 0x20 && c != 0x7f {
			o.print(c, at, &o.row)
		} else {
			o.control(c)
		}
	case ctlseq.Begin:
		o.endText() // which was cut off
		o.params = o.params[:0]
	case ctlseq.Param:
		if len(o.params) < 32 {
			o.params = append(o.params, c)
		}
	case ctlseq.Final:
		o.move(c)
	case ctlseq.Other:
		switch {
		case !o.scan.InText():
			if c >= 0x20 && len(o.text.letters) < maxText {
				o.print(c, at, &o.text)
			}
		case len(o.text.letters) == 0 && strings.IndexByte("DEM8c", c) >= 0: // leaves the line
			o.newRow()
		default:
			o.endText()
		}
	}
}

// endText looks at the string that has ended.
func (o *Output[T]) endText() {
	if len(o.text.letters) > 0 {
		o.hide(o.text.letters, o.lines.m.Hide)
		o.text = row{letters: o.text.letters[:0]}
	}
}

// print takes a byte of a character.
func (o *Output[T]) print(c byte, at place, r *row) {
	l := &o.part
	if utf8.RuneStart(c) {
		*l = letter{} // one that was begun has no end
	}
	o.bytesOf[l.size] = c
	last := &l.place
	if n := len(l.more); n > 0 {
		last = &l.more[n-1]
	}
	switch {
	case l.size == 0:
		l.place = at
	case last.piece == at.piece:
		last.n++
	default:
		l.more = append(l.more, at)
	}
	l.size++
	if bytes := o.bytesOf[:l.size]; utf8.FullRune(bytes) {
		l.r, _ = utf8.DecodeRune(bytes)
		whole := *l
		*l = letter{}
		o.put(whole, r)
	}
}

// put has a row show a character where the cursor is.
func (o *Output[T]) put(l letter, r *row) {
	if len(r.letters) == 0 {
		r.since = l.piece
	}
	for len(r.letters) < r.at { // what stands there is of another line, or nothing
		r.letters = append(r.letters, letter{r: ' ', size: 1})
	}
	if r.at == len(r.letters) {
		r.letters = append(r.letters, l)
	} else if old := &r.letters[r.at]; old.r == l.r && old.size > 0 && len(old.more) < maxPlaces {
		old.more = append(append(old.more, l.place), l.more...)
	} else {
		if o.over != r.at { // else it was looked at when the first was printed over
			o.look()
		}
		o.over = r.at + 1
		r.letters[r.at] = l
	}
	r.at++
	if r != &o.row {
		return
	}
	o.changed = true
	r.waits = r.at%o.width == 0
	if len(r.letters) > maxLine {
		o.look()
		drop := max(maxLine/2/o.width*o.width, 1)
		r.letters = append(r.letters[:0], r.letters[drop:]...)
		r.at = max(0, r.at-drop)
		o.over = -1
	}
}

// control takes a control character.
func (o *Output[T]) control(c byte) {
	switch c {
	case '\n', '\v', '\f':
		o.down()
	case '\r':
		o.column(0)
	case '\b':
		o.column(o.col() - 1)
	case '\t':
		o.column((o.col()/8 + 1) * 8)
	}
}

// down has the cursor go down: to another line, unless it had gone up in this one. Behind
// a row that is full the line may go on: fish wraps what is typed so.
func (o *Output[T]) down() {
	r, row := &o.row, o.row.at/o.width
	if r.waits {
		row--
	}
	rows := (len(r.letters) + o.width - 1) / o.width
	full := len(r.letters) == rows*o.width && rows < maxWraps
	if row < rows-1 || row == rows-1 && full {
		r.at, r.waits, o.over = o.col()+(row+1)*o.width, false, -1
		return
	}
	o.newRow()
}

// col is the cursor's column.
func (o *Output[T]) col() int {
	if o.row.waits {
		return o.width - 1
	}
	return o.row.at % o.width
}

// column has the cursor go to a column of the terminal's row that it is in.
func (o *Output[T]) column(n int) {
	o.row.at += min(max(n, 0), o.width-1) - o.col()
	if o.row.waits {
		o.row.at--
	}
	o.row.waits, o.over = false, -1
}

// move does what a control sequence does to the cursor, or to the line.
func (o *Output[T]) move(final byte) {
	n, second := o.numbers()
	r := &o.row
	switch final {
	case 'm', 'h', 'l', 'n', 'c', 'q', 't', 's', 'p':
	case 'C', 'a':
		o.column(o.col() + n)
	case 'D':
		o.column(o.col() - n)
	case 'G', '`':
		o.column(n - 1)
	case 'H', 'f':
		o.goTo(n, second)
	case 'A', 'B':
		to := r.at + n*o.width
		if final == 'A' {
			to = r.at - n*o.width
		}
		if to < 0 || to > len(r.letters) {
			o.newRow()
			return
		}
		r.at, r.waits, o.over = to, false, -1
	case 'J', 'K': // what is behind the cursor goes, or more
		o.look()
		if len(o.params) == 0 || o.params[0] == '0' {
			r.letters = r.letters[:min(r.at, len(r.letters))]
		}
	case 'P':
		o.look()
		if r.at < len(r.letters) {
			r.letters = slices.Delete(r.letters, r.at, min(len(r.letters), r.at+n))
		}
	case '@':
		o.look()
		if r.at < len(r.letters) && len(r.letters) < maxLine {
			r.letters = slices.Insert(r.letters, r.at, slices.Repeat([]letter{{r: ' ', size: 1}}, min(n, o.width))...)
		}
	default:
		o.newRow()
	}
}

// goTo has the cursor go to a row and a column of the terminal. Programs that draw on
// all of it do so before each word.
func (o *Output[T]) goTo(line, col int) {
	if line != o.line || o.row.at > o.width || o.row.at == o.width && !o.row.waits {
		o.newRow()
		o.line = line
	}
	o.column(col - 1)
}

// numbers are the first two parameters of the control sequence, each 1 if it is not
// there.
func (o *Output[T]) numbers() (first, second int) {
	var list [2]int
	i := 0
	for _, c := range o.params {
		switch {
		case c == ';':
			if i++; i == len(list) {
				return max(list[0], 1), max(list[1], 1)
			}
		case c >= '0' && c <= '9':
			list[i] = min(list[i]*10+int(c-'0'), 1<<15)
		}
	}
	return max(list[0], 1), max(list[1], 1)
}

// newRow ends the line. The cursor stays in its column.
func (o *Output[T]) newRow() {
	if len(o.row.letters) > 0 {
		o.hide(o.row.letters, o.lines.Hide)
	}
	o.row = row{letters: o.row.letters[:0], at: o.col()}
	o.line, o.changed, o.over = 0, false, -1
}

// look hides in the line as it is now: it goes on, or loses something.
func (o *Output[T]) look() {
	if o.changed {
		o.changed = false
		o.hide(o.row.letters, o.lines.m.Hide)
	}
}

// hide makes a * of each character that hide does not leave.
func (o *Output[T]) hide(letters []letter, hide func(string) string) {
	text := make([]rune, len(letters))
	for i, l := range letters {
		text[i] = l.r
	}
	whole := string(text)
	rest := hide(whole)
	if rest == whole {
		return
	}
	for i, l := range letters {
		r, size := utf8.DecodeRuneInString(rest)
		if r != text[i] {
			o.star(l)
		}
		rest = rest[size:]
	}
}

// star has a character be a * wherever it was printed. Where it has more bytes a NUL
// stands for them, which terminals pass over, so that all offsets stay.
func (o *Output[T]) star(l letter) {
	seen := 0
	for i := -1; i < len(l.more); i++ {
		p := l.place
		if i >= 0 {
			p = l.more[i]
		}
		begins := seen == 0
		if seen += p.n; seen >= l.size {
			seen = 0
		}
		if p.piece < o.first || p.n == 0 {
			continue
		}
		data := o.held[p.piece-o.first].data[p.at : p.at+p.n]
		clear(data)
		if begins {
			data[0] = '*'
		}
	}
}
