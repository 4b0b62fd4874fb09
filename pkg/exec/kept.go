package exec

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/shmem"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// stateVersion is that of KeptSession and KeptScreen; see proto/xsh/v1/state.proto.
const stateVersion = 2

// kept is what of a session outlives its server: its memory, which the keeper
// holds as well. A nil kept is a session that ends with its server. Its methods
// may be called concurrently.
type kept struct {
	id string
	shmemory
	history *keptHistory // nil for a memory of an earlier server

	saving sync.Mutex // has the newest record stored last; taken before the session's mu
	mu     sync.Mutex // guards record, screen and inputs; taken behind the session's mu
	inputs map[string]int
	next   int
}

// shmemory is a session's memory. It is unmapped when nothing refers to it any
// more: whoever reads the log may do so beyond the session's end.
type shmemory struct{ *shmem.Memory }

func newKept(id string, memory *shmem.Memory) *kept {
	k := &kept{id: id, shmemory: shmemory{memory}, history: newKeptHistory(memory), inputs: make(map[string]int)}
	runtime.AddCleanup(k, func(memory *shmem.Memory) { memory.Close() }, memory)
	return k
}

// Window and Publish, with Append, Read, Bounds and Capacity, make a kept the
// outlog.WindowStore of its log. The log refers to the kept, so that its memory
// stays for as long as there is somebody to read it.
func (k *kept) Window(n int) []byte { return k.Memory.Window(n) }

// Moments, AddMoment and SetMoments make a kept an outlog.MomentStore. The log
// calls them one at a time.
func (k *kept) Moments() []outlog.Moment {
	var all []outlog.Moment
	for _, m := range k.Memory.Moments() {
		all = append(all, outlog.Moment(m))
	}
	return all
}

// AddMoment implements outlog.MomentStore.
func (k *kept) AddMoment(m outlog.Moment) { k.Memory.AddMoment(shmem.Moment(m)) }

// SetMoments implements outlog.MomentStore.
func (k *kept) SetMoments(list []outlog.Moment) {
	all := make([]shmem.Moment, 0, len(list))
	for _, m := range list {
		all = append(all, shmem.Moment(m))
	}
	k.Memory.SetMoments(all)
}

// noteSize stores a change of size at the log's end, where the change is made.
func (k *kept) noteSize(size Size, offset int64) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.AddNote(shmem.Note{Offset: offset, Kind: noteResize, Value: uint64(size.Rows)<<32 | uint64(size.Cols)})
}

// noteResize is the kind of a note that says that output from there on is made
// for a size, rows in the upper half of its value.
const noteResize = 1

func (k *kept) sizeChanges() (all []outlog.SizeChange) {
	for _, n := range k.Notes() {
		if n.Kind == noteResize {
			size := outlog.Size{Rows: int(n.Value >> 32), Cols: int(n.Value & 0xffffffff)}
			all = append(all, outlog.SizeChange{Number: int64(len(all) + 1), Offset: n.Offset, Size: size})
		}
	}
	return all
}

// input returns the entry for a client's input, which may take the place of
// the oldest.
func (k *kept) input(client string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i, ok := k.inputs[client]; ok {
		return i
	}
	i := k.next % shmem.MaxInputs
	k.next++
	for c, j := range k.inputs {
		if i == j {
			delete(k.inputs, c)
		}
	}
	k.inputs[client] = i
	k.SetInput(i, shmem.Input{Key: clientKey(client)})
	return i
}

// typedBefore returns how far the input of a client of an earlier server got,
// and whether a write was under way when that died.
func (k *kept) typedBefore(client string) (offset int64, cut, known bool) {
	if k == nil || client == "" {
		return 0, false, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key := clientKey(client)
	for i := range shmem.MaxInputs {
		if in := k.Input(i); in.Key == key {
			k.inputs[client] = i
			return in.About, in.About != in.Wrote, true
		}
	}
	return 0, false, false
}

func clientKey(client string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(client))
	return max(h.Sum64(), 1)
}

// readRecord reads what an earlier server stored of a session.
func (k *kept) readRecord() (*xshpb.KeptSession, error) {
	var record xshpb.KeptSession
	data := k.Record()
	switch err := proto.Unmarshal(data, &record); {
	case err != nil || len(data) == 0 || record.GetSession().GetId() == "":
		return nil, fmt.Errorf("session %q: its record is not one of ours, or cut short", k.id)
	case record.GetVersion() > stateVersion:
		return nil, fmt.Errorf("session %q: its record is of version %d, this server reads up to %d: a newer server may adopt it", k.id, record.GetVersion(), stateVersion)
	}
	return &record, nil
}

// readScreen reads the stored screen; an empty one if there is none that this
// server can read.
func (k *kept) readScreen() *xshpb.KeptScreen {
	var screen xshpb.KeptScreen
	if err := proto.Unmarshal(k.Screen(), &screen); err != nil || screen.GetVersion() > stateVersion {
		return &xshpb.KeptScreen{}
	}
	return &screen
}

// openKept opens the memory that an earlier server made.
func openKept(id string, file *os.File) (*kept, error) {
	memory, err := shmem.Open(file)
	if err != nil {
		return nil, fmt.Errorf("session %q: %w", id, err)
	}
	return newKept(id, memory), nil
}
