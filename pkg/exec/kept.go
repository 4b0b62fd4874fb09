package exec

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/shmem"
	"github.com/xsh-project/xsh/internal/vt"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// stateVersion is that of KeptSession and KeptScreen; see proto/xsh/v1/state.proto.
const stateVersion = 1

// kept is what of a session outlives its server: its memory, which the keeper
// holds as well. A nil kept is a session that ends with its server. Its methods
// may be called concurrently.
type kept struct {
	m  *Manager
	id string
	shmemory

	mu     sync.Mutex // guards record, screen and inputs
	inputs map[string]int
	next   int
}

// shmemory is a session's memory. It is unmapped when nothing refers to it any
// more: whoever reads the log may do so beyond the session's end.
type shmemory struct{ *shmem.Memory }

// newKept makes the memory of a new session; nil, with a word in the log, if the
// system has none.
func (m *Manager) newKept(id string, bufferBytes int) *kept {
	memory, err := shmem.Create("xsh-"+id, shmem.Limits{Log: max(bufferBytes, outlog.MinCapacity), History: 1})
	if err != nil {
		m.log.Warn("a session ends with its server", "session", id, "error", err)
		return nil
	}
	return newKept(m, id, memory)
}

func newKept(m *Manager, id string, memory *shmem.Memory) *kept {
	k := &kept{m: m, id: id, shmemory: shmemory{memory}, inputs: make(map[string]int)}
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

// hold has the keeper hold a session that has started.
func (s *session) hold() {
	if s.kept == nil {
		return
	}
	s.save()
	k := s.asKept()
	// A copy that stayed would wake the server at each key; see internal/poll.
	defer k.Terminal.Close()
	if err := s.m.keeper.Hold(k); err != nil {
		s.m.log.Warn("the keeper does not hold a session", "session", s.id, "error", err)
	}
}

// asKept returns the session as a keeper holds it. Its terminal, if it has one
// still, is a copy that the caller closes.
func (s *session) asKept() Kept {
	k := Kept{ID: s.id, Memory: s.kept.File(), Exit: s.snapshot().Exit}
	if k.Exit == nil {
		k.Terminal = s.tty.copy()
	}
	if s.handler.PID != nil {
		k.PID = s.handler.PID(s.id)
	}
	return k
}

// Kept returns all that the keeper holds, or should hold, for one that takes its
// place. The files stay the Manager's.
func (m *Manager) Kept() (all []Kept) {
	m.mu.Lock()
	order := slices.Clone(m.order)
	m.mu.Unlock()
	for _, s := range order {
		if s.kept != nil && s.started {
			all = append(all, s.asKept())
		}
	}
	return all
}

// maxKeptOptions bounds what a record has of a session's options, which are for
// Respawn alone: the rest of the record is to have room.
const maxKeptOptions = 32 << 10

// save stores the session's record.
func (s *session) save() {
	if s == nil || s.kept == nil {
		return
	}
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	s.mu.Lock()
	info := s.info.clone()
	_, end := s.log.Offsets() // before a look at what the shell does
	s.told.describe(info)
	s.mu.Unlock()
	record := &xshpb.KeptSession{Version: stateVersion, Session: info.ToProto(), History: int32(s.limits.history), Offset: end}
	if o, err := s.opts.ToProto(); err == nil && proto.Size(o) <= maxKeptOptions {
		record.Options = o
	}
	data, err := proto.Marshal(record)
	if err == nil {
		err = s.kept.SetRecord(data)
	}
	if err != nil {
		s.m.log.Warn("store a session's record", "session", s.id, "error", err)
	}
}

// storeScreen stores what the session's terminal shows at an offset.
func (s *session) storeScreen(snap *vt.Snapshot, offset int64) {
	data, err := proto.Marshal(&xshpb.KeptScreen{
		Version: stateVersion, Offset: offset, Size: sizeToProto(Size(snap.Size())),
		Replay: snap.AppendReplay(nil, vt.ReplayOptions{}),
	})
	if err == nil {
		s.kept.mu.Lock()
		defer s.kept.mu.Unlock()
		err = s.kept.SetScreen(data)
	}
	if err != nil { // the screen is made from what the log still has then
		s.m.log.Warn("store a session's screen", "session", s.id, "error", err)
	}
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

// forgetKept lets the keeper forget a session.
func (s *session) forgetKept() {
	if s.kept == nil {
		return
	}
	if err := s.m.keeper.Drop(s.id); err != nil {
		s.m.log.Warn("the keeper still holds a session", "session", s.id, "error", err)
	}
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
func openKept(m *Manager, id string, file *os.File) (*kept, error) {
	memory, err := shmem.Open(file)
	if err != nil {
		return nil, fmt.Errorf("session %q: %w", id, err)
	}
	return newKept(m, id, memory), nil
}
