package keeper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Client is a server's link to its keeper. All methods may be called
// concurrently.
type Client struct {
	conn       *net.UnixConn
	listeners  []*os.File
	supervised bool
	events     chan Event
	lost       chan struct{} // closed when the keeper is gone
	held       chan struct{} // closed when all sessions were handed over
	news       chan struct{} // there is something in pending
	closing    chan struct{}
	close      func()
	running    sync.WaitGroup

	writing sync.Mutex // orders messages

	mu       sync.Mutex // guards the fields below
	sessions []Session  // handed over and not yet taken
	heldErr  error
	pending  map[string]Status // events nobody took, the newest of each session
	order    []string          // of pending
	seq      uint64
	waiting  map[uint64]chan error
}

// Connect returns the link to the keeper that started this process, and
// ErrNoKeeper if none did. It can be called once.
func Connect() (*Client, error) {
	value := os.Getenv(linkVariable)
	if value == "" {
		return nil, ErrNoKeeper
	}
	os.Unsetenv(linkVariable) // programs need not know
	text, isSupervised := strings.CutSuffix(value, supervised)
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 || count > maxPassed {
		return nil, fmt.Errorf("%s=%q is not from a keeper of this version", linkVariable, value)
	}
	var listeners []*os.File
	for i := range count + 1 {
		unix.CloseOnExec(linkFD + i)
		if i > 0 {
			listeners = append(listeners, os.NewFile(uintptr(linkFD+i), "listener"))
		}
	}
	file := os.NewFile(linkFD, "keeper")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("link to the keeper: %w", err)
	}
	link, ok := conn.(*net.UnixConn)
	if !ok {
		conn.Close()
		return nil, fmt.Errorf("file %d is not a link to a keeper", linkFD)
	}
	return newClient(link, listeners, isSupervised), nil
}

func newClient(conn *net.UnixConn, listeners []*os.File, supervised bool) *Client {
	c := &Client{
		conn: conn, listeners: listeners, supervised: supervised,
		events: make(chan Event), lost: make(chan struct{}), held: make(chan struct{}),
		news: make(chan struct{}, 1), closing: make(chan struct{}),
		pending: map[string]Status{}, waiting: map[uint64]chan error{},
	}
	c.close = sync.OnceFunc(func() {
		close(c.closing)
		c.conn.Close()
	})
	c.running.Go(c.read)    // ends with the link
	c.running.Go(c.deliver) // ends with the link
	return c
}

// Listeners returns the sockets on which clients connect. They belong to the
// caller.
func (c *Client) Listeners() []*os.File { return c.listeners }

// Supervised reports whether the keeper is a systemd unit's main process. When
// such a keeper is lost, systemd starts another one with all descriptors: the
// server then stops reading and ends.
func (c *Client) Supervised() bool { return c.supervised }

// Lost is closed when the keeper is gone, and by Close. A server that did not
// close the link and is not Supervised should then Become the keeper.
func (c *Client) Lost() <-chan struct{} { return c.lost }

// Events returns what happens to programs whose parent is not this server, the
// newest of each session. It is closed when the keeper is gone or after Close.
func (c *Client) Events() <-chan Event { return c.events }

// Close ends the link; the keeper takes it that the process ends at once.
func (c *Client) Close() {
	c.close()
	c.running.Wait()
}

// Held returns, once, all sessions that the keeper holds from before this
// server. It waits until it has them.
func (c *Client) Held(ctx context.Context) ([]Session, error) {
	select {
	case <-c.held:
	case <-ctx.Done():
		return nil, fmt.Errorf("sessions from the keeper: %w", ctx.Err())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.sessions
	c.sessions = nil
	return all, c.heldErr
}

// Hold has the keeper hold a session, in place of one with that ID. The files
// stay the caller's.
func (c *Client) Hold(ctx context.Context, s Session) error {
	wire, files := s.wire()
	return c.callWith(ctx, &message{kind: kindHold, sessions: []session{wire}}, files)
}

// Update replaces a session's record.
func (c *Client) Update(ctx context.Context, id string, record []byte) error {
	return c.call(ctx, &message{kind: kindUpdate, id: id, record: record})
}

// Ended tells how a session's program ended, for which this server waited. To
// lose no status to a kill between the two, it should find out with WNOWAIT,
// tell, and wait then.
func (c *Client) Ended(ctx context.Context, id string, st Status) error {
	return c.call(ctx, &message{kind: kindEnded, id: id, status: st})
}

// Drop has the keeper let go of a session.
func (c *Client) Drop(ctx context.Context, id string) error {
	return c.call(ctx, &message{kind: kindDrop, id: id})
}

// Adopting tells that the server begins with something about a session that it
// may not survive. If so, the next one finds that in the session's Faults.
func (c *Client) Adopting(id string) error {
	return c.tell(&message{kind: kindAdopting, id: id}, nil)
}

// Adopted tells that it did survive.
func (c *Client) Adopted(id string) error {
	return c.tell(&message{kind: kindAdopted, id: id}, nil)
}

// Ready tells that the server serves. When it returns nil, the server before
// reads from no pty any more, and this one may.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, &message{kind: kindReady})
}

// Listen gives the keeper other listening sockets in place of those it has.
func (c *Client) Listen(ctx context.Context, listeners []*os.File) error {
	return c.callWith(ctx, &message{kind: kindListen}, listeners)
}

// Upgrade has the keeper start argv as the next server. The caller must have
// stopped reading from all ptys and stored what it knows. Nil means that the
// other has taken over: this process must end, without touching a session.
// With an error there is no successor, and this server may go on. If
// keeperArgv is not empty, the keeper becomes that afterwards.
func (c *Client) Upgrade(ctx context.Context, argv, keeperArgv []string, patience time.Duration) error {
	return c.call(ctx, &message{kind: kindUpgrade, argv: argv, keeperArgv: keeperArgv, how: uint64(patience.Milliseconds())})
}

// Rest tells that the server is about to end since nobody needs it. The keeper
// starts one when somebody connects, and ends too if nothing is held.
func (c *Client) Rest(ctx context.Context) error { return c.leave(ctx, leavingIdle, "") }

// Restart tells that the server is about to end and wants another one started.
func (c *Client) Restart(ctx context.Context) error { return c.leave(ctx, leavingRestart, "") }

// Fail tells why the server cannot serve, in one line, and is about to end.
func (c *Client) Fail(ctx context.Context, why error) error {
	return c.leave(ctx, leavingFailed, clip(why))
}

// Stop tells that the server is about to end, and that the keeper shall end
// with it and let go of all that it holds.
func (c *Client) Stop(ctx context.Context) error { return c.leave(ctx, leavingEnd, "") }

func (c *Client) leave(ctx context.Context, how leaving, why string) error {
	return c.call(ctx, &message{kind: kindLeave, how: uint64(how), text: why})
}

// wire returns a session as it is sent, with its files in order.
func (s *Session) wire() (session, []*os.File) {
	files := slices.Clone(s.Files)
	if s.Pidfd != nil {
		files = append(files, s.Pidfd)
	}
	return session{
		id: s.ID, record: s.Record, pid: s.PID, pidfd: s.Pidfd != nil, end: s.End,
		faults: s.Faults, kills: s.Kills, fds: make([]int, len(files)),
	}, files
}

func (c *Client) call(ctx context.Context, m *message) error { return c.callWith(ctx, m, nil) }

// callWith sends a request and waits for its reply.
func (c *Client) callWith(ctx context.Context, m *message, files []*os.File) error {
	reply := make(chan error, 1)
	c.mu.Lock()
	c.seq++
	m.seq = c.seq
	c.waiting[m.seq] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, m.seq)
		c.mu.Unlock()
	}()
	if err := c.tell(m, files); err != nil {
		return err
	}
	select {
	case err := <-reply:
		return err
	case <-c.lost:
		return errLost
	case <-ctx.Done():
		return fmt.Errorf("the keeper does not answer: %w", ctx.Err())
	}
}

var errLost = errors.New("the keeper is gone")

// sendPatience is how long a keeper may be too busy, or stopped, to take a
// message.
const sendPatience = 30 * time.Second

// tell sends a message with copies of files.
func (c *Client) tell(m *message, files []*os.File) error {
	packet := m.encode()
	if err := fits(m, len(packet), len(files)); err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	var fds []int
	for _, f := range files {
		fds = append(fds, descriptor(f))
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	c.conn.SetWriteDeadline(time.Now().Add(sendPatience))
	if _, _, err := c.conn.WriteMsgUnix(packet, rights, nil); err != nil {
		return fmt.Errorf("tell the keeper: %w", err)
	}
	runtime.KeepAlive(files)
	return nil
}

// descriptor returns a file's descriptor, -1 for a closed one. Fd would take
// the file out of Go's poller.
func descriptor(f *os.File) int {
	fd := -1
	if conn, err := f.SyscallConn(); err == nil {
		conn.Control(func(n uintptr) { fd = int(n) })
	}
	return fd
}

// fits reports what of a message the keeper would refuse.
func fits(m *message, size, files int) error {
	for _, s := range m.sessions {
		if s.id == "" || len(s.id) > maxID || len(s.record) > MaxRecord || files > MaxFiles {
			return fmt.Errorf("the keeper holds sessions with an ID of 1 to %d bytes, a record of %d and %d files, not %d, %d and %d",
				maxID, MaxRecord, MaxFiles, len(s.id), len(s.record), files)
		}
	}
	if size > maxMessage || len(m.record) > MaxRecord || files > maxPassed || len(m.argv) > maxArgs || len(m.keeperArgv) > maxArgs {
		return errTooLong
	}
	return nil
}

// read takes what the keeper says until it is gone.
func (c *Client) read() {
	defer close(c.lost)
	packet, oob := make([]byte, maxMessage+headerBytes), make([]byte, unix.CmsgSpace(4*maxPassed))
	for {
		n, oobn, flags, _, err := c.conn.ReadMsgUnix(packet, oob)
		if err != nil || n == 0 {
			c.handedOver(errLost)
			return
		}
		files := filesOf(passed(oob[:oobn]))
		m, _, err := decodeMessage(packet[:n])
		if err == nil && flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
			err = errors.New("the keeper holds more files than this server may open: raise the limit of open files (ulimit -n)")
		}
		if err == nil {
			files, err = c.handle(&m, files)
		}
		for _, f := range files {
			f.Close()
		}
		if err != nil {
			c.handedOver(err)
		}
	}
}

func filesOf(fds []int) (files []*os.File) {
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		files = append(files, os.NewFile(uintptr(fd), "kept"))
	}
	return files
}

// handle does what a message says. It returns the files that it has no use for.
func (c *Client) handle(m *message, files []*os.File) ([]*os.File, error) {
	switch m.kind {
	case kindHeld:
		return c.take(m.sessions, files)
	case kindAll:
		c.handedOver(nil)
	case kindEvent:
		c.happened(m.id, m.status)
	case kindReply:
		c.replied(m.seq, m.text)
	case kindPing:
		return files, c.tell(&message{kind: kindPong}, nil)
	}
	return files, nil
}

// take gives the sessions of a batch their files.
func (c *Client) take(batch []session, files []*os.File) ([]*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range batch {
		n := len(s.fds)
		if n > len(files) {
			return files, errDamaged
		}
		one := Session{
			ID: s.id, Record: s.record, PID: s.pid, End: s.end, Faults: s.faults, Kills: s.kills,
			Files: files[:n:n],
		}
		if s.pidfd {
			one.Files, one.Pidfd = files[:n-1:n-1], files[n-1]
		}
		files = files[n:]
		c.sessions = append(c.sessions, one)
	}
	return files, nil
}

// handedOver ends the wait of Held.
func (c *Client) handedOver(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.held:
	default:
		c.heldErr = errors.Join(c.heldErr, err)
		close(c.held)
	}
}

func (c *Client) replied(seq uint64, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reply := c.waiting[seq]
	if reply == nil {
		return // nobody waits any more
	}
	delete(c.waiting, seq)
	if text == "" {
		reply <- nil
	} else {
		reply <- errors.New(text)
	}
}

// happened notes an event. The end of a program is its last.
func (c *Client) happened(id string, st Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.pending[id]; !ok {
		c.order = append(c.order, id)
	}
	c.pending[id] = st
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// deliver passes events on at the pace of whoever takes them.
func (c *Client) deliver() {
	defer close(c.events)
	for {
		e, ok := c.nextEvent()
		if ok {
			select {
			case c.events <- e:
				continue
			case <-c.closing:
				return
			}
		}
		select {
		case <-c.news:
		case <-c.lost:
			return
		case <-c.closing:
			return
		}
	}
}

func (c *Client) nextEvent() (Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.order) == 0 {
		return Event{}, false
	}
	id := c.order[0]
	c.order = c.order[1:]
	e := Event{ID: id, Status: c.pending[id]}
	delete(c.pending, id)
	return e, true
}
