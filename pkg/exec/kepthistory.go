package exec

import (
	"cmp"
	"slices"

	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/internal/vt"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// keptHistory is the history of a session's screen in its memory: each block is written
// once, to a place that no stored screen tells of, and the next stored screen tells where
// it is. The session's screen uses it, one call at a time.
type keptHistory struct {
	memory *shmem.Memory
	places map[vt.Block]*xshpb.KeptBlock
	newest []vt.Block         // what keep was given last
	valid  []*xshpb.KeptBlock // what the stored screen tells of
	err    error              // of keep
	buf    []byte
}

// leastHistory is what a memory must have room for to keep history by blocks. That of an
// earlier server had none.
const leastHistory = 1 << 20

// newKeptHistory returns nil for a memory that has no room for it.
func newKeptHistory(memory *shmem.Memory) *keptHistory {
	if memory.HistorySize() < leastHistory {
		return nil
	}
	return &keptHistory{memory: memory, places: make(map[vt.Block]*xshpb.KeptBlock)}
}

// keep writes those blocks that are not there yet. They are what the next screen tells
// of.
func (h *keptHistory) keep(blocks []vt.Block) {
	h.newest, h.err = blocks, nil
	h.forget()
	free := h.room()
	for _, b := range blocks {
		if h.places[b] != nil {
			continue
		}
		h.buf = b.Append(h.buf[:0])
		size := int64(len(h.buf))
		at := free.next(size)
		if h.err = h.memory.WriteHistory(at, h.buf); h.err != nil {
			return
		}
		h.places[b] = &xshpb.KeptBlock{At: at, Size: size}
	}
}

// forget gives up the places of blocks that are not among the newest.
func (h *keptHistory) forget() {
	stays := make(map[vt.Block]*xshpb.KeptBlock, len(h.newest))
	for _, b := range h.newest {
		if p := h.places[b]; p != nil {
			stays[b] = p
		}
	}
	h.places = stays
}

// taken returns the places that a stored screen tells of, or the next one will.
func (h *keptHistory) taken() []*xshpb.KeptBlock {
	all := slices.Clone(h.valid)
	for _, p := range h.places {
		all = append(all, p)
	}
	return all
}

// room gives out places where nothing is, from the front on.
type room struct {
	taken []*xshpb.KeptBlock // that are not passed yet, in their order
	at    int64
}

func (h *keptHistory) room() *room {
	taken := h.taken()
	slices.SortFunc(taken, func(a, b *xshpb.KeptBlock) int { return cmp.Compare(a.GetAt(), b.GetAt()) })
	return &room{taken: taken}
}

// next returns a place for so much, behind the one before.
func (r *room) next(size int64) int64 {
	for len(r.taken) > 0 && r.taken[0].GetAt()-r.at < size {
		r.at = max(r.at, r.taken[0].GetAt()+r.taken[0].GetSize())
		r.taken = r.taken[1:]
	}
	at := r.at
	r.at += size
	return at
}

// told returns the places for a screen to tell of. published says that it is stored.
func (h *keptHistory) told() (places []*xshpb.KeptBlock, err error) {
	if h.err != nil {
		return nil, h.err
	}
	for _, b := range h.newest {
		places = append(places, h.places[b])
	}
	return places, nil
}

func (h *keptHistory) published(places []*xshpb.KeptBlock) {
	h.valid = places
	end := int64(0)
	for _, p := range h.taken() {
		end = max(end, p.GetAt()+p.GetSize())
	}
	h.memory.GiveBackHistory(end)
}

// read returns what a stored screen tells of, which stays where it is until another one
// is stored.
func (h *keptHistory) read(places []*xshpb.KeptBlock) (blocks [][]byte, err error) {
	h.valid = places
	for _, p := range places {
		b, err := h.memory.ReadHistory(p.GetAt(), p.GetSize())
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// restored notes that the blocks that were read are these.
func (h *keptHistory) restored(blocks []vt.Block) {
	for i, b := range blocks {
		h.places[b] = h.valid[i]
	}
}
