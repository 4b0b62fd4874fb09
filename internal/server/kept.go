package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
)

// StateVersion is that of what a server leaves for the next one: the memory of
// its sessions and how the keeper holds them. A server reads all from
// oldestState on.
const (
	StateVersion = 2
	oldestState  = 1
)

// keeperWait is how long a keeper may take to answer: as long as a machine
// that is short of memory may stand still.
const keeperWait = 30 * time.Second

// Kept is the link to the keeper that started this server: an exec.Keeper for
// the Manager, which hears through it what became of the programs whose parent
// was a server before.
type Kept struct {
	link  *keeper.Client
	count string // the file that tells how many sessions run
	event string // and the one that tells how far events are numbered
	log   logging.Logger

	following sync.WaitGroup

	mu    sync.Mutex
	held  map[string]bool            // by ID, whether its program runs
	early map[string]exec.ExitStatus // of programs that ended and are not held, some of them not yet
	aside map[string]keeper.Session  // what was held and could not be adopted
	told  int                        // what the file says; negative if that is not known
	over  bool                       // it is to say nothing more
}

// NewKept returns what a Manager needs of a link to the keeper. Two of the paths are
// its own: of the file that tells how many sessions run, and of the one that tells how
// far events are numbered.
func NewKept(link *keeper.Client, p paths.Paths, log logging.Logger) *Kept {
	return &Kept{
		link: link, count: p.Count, event: p.Events, log: log, told: -1,
		held: make(map[string]bool), early: make(map[string]exec.ExitStatus), aside: make(map[string]keeper.Session),
	}
}

// Hold implements exec.Keeper. Without its keeper a server goes on, and becomes
// one: the session is held then.
func (k *Kept) Hold(s exec.Kept) error {
	k.mu.Lock()
	if status, ended := k.early[s.ID]; ended && s.Exit == nil {
		s.Exit = &status
	}
	delete(k.early, s.ID)
	k.held[s.ID] = s.Exit == nil
	k.mu.Unlock()
	session, err := toKeeper(s)
	if err == nil {
		err = k.tell(func(ctx context.Context) error { return k.link.Hold(ctx, session) })
		closePidfd(session)
	}
	if err != nil {
		k.forget(s.ID)
	}
	k.tellCount()
	return err
}

// Ended implements exec.Keeper.
func (k *Kept) Ended(id string, status exec.ExitStatus) error {
	if !k.ended(id, status) {
		return nil
	}
	return k.tell(func(ctx context.Context) error { return k.link.Ended(ctx, id, statusToKeeper(status)) })
}

// ProgramEnded is Ended for a handler, which has nobody to tell of an error.
func (k *Kept) ProgramEnded(id string, status exec.ExitStatus) {
	if err := k.Ended(id, status); err != nil {
		k.log.Warn("the keeper does not know how a program ended", "session", id, "error", err)
	}
}

// mostEarly is how many ends are remembered of programs that are not held: a
// program may end before its session is, and others never are.
const mostEarly = 256

// ended notes that a session's program has ended, and reports whether the
// session is held.
func (k *Kept) ended(id string, status exec.ExitStatus) bool {
	k.mu.Lock()
	_, held := k.held[id]
	if held {
		k.held[id] = false
	} else {
		for old := range k.early {
			if len(k.early) < mostEarly {
				break
			}
			delete(k.early, old)
		}
		k.early[id] = status
	}
	k.mu.Unlock()
	k.tellCount()
	return held
}

// Drop implements exec.Keeper.
func (k *Kept) Drop(id string) error {
	k.forget(id)
	return k.tell(func(ctx context.Context) error { return k.link.Drop(ctx, id) })
}

// tellWait is how long a keeper may take to answer where its answer changes
// little: what it was told stays with it, and it may have been stopped.
const tellWait = time.Second

// tell tells the keeper something. If it is gone, or takes its time, that is no
// error.
func (k *Kept) tell(what func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), tellWait)
	defer cancel()
	err := what(ctx)
	if k.lost() || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func (k *Kept) forget(id string) {
	k.mu.Lock()
	delete(k.held, id)
	k.mu.Unlock()
	k.tellCount()
}

func (k *Kept) lost() bool {
	select {
	case <-k.link.Lost():
		return true
	default:
		return false
	}
}

// tellCount writes down how many programs run, for whoever starts a keeper
// after this server and its keeper were both killed.
func (k *Kept) tellCount() {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := len(k.aside)
	for _, runs := range k.held {
		if runs {
			n++
		}
	}
	if n == k.told || k.over {
		return
	}
	k.told = n
	writeCount(k.count, n)
}

// giveUp has the keeper end with this server, whose sessions are not lost but
// ended.
func (k *Kept) giveUp() error {
	k.mu.Lock()
	k.over = true
	k.mu.Unlock()
	return k.tell(k.link.Stop)
}

// writeCount writes a number to a file, which is not there when that is 0. It is written
// over in one piece and always as long, so that a reader never sees half of one; a file
// made anew each time would be the dearest part of a session's start. Where nothing can be
// written nobody will be told.
func writeCount(path string, n int) {
	if n == 0 {
		os.Remove(path)
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%-20d\n", n)
}

// readCount reads what writeCount wrote; 0 if there is nothing.
func readCount(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// Reserved implements exec.EventNumbers.
func (k *Kept) Reserved() int64 { return int64(readCount(k.event)) }

// Reserve implements exec.EventNumbers.
func (k *Kept) Reserve(n int64) { writeCount(k.event, int(n)) }

// closeFiles closes what was copied of a session, or is still the keeper's too.
func closeFiles(s keeper.Session) {
	for _, f := range s.Files {
		f.Close()
	}
	closePidfd(s)
}

// adopt takes over what the keeper holds. Only when all is ready to serve the
// keeper sends whoever served before away, and no pty is read before that one
// has stopped reading: at an upgrade it may go on instead of this one.
func (k *Kept) adopt(ctx context.Context, m *exec.Manager) error {
	wait, cancel := context.WithTimeout(ctx, keeperWait)
	defer cancel()
	all, err := k.link.Held(wait)
	if err != nil {
		return fmt.Errorf("take over from the keeper: %w", err)
	}
	begin := make(chan struct{})
	for _, s := range all {
		err := k.adoptOne(m, s, begin)
		if s.Faults >= mostFaults {
			err = fmt.Errorf("%d servers in a row died while adopting it; xsh server adopt tries once more", s.Faults)
		}
		if err != nil {
			k.log.Error("a session is set aside: its program runs, and nobody reads what it prints", "session", s.ID, "error", err)
		}
	}
	if err := k.link.Ready(wait); err != nil {
		return fmt.Errorf("take over from the keeper: %w", err)
	}
	close(begin)
	k.tellCount()
	k.following.Go(func() { k.follow(m) }) // ends with the link
	if len(all) > 0 {
		k.log.Info("adopted sessions", "sessions", len(all)-len(k.SetAside()), "set aside", len(k.SetAside()))
	}
	return nil
}

// mostFaults is how many servers may die while adopting a session before it is
// set aside. From the first on it is adopted without a model of its screen.
const mostFaults = 2

// adoptOne has m take over a session, whose pty is read from begin on. One that
// m cannot take over, or should not, is set aside.
func (k *Kept) adoptOne(m *exec.Manager, s keeper.Session, begin <-chan struct{}) error {
	k.mu.Lock()
	k.aside[s.ID] = s
	k.mu.Unlock()
	if s.Faults >= mostFaults {
		return nil
	}
	return k.take(m, s, begin)
}

// take has m take over a session that is set aside.
func (k *Kept) take(m *exec.Manager, s keeper.Session, begin <-chan struct{}) error {
	kept, err := fromKeeper(s)
	if err != nil {
		return err
	}
	kept.Begin = begin
	if err := k.link.Adopting(s.ID); err != nil {
		k.log.Warn("the keeper is not told what is being adopted", "session", s.ID, "error", err)
	}
	err = errors.Join(m.Adopt([]exec.Kept{kept})...)
	k.link.Adopted(s.ID) // a keeper that is gone does not ask
	if err != nil {
		return err
	}
	k.mu.Lock()
	delete(k.aside, s.ID)
	k.held[s.ID] = kept.Exit == nil
	k.mu.Unlock()
	closeFiles(s)
	return nil
}

// retry has m take over the sessions that were set aside, all of them without a
// model of the screen. It returns how many m has now.
func (k *Kept) retry(m *exec.Manager) (adopted int, err error) {
	for _, id := range k.SetAside() {
		k.mu.Lock()
		s, ok := k.aside[id]
		k.mu.Unlock()
		if !ok {
			continue
		}
		s.Faults = 1
		if e := k.take(m, s, nil); e != nil {
			err = errors.Join(err, e)
		} else {
			adopted++
		}
	}
	k.tellCount()
	return adopted, err
}

// follow tells m how programs end that are not children of this server, and that they
// stop and go on. It returns when the keeper is gone or the link is closed.
func (k *Kept) follow(m *exec.Manager) {
	for e := range k.link.Events() {
		switch w := e.Status.Wait; {
		case e.Status.Ended():
			status := statusFromKeeper(e.Status)
			k.ended(e.ID, status)
			m.ProgramEnded(e.ID, status)
		case w.Stopped():
			m.ProgramStopped(e.ID, w.StopSignal())
		default:
			m.ProgramStopped(e.ID, 0)
		}
	}
}

// close ends the link. The keeper takes it that this process ends at once.
func (k *Kept) close() {
	k.link.Close()
	k.following.Wait()
}

// SetAside returns the IDs of the sessions that are held and not adopted.
func (k *Kept) SetAside() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var ids []string
	for id := range k.aside {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// sessions returns all that the keeper should hold for m.
func (k *Kept) sessions(m *exec.Manager) []keeper.Session {
	var all []keeper.Session
	for _, s := range m.Kept() {
		if session, err := toKeeper(s); err == nil {
			all = append(all, session)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.aside {
		all = append(all, s)
	}
	return all
}

// Fail tells the keeper why this server cannot serve.
func (k *Kept) Fail(why error) {
	ctx, cancel := context.WithTimeout(context.Background(), keeperWait)
	defer cancel()
	k.link.Fail(ctx, why) // whose answer changes nothing
}

// toKeeper returns a session as the keeper holds it: the memory, and the pty
// while there is one. The caller closes the Pidfd.
func toKeeper(s exec.Kept) (keeper.Session, error) {
	if s.Memory == nil {
		return keeper.Session{}, errors.New("it has no memory that outlives the server")
	}
	held := keeper.Session{ID: s.ID, Record: []byte{StateVersion}, Files: []*os.File{s.Memory}, PID: s.PID}
	if s.Terminal != nil {
		held.Files = append(held.Files, s.Terminal)
	}
	if s.Exit != nil {
		st := statusToKeeper(*s.Exit)
		held.End = &st
	} else if s.PID > 0 {
		held.Pidfd = openPidfd(s.PID)
	}
	return held, nil
}

// copyFile returns another descriptor of f, whose mode, which is that of all
// copies, stays as it is.
func copyFile(f *os.File) (*os.File, error) {
	fd := -1
	conn, err := f.SyscallConn()
	if err == nil {
		err = conn.Control(func(own uintptr) {
			var dupErr error
			if fd, dupErr = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 3); dupErr != nil {
				fd = -1
			}
		})
	}
	if err != nil || fd < 0 {
		return nil, fmt.Errorf("copy the descriptor of %s", f.Name())
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

func closePidfd(s keeper.Session) {
	if s.Pidfd != nil {
		s.Pidfd.Close()
	}
}

// fromKeeper undoes toKeeper, with copies of the files: one that cannot be
// adopted is as it was. What systemd kept has no record.
func fromKeeper(s keeper.Session) (exec.Kept, error) {
	if len(s.Record) > 0 && (s.Record[0] > StateVersion || s.Record[0] < oldestState) {
		return exec.Kept{}, fmt.Errorf("its state is of version %d, this server reads %d to %d", s.Record[0], oldestState, StateVersion)
	}
	if len(s.Files) == 0 || len(s.Files) > 2 {
		return exec.Kept{}, fmt.Errorf("it has %d files, of which this server knows 1 to 2", len(s.Files))
	}
	kept := exec.Kept{ID: s.ID, PID: s.PID, NoModel: s.Faults > 0}
	for i, to := range []**os.File{&kept.Memory, &kept.Terminal}[:len(s.Files)] {
		f, err := copyFile(s.Files[i])
		if err != nil {
			return exec.Kept{}, err
		}
		*to = f
	}
	if s.End != nil {
		status := statusFromKeeper(*s.End)
		kept.Exit = &status
	}
	return kept, nil
}

// unknownCode is the exit code of a program of which nobody knows how it ended.
const unknownCode = 254

func statusFromKeeper(st keeper.Status) exec.ExitStatus {
	switch {
	case !st.Known:
		return exec.ExitStatus{Code: unknownCode, Message: "nobody knows how the program ended: its parent was killed"}
	case st.Wait.Signaled():
		return exec.ExitStatus{Code: 128 + int(st.Wait.Signal()), Signal: exec.SignalName(st.Wait.Signal())}
	default:
		return exec.ExitStatus{Code: st.Wait.ExitStatus()}
	}
}

// statusToKeeper undoes statusFromKeeper. A message, which a program's own end
// has not, is lost.
func statusToKeeper(st exec.ExitStatus) keeper.Status {
	switch {
	case st.Signal != "":
		return keeper.Status{Known: true, Wait: syscall.WaitStatus(st.Code-128) & 0x7f}
	case st.Message != "":
		return keeper.Status{}
	default:
		return keeper.Status{Known: true, Wait: syscall.WaitStatus(st.Code&0xff) << 8}
	}
}
