package shmem

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrUnsupported is returned by Create where the system has no memory that can
// be handed to another process. Sessions end with their server there.
var ErrUnsupported = errors.New("no memory that outlives a process (memfd)")

// Memory is one session's memory, mapped. One goroutine at a time may change an
// area, and nobody may read the same area meanwhile; different areas are
// independent. What the kernel reads into a window disturbs no reader.
type Memory struct {
	file *os.File // nil for memory that is the process's own
	mem  []byte
	h    *header
	areas
	take   func(file *os.File, at, n int64) error // reserve; a test runs out of memory
	zeroed int64                                  // the log's bytes from its end up to this offset are zero

	hadBefore int64 // bytes of history for which whoever had the memory before may have taken some
}

// Create makes an empty memory. The name is for people who look at
// /proc/PID/maps.
func Create(name string, limits Limits) (*Memory, error) {
	limits = limits.rounded()
	file, err := newFile(name, layOut(limits, layout).total)
	if err != nil {
		return nil, err
	}
	m, err := create(file, limits, layout)
	if err != nil {
		file.Close()
		return nil, err
	}
	return m, nil
}

// Private makes an empty memory that ends with the process, for systems where
// Create cannot.
func Private(limits Limits) (*Memory, error) {
	return create(nil, limits.rounded(), layout)
}

func create(file *os.File, limits Limits, layout uint64) (*Memory, error) {
	m, err := mapped(file, layOut(limits, layout))
	if err != nil {
		return nil, err
	}
	err = m.take(file, 0, page)
	if err == nil {
		err = m.reserve(&m.log, page)
	}
	if err != nil {
		unix.Munmap(m.mem)
		return nil, fmt.Errorf("memory for a session: %w", err)
	}
	h := m.h
	h.log, h.record, h.screen, h.history = uint64(limits.Log), uint64(limits.Record), uint64(limits.Screen), uint64(limits.History)
	h.capacity.Store(int64(limits.Log))
	h.layout, h.magic = layout, magic
	return m, nil
}

// Open maps the memory that another process made and completes what that one
// was doing when it died: the file must not be in use there any more. On
// success the Memory owns the file.
func Open(file *os.File) (*Memory, error) {
	limits, layout, err := fileLimits(file)
	if err != nil {
		return nil, err
	}
	m, err := mapped(file, layOut(limits, layout))
	if err != nil {
		return nil, err
	}
	if err := m.h.check(limits); err != nil {
		unix.Munmap(m.mem)
		return nil, err
	}
	m.recover()
	m.hadBefore = m.history.size
	return m, nil
}

// fileLimits reads the limits and the layout from a file, which must be one that Create made:
// with the size that belongs to them, for good.
func fileLimits(file *os.File) (limits Limits, layout uint64, err error) {
	size, err := sealedSize(file)
	if err != nil {
		return Limits{}, 0, err
	}
	if size < page {
		return Limits{}, 0, errNotOurs
	}
	mem, err := unix.Mmap(int(file.Fd()), 0, page, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return Limits{}, 0, fmt.Errorf("map a session's memory: %w", err)
	}
	defer unix.Munmap(mem)
	h := (*header)(unsafe.Pointer(&mem[0]))
	limits, err = h.limits()
	if err == nil && layOut(limits, h.layout).total != size {
		return Limits{}, 0, errNotOurs
	}
	return limits, h.layout, err
}

func mapped(file *os.File, a areas) (*Memory, error) {
	if int64(int(a.total)) != a.total {
		return nil, ErrUnsupported
	}
	fd, flags := -1, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE
	if file != nil {
		fd, flags = int(file.Fd()), unix.MAP_SHARED
	}
	mem, err := unix.Mmap(fd, 0, int(a.total), unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, fmt.Errorf("map a session's memory: %w", err)
	}
	return &Memory{file: file, mem: mem, h: (*header)(unsafe.Pointer(&mem[0])), areas: a, take: reserve}, nil
}

// recover takes over what a read had stored when the process that made it was
// killed.
func (m *Memory) recover() {
	h := m.h
	if n := h.window.Load(); n > 0 && h.from.Load() == h.end.Load() {
		at := h.end.Load() % h.capacity.Load()
		if room := h.capacity.Load() - at; n > room {
			n = room
		}
		window := m.bytes(&m.log, at, n)
		for n > 0 && window[n-1] == 0 {
			n--
		}
		// The window's memory was taken before it was published.
		h.oldest.Store(max(h.oldest.Load(), h.end.Load()+n-h.capacity.Load()))
		h.end.Add(n)
	}
	// Asking for memory that is there already costs nothing, so only the log,
	// which is asked at each read, is remembered.
	m.log.have = min(h.capacity.Load(), max(page, (h.end.Load()+page-1)/page*page))
}

// File returns the file behind the memory, for the keeper to hold; nil for
// private memory.
func (m *Memory) File() *os.File { return m.file }

// Close unmaps the memory and closes the file. Nothing of it may be used any
// more, windows included: that would be a fault that ends the process.
func (m *Memory) Close() error {
	err := unix.Munmap(m.mem)
	m.mem, m.h = nil, nil
	if m.file != nil {
		err = errors.Join(err, m.file.Close())
	}
	return err
}

// bytes returns n bytes of an area.
func (m *Memory) bytes(a *area, at, n int64) []byte {
	return m.mem[a.at+at : a.at+at+n : a.at+at+n]
}

// reserve gets memory for the first n bytes of an area.
func (m *Memory) reserve(a *area, n int64) error {
	if n <= a.have {
		return nil
	}
	// Doubling makes few system calls; the whole page is had anyhow.
	want := min(max(n, min(2*a.have, a.have+growthMost)), a.size)
	want = (want + page - 1) / page * page
	if err := m.take(m.file, a.at+a.have, want-a.have); err != nil {
		return fmt.Errorf("memory for a session: %w", err)
	}
	a.have = want
	return nil
}

// growthMost is the most that an area takes beyond what it needs.
const growthMost = 1 << 20
