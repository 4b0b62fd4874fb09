package keeper

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// Supported says whether the system can have a keeper.
const Supported = true

// keeper is all that Run knows. Only its goroutine touches it.
type keeper struct {
	cfg       Config
	poll      int // epoll
	signals   int // a pipe with a byte for each signal that came
	stop      func()
	listeners []int
	listening bool // the listeners are polled

	held  map[string]*held
	byPID map[int]*held // those whose program has not ended
	byFD  map[int]*held // by pidfd
	count uint64

	unsure []*held // whose programs ended, nobody knows how yet
	askAt  time.Time

	servers   map[int]*server // all that run, by pid
	serving   *server         // the one that has the sessions, or is about to
	successor *server         // the one that will, at an upgrade
	become    []string        // what to exec as once the server before has gone

	notices      []notice // that systemd did not take yet
	noticeAt     time.Time
	notifySocket int // 0 until it is needed

	own      bool   // Config.Server is this process's program
	score    string // servers and programs get it, see lowerScore
	files    int    // descriptors of sessions
	maxFiles int

	plan     plan
	failures int       // servers in a row that failed
	startAt  time.Time // when planned
	why      string    // the last server went
	ready    bool      // the first server served

	packet [maxMessage + headerBytes]byte
	oob    [1088]byte // unix.CmsgSpace(4*maxPassed) and some
}

// plan is what the keeper will do about a server while there is none.
type plan int

const (
	planStart  plan = iota // start one at startAt
	planWait               // start one when somebody connects
	planRefuse             // tell whoever connects; after startAt try again
	planEnd                // it was told to end
)

// Run is the keeper: it returns when nothing is held and no server is needed,
// with an error if that is because no server could be started. Its process
// must do nothing else.
func Run(cfg Config) error {
	// The loop needs a thread and some kilobytes: the less the process takes,
	// the later the system comes to it when memory is short.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(25)
	k, err := newKeeper(cfg.withDefaults())
	if err != nil {
		return err
	}
	defer k.close()
	debug.FreeOSMemory()
	return k.run()
}

func newKeeper(cfg Config) (*keeper, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("become the parent of orphans: %w", err)
	}
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	k := &keeper{
		cfg: cfg, poll: poll,
		held: map[string]*held{}, byPID: map[int]*held{}, byFD: map[int]*held{},
		servers: map[int]*server{}, maxFiles: maxFiles(),
	}
	if err := k.watchSignals(); err != nil {
		return nil, err
	}
	for _, l := range cfg.Listeners {
		fd, err := unix.FcntlInt(l.Fd(), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, fmt.Errorf("listening socket: %w", err)
		}
		k.listeners = append(k.listeners, fd)
		l.Close()
	}
	k.own = isFile(cfg.Server[0], ownProgram)
	k.score = lowerScore()
	if err := k.inherit(); err != nil {
		return nil, err
	}
	k.takeStored()
	k.setNonblock()
	return k, nil
}

// reserve is how many descriptors the keeper leaves for itself: without a few
// it could not start a server.
const reserve = 64

// maxFiles returns how many descriptors of sessions this process may have. Go
// has raised the soft limit to the hard one by now.
func maxFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 - reserve
	}
	return int(min(limit.Cur, 1<<30)) - reserve
}

// setNonblock lets an accept find that the client has gone again.
func (k *keeper) setNonblock() {
	for _, fd := range k.listeners {
		unix.SetNonblock(fd, true)
	}
}

// watchSignals puts each signal as a byte into a pipe, which the loop polls.
// It looks for all children that have ended then, however many signals there
// were.
func (k *keeper) watchSignals() error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	// Apart, so that many children that end at once push out nothing else.
	children, orders := make(chan os.Signal, 1), k.cfg.Orders
	if orders == nil {
		orders = CatchOrders()
	}
	signal.Notify(children, unix.SIGCHLD)
	signal.Notify(orders, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // ends in stop
		defer close(done)
		for {
			var s os.Signal
			select {
			case s = <-children:
			case s = <-orders:
			case <-stop:
				return
			}
			unix.Write(pipe[1], []byte{byte(s.(unix.Signal))})
		}
	}()
	k.signals = pipe[0]
	k.stop = func() {
		signal.Stop(children)
		signal.Stop(orders)
		close(stop)
		<-done
		unix.Close(pipe[1])
	}
	return k.watch(unix.EPOLL_CTL_ADD, k.signals, unix.EPOLLIN)
}

func (k *keeper) watch(op, fd int, events uint32) error {
	if err := unix.EpollCtl(k.poll, op, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	return nil
}

func (k *keeper) logf(format string, args ...any) { k.cfg.Log(fmt.Sprintf(format, args...)) }

// run is the loop. What became due is done first, so that it also decides
// whether to go on.
func (k *keeper) run() error {
	k.reap() // programs may have ended before the signal could be caught
	var events [64]unix.EpollEvent
	for {
		wait, over, err := k.due(time.Now())
		if over {
			return err
		}
		n, err := unix.EpollWait(k.poll, events[:], wait)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			k.happened(int(e.Fd))
		}
	}
}

// happened handles what is ready on a descriptor. Its owner may have gone since
// epoll said so.
func (k *keeper) happened(fd int) {
	if fd == k.signals {
		k.takeSignals()
		return
	}
	if h := k.byFD[fd]; h != nil {
		k.collect(h)
		return
	}
	for _, s := range k.servers {
		if s.sock == fd {
			k.talk(s)
			return
		}
	}
	k.connected()
}

func (k *keeper) takeSignals() {
	var came [64]byte
	for {
		n, err := unix.Read(k.signals, came[:])
		if n <= 0 || err != nil {
			break
		}
		for _, s := range came[:n] {
			k.signalled(unix.Signal(s))
		}
	}
	k.reap()
}

func (k *keeper) signalled(s unix.Signal) {
	switch s {
	case unix.SIGTERM, unix.SIGINT:
		k.plan = planEnd
		by := time.Now().Add(k.cfg.ExitPatience)
		for pid, s := range k.servers {
			unix.Kill(pid, unix.SIGTERM)
			if s.until.IsZero() || by.Before(s.until) { // one that is stuck does not go by itself
				s.until = by
			}
		}
	case unix.SIGHUP: // try again now
		k.failures = 0
		if k.plan != planEnd && k.serving == nil {
			k.startAfter(0)
		}
	}
}

// due does what its time has come for and returns how many milliseconds there
// are until the next thing, -1 for ever, or that the keeper is done.
func (k *keeper) due(now time.Time) (wait int, over bool, err error) {
	if len(k.become) > 0 && k.plan != planEnd && len(k.servers) == 1 && k.serving != nil && k.serving.told() {
		k.exec()
	}
	for before := plan(-1); len(k.servers) == 0 && before != k.plan; {
		before = k.plan
		if over, err := k.withoutServer(now); over {
			return 0, true, err
		}
	}
	k.pollListeners(len(k.servers) == 0 && (k.plan == planWait || k.plan == planRefuse))
	next := sooner(k.askAll(now), k.sendNotices(now))
	if len(k.servers) == 0 && k.plan == planStart {
		next = sooner(next, k.startAt)
	}
	for _, s := range k.servers {
		next = sooner(next, k.attend(s, now))
	}
	if next.IsZero() {
		return -1, false, nil
	}
	return int(max(0, next.Sub(now)/time.Millisecond+1)), false, nil
}

// sooner returns the earlier time; a zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// withoutServer decides what happens while no server runs.
func (k *keeper) withoutServer(now time.Time) (over bool, err error) {
	switch k.plan {
	case planStart:
		if !now.Before(k.startAt) {
			if k.serving, err = k.launch(k.serverPath(), k.cfg.Server); err != nil {
				k.failed(err.Error())
			}
		}
		return false, nil
	case planEnd:
		return true, nil
	case planWait:
		if len(k.held) > 0 {
			return false, nil
		}
		if k.waiting() { // somebody connected to a server that was leaving
			k.startAfter(0)
			return false, nil
		}
		return true, nil
	case planRefuse:
		if len(k.held) == 0 {
			return true, errors.New(k.why)
		}
	}
	return false, nil
}

func (k *keeper) startAfter(d time.Duration) {
	k.plan, k.startAt = planStart, time.Now().Add(d)
}

func (k *keeper) pollListeners(yes bool) {
	if yes == k.listening {
		return
	}
	op := unix.EPOLL_CTL_DEL
	if yes {
		op = unix.EPOLL_CTL_ADD
	}
	for _, fd := range k.listeners {
		k.watch(op, fd, unix.EPOLLIN)
	}
	k.listening = yes
}

// waiting reports whether a client has connected and nobody has taken it.
func (k *keeper) waiting() bool {
	var fds []unix.PollFd
	for _, fd := range k.listeners {
		fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0
}

// connected handles clients that connected while no server runs: a server is
// started for them, or they are told why there is none.
func (k *keeper) connected() {
	if !k.listening {
		return
	}
	if k.plan == planWait || !time.Now().Before(k.startAt) {
		// After a rest one attempt tells whether the trouble is over.
		k.failures = max(0, k.failures-1)
		k.startAfter(0)
		return
	}
	for _, fd := range k.listeners {
		client, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		if err == nil {
			k.cfg.Refuse(writer(client), k.why)
			unix.Close(client)
		}
	}
}

// writer writes to a descriptor what it takes at once.
type writer int

func (w writer) Write(p []byte) (int, error) { return unix.Write(int(w), p) }

func (k *keeper) close() {
	k.notify(notice{text: "STOPPING=1"})
	if k.cfg.Notify != "" {
		// What systemd has stored it keeps if it starts another keeper at once.
		k.cfg.Notify = ""
		if k.notifySocket != 0 {
			unix.Close(k.notifySocket)
		}
	}
	for _, s := range k.servers {
		k.closeLink(s)
	}
	for _, h := range k.held {
		k.drop(h)
	}
	k.pollListeners(false)
	closeAll(k.listeners)
	k.stop()
	unix.Close(k.signals)
	unix.Close(k.poll)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
