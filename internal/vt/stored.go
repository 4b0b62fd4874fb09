package vt

import (
	"encoding/binary"
	"errors"
)

// A terminal that is to outlive its process is stored in two kinds of pieces: blocks of
// its history, each of which is stored once, since it changes no more; and the screen
// with the lines behind the last block, which are little and stored anew each time.

// Kept is what there is to store of a terminal at one moment.
type Kept struct {
	// Blocks are the history's, the oldest first. They may be appended until the
	// terminal is written to; the rest of a Kept stays what it is.
	Blocks  []Block
	Dropped int // lines at the front of the first that are forgotten

	screen *Snapshot
	whole  bool
}

// Keep returns what there is to store.
func (t *Terminal) Keep() Kept {
	k := Kept{Dropped: t.hist.first, screen: t.ScreenSnapshot(0)}
	for _, b := range t.hist.full {
		k.Blocks = append(k.Blocks, Block{b})
	}
	return k
}

// KeepWhole is Keep with the whole history in the replay, and no blocks.
func (t *Terminal) KeepWhole() Kept { return Kept{screen: t.Snapshot(), whole: true} }

// Size is that of the terminal then.
func (k *Kept) Size() Size { return k.screen.Size() }

// Stored returns what goes with the blocks, which the caller has stored.
func (k *Kept) Stored() Stored {
	if k.whole {
		return Stored{Replay: k.screen.AppendReplay(nil, ReplayOptions{})}
	}
	return Stored{
		Dropped:   k.Dropped,
		Tail:      Block{&k.screen.hist.tail}.Append(nil),
		Continues: k.screen.prim.info(0).flags&rowContinues != 0,
		Replay:    k.screen.AppendReplay(nil, ReplayOptions{History: -1}),
	}
}

// Stored is a terminal as it was stored.
type Stored struct {
	Blocks    [][]byte // each as Block.Append made it
	Dropped   int      // as Kept has it
	Tail      []byte   // the lines behind the blocks, like a block; nil for none
	Continues bool     // the screen's first row goes on with the history's last
	Replay    []byte   // draws the screen
}

// Restore brings a new terminal to what was stored, and returns the blocks in the order
// in which it was given them. If the history cannot be read, there is none, and the error
// says why; the screen is there in any case.
func (t *Terminal) Restore(s Stored) ([]Block, error) {
	err := t.hist.restore(s)
	var blocks []Block
	for _, b := range t.hist.full {
		blocks = append(blocks, Block{b})
	}
	t.hist.evict()
	t.Write(s.Replay)
	if s.Continues && err == nil {
		t.prim.info(0).flags |= rowContinues
	}
	return blocks, err
}

var errHistory = errors.New("the stored history is not one of ours, or damaged")

func (h *history) restore(s Stored) error {
	links := make(map[Link]*Link)
	var full []*block
	lines := -s.Dropped
	for _, p := range s.Blocks {
		b, err := readBlock(p, links)
		if err != nil {
			return err
		}
		full = append(full, b)
		lines += len(b.ends)
	}
	tail := &block{}
	if len(s.Tail) > 0 {
		var err error
		if tail, err = readBlock(s.Tail, links); err != nil {
			return err
		}
	}
	most := len(tail.ends)
	if len(full) > 0 {
		most = len(full[0].ends) - 1
	}
	if s.Dropped < 0 || s.Dropped > most {
		return errHistory
	}
	h.full, h.tail, h.first, h.lines = full, *tail, s.Dropped, lines+len(tail.ends)
	for _, b := range full {
		h.bytes += b.size()
	}
	return nil
}

// Block is some lines of a terminal's history that change no more. Two are equal if they
// are the same.
type Block struct{ b *block }

// Append appends the block: how many lines it has and how long each is, its styles but
// for the default one, how often the lines change theirs, and the lines. Numbers are
// varints. See history_line.go for a line.
func (k Block) Append(dst []byte) []byte {
	b := k.b
	dst = binary.AppendUvarint(dst, uint64(len(b.ends)))
	from := uint32(0)
	for _, end := range b.ends {
		dst = binary.AppendUvarint(dst, uint64(end-from))
		from = end
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.styles)))
	for i := 1; i < len(b.styles); i++ {
		dst = appendStyle(dst, &b.styles[i])
	}
	dst = binary.AppendUvarint(dst, uint64(b.runs))
	return append(dst, b.data[:from]...)
}

func appendStyle(dst []byte, s *Style) []byte {
	for _, n := range []uint64{uint64(s.FG), uint64(s.BG), uint64(s.UnderlineColor), uint64(s.Attrs), uint64(s.Underline)} {
		dst = binary.AppendUvarint(dst, n)
	}
	var link Link
	if s.Link != nil {
		link = *s.Link
	}
	for _, text := range []string{link.URI, link.ID} {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	return dst
}

// readBlock reads what Block.Append made. It trusts nothing: whoever reads lines later
// expects them to be whole.
func readBlock(p []byte, links map[Link]*Link) (*block, error) {
	r := reader{rest: p}
	b := &block{ends: make([]uint32, 0, r.count(len(p)))}
	end := 0
	for range cap(b.ends) {
		end += r.count(len(p))
		b.ends = append(b.ends, uint32(end))
	}
	if n := r.count(len(p)); n > 0 {
		b.styles = make([]Style, 1, n)
		for range n - 1 {
			b.styles = append(b.styles, r.style(links))
			if l := b.styles[len(b.styles)-1].Link; l != nil {
				b.links += l.size()
			}
		}
	}
	b.runs = r.count(len(p))
	if r.bad || end != len(r.rest) {
		return nil, errHistory
	}
	b.data = append(b.data, r.rest...)
	from := uint32(0)
	for _, end := range b.ends {
		if !validLine(b.data[from:end], len(b.styles)) {
			return nil, errHistory
		}
		from = end
	}
	return b, nil
}

// reader takes numbers and text off the front of what is left, until something is wrong.
type reader struct {
	rest []byte
	bad  bool
}

// count takes a number of at most so much.
func (r *reader) count(most int) int {
	n, k := binary.Uvarint(r.rest)
	if k <= 0 || n > uint64(most) {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[k:]
	return int(n)
}

func (r *reader) text() string {
	n := r.count(len(r.rest))
	if n > len(r.rest) {
		r.bad = true
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

func (r *reader) style(links map[Link]*Link) Style {
	const color, attrs = 1<<32 - 1, 1<<16 - 1
	s := Style{
		FG: Color(r.count(color)), BG: Color(r.count(color)), UnderlineColor: Color(r.count(color)),
		Attrs: Attr(r.count(attrs)), Underline: Underline(r.count(int(UnderlineDashed))),
	}
	link := Link{URI: r.text(), ID: r.text()}
	if link.URI == "" {
		return s
	}
	link = link.hashed()
	if links[link] == nil {
		links[link] = &link
	}
	s.Link = links[link]
	return s
}

// validLine tells whether rec is a line that parseLine and its readers understand, in a
// block of so many styles.
func validLine(rec []byte, styles int) bool {
	if len(rec) == 0 {
		return false
	}
	r := reader{rest: rec[1:]}
	marks, runs := 0, 0
	if rowFlags(rec[0]&lineFlags)&rowMarked != 0 {
		marks = r.count(1<<16 - 1)
	}
	styled := rec[0]&lineRuns != 0
	if styled {
		runs = r.count(len(rec))
	}
	if r.bad || marks+runs > len(r.rest) {
		return false
	}
	special := rec[0]&lineSpecial != 0
	text := r.rest[marks+runs:]
	if !styled {
		return validText(text, special)
	}
	r.rest = r.rest[marks : marks+runs]
	for len(r.rest) > 0 {
		n, style := r.count(len(text)), r.count(1<<32-1)
		if r.bad || n > len(text) || style >= styles || !validText(text[:n], special) {
			return false
		}
		text = text[n:]
	}
	return len(text) == 0
}

// validText tells whether text is whole characters, and none that a terminal acts on.
func validText(text []byte, special bool) bool {
	for len(text) > 0 {
		switch c := text[0]; {
		case c == 0 && special:
		case c < 0x20 || c == 0x7f || c >= markNarrow && (!special || len(text) < 3 || text[1] == 0 || len(text) < 2+int(text[1])):
			return false
		}
		_, text, _ = nextCell(text)
	}
	return true
}
