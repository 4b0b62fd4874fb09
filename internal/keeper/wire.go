package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
)

// version is that of the messages between keeper and server, and of the state
// that a keeper hands to the one it becomes. A reader skips fields behind those
// it knows and takes those that are missing as zero, so a new field at the end
// needs no new version.
const version = 1

// What a message says. A server sends those up to kindPong.
const (
	kindHold     = 1 + iota // sessions[0] with its descriptors
	kindUpdate              // id, record
	kindEnded               // id, status: the server itself waited for the program
	kindDrop                // id
	kindAdopting            // id: the server begins with it
	kindAdopted             // id: and is done with it
	kindReady               // it serves
	kindLeave               // how, text
	kindUpgrade             // how is the time in milliseconds, argv, keeperArgv
	kindListen              // with the descriptors of new listening sockets
	kindPong
	kindHeld  // sessions with their descriptors
	kindAll   // that were all of them
	kindEvent // id, status
	kindReply // seq; text is the error, empty for none
	kindPing
	kindState // of a keeper that becomes another: see state
)

// Bounds of what the other side may send.
const (
	// MaxRecord is the longest record that the keeper holds for a session.
	MaxRecord = 4096
	// MaxFiles is how many files it holds for one, the pidfd included.
	MaxFiles = 8

	maxID       = 128
	maxText     = 1024
	maxMessage  = 64 << 10
	maxPassed   = 253 // descriptors that Linux passes in a message
	batchBytes  = 32 << 10
	maxArgs     = 64
	headerBytes = 6
)

// message is anything that keeper and server tell each other. Its fields stand
// in this order on the wire, whatever the kind.
type message struct {
	kind       byte
	seq        uint64 // a request's number, which its reply repeats; 0 wants no reply
	how        uint64
	id         string
	record     []byte
	status     Status
	text       string
	argv       []string
	keeperArgv []string
	sessions   []session
}

// session is what the keeper holds of one, as it goes over the wire.
type session struct {
	id     string
	record []byte
	pid    int
	pidfd  bool // the last descriptor is the program's pidfd
	end    *Status
	faults int
	kills  int
	fds    []int // over a socket only how many there are has a meaning
	// In a keeper's state: the program is a child of the server that runs.
	theirs bool
}

// Status is how a program ended, was stopped, or went on.
type Status struct {
	// Known is false if the program ended and nobody can say how.
	Known bool
	Wait  syscall.WaitStatus
}

// Ended reports whether the program is no more.
func (s Status) Ended() bool { return !s.Known || s.Wait.Exited() || s.Wait.Signaled() }

func (s Status) String() string {
	switch {
	case !s.Known:
		return "ended in an unknown way"
	case s.Wait.Exited():
		return fmt.Sprintf("ended with status %d", s.Wait.ExitStatus())
	case s.Wait.Signaled():
		return fmt.Sprintf("was killed by signal %d (%v)", int(s.Wait.Signal()), s.Wait.Signal())
	case s.Wait.Stopped():
		return "was stopped"
	default:
		return "goes on"
	}
}

// encode returns the message as it is sent: version, kind, the length of the
// rest, the fields.
func (m *message) encode() []byte {
	e := encoder{make([]byte, headerBytes, 256)}
	e.number(m.seq)
	e.number(m.how)
	e.bytes([]byte(m.id))
	e.bytes(m.record)
	e.status(&m.status)
	e.bytes([]byte(m.text))
	e.strings(m.argv)
	e.strings(m.keeperArgv)
	e.number(uint64(len(m.sessions)))
	for i := range m.sessions {
		e.bytes(m.sessions[i].encode())
	}
	e.b[0], e.b[1] = version, m.kind
	binary.LittleEndian.PutUint32(e.b[2:], uint32(len(e.b)-headerBytes))
	return e.b
}

func (s *session) encode() []byte {
	var e encoder
	e.bytes([]byte(s.id))
	e.bytes(s.record)
	e.number(uint64(s.pid))
	e.bool(s.pidfd)
	e.bool(s.end != nil)
	if s.end == nil {
		e.status(&Status{})
	} else {
		e.status(s.end)
	}
	e.number(uint64(s.faults))
	e.number(uint64(s.kills))
	e.number(uint64(len(s.fds)))
	for _, fd := range s.fds {
		e.number(uint64(fd))
	}
	e.bool(s.theirs)
	return e.b
}

// Errors of what came from the other side.
var (
	errDamaged = errors.New("a message between keeper and server is damaged")
	errTooLong = errors.New("a message between keeper and server is too long")
)

// decodeMessage reads the message at the beginning of p and returns what
// follows it.
func decodeMessage(p []byte) (m message, rest []byte, err error) {
	if len(p) < headerBytes {
		return m, nil, errDamaged
	}
	if p[0] != version {
		return m, nil, fmt.Errorf("the other side speaks version %d of the messages between keeper and server, this xsh speaks %d", p[0], version)
	}
	n := binary.LittleEndian.Uint32(p[2:])
	switch {
	case n > maxMessage:
		return m, nil, errTooLong
	case int(n) > len(p)-headerBytes:
		return m, nil, errDamaged
	}
	body, rest := p[headerBytes:headerBytes+n], p[headerBytes+n:]
	m.kind = p[1]
	return m, rest, m.decode(body)
}

func (m *message) decode(p []byte) error {
	d := decoder{p: p}
	m.seq = d.number()
	m.how = d.number()
	m.id = string(d.bytes(maxID))
	m.record = d.bytes(MaxRecord)
	m.status = d.status()
	m.text = string(d.bytes(maxText))
	m.argv = d.strings()
	m.keeperArgv = d.strings()
	// A session takes at least a byte, which bounds what a lie can allocate.
	for n := d.number(); n > 0 && !d.bad; n-- {
		m.sessions = append(m.sessions, decodeSession(&d))
	}
	if d.bad {
		return errDamaged
	}
	return nil
}

func decodeSession(outer *decoder) session {
	d := decoder{p: outer.bytes(maxMessage), bad: outer.bad}
	s := session{
		id:     string(d.bytes(maxID)),
		record: d.bytes(MaxRecord),
		pid:    int(int32(d.number())),
		pidfd:  d.bool(),
	}
	if ended, status := d.bool(), d.status(); ended {
		s.end = &status
	}
	s.faults = int(uint16(d.number()))
	s.kills = int(uint16(d.number()))
	n := d.number()
	if n > MaxFiles || s.id == "" || s.pid < 0 || s.pidfd && n == 0 {
		d.bad = true
	}
	for ; n > 0 && !d.bad; n-- {
		s.fds = append(s.fds, int(uint32(d.number())))
	}
	s.theirs = d.bool()
	outer.bad = outer.bad || d.bad
	return s
}

type encoder struct{ b []byte }

func (e *encoder) number(n uint64) { e.b = binary.AppendUvarint(e.b, n) }

func (e *encoder) bool(v bool) {
	if v {
		e.number(1)
	} else {
		e.number(0)
	}
}

func (e *encoder) bytes(p []byte) {
	e.number(uint64(len(p)))
	e.b = append(e.b, p...)
}

func (e *encoder) strings(all []string) {
	e.number(uint64(len(all)))
	for _, s := range all {
		e.bytes([]byte(s))
	}
}

func (e *encoder) status(s *Status) {
	e.bool(s.Known)
	e.number(uint64(s.Wait))
}

// decoder reads fields until the input is used up, from where on all are zero.
// It is bad if the input is not what an encoder wrote.
type decoder struct {
	p   []byte
	bad bool
}

func (d *decoder) number() uint64 {
	if len(d.p) == 0 {
		return 0
	}
	n, size := binary.Uvarint(d.p)
	if size <= 0 {
		d.bad, d.p = true, nil
		return 0
	}
	d.p = d.p[size:]
	return n
}

func (d *decoder) bool() bool { return d.number() != 0 }

// bytes returns a copy: the input is a buffer that is used again.
func (d *decoder) bytes(most int) []byte {
	n := d.number()
	if n > uint64(most) || n > uint64(len(d.p)) {
		d.bad, d.p = true, nil
		return nil
	}
	b := append([]byte(nil), d.p[:n]...)
	d.p = d.p[n:]
	return b
}

func (d *decoder) strings() []string {
	n := d.number()
	if n > maxArgs {
		d.bad, d.p = true, nil
		return nil
	}
	var all []string
	for ; n > 0 && !d.bad; n-- {
		all = append(all, string(d.bytes(maxMessage)))
	}
	return all
}

func (d *decoder) status() Status {
	return Status{Known: d.bool(), Wait: syscall.WaitStatus(uint32(d.number()))}
}
