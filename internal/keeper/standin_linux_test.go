package keeper

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/shmem"
)

// patience is how long what must happen may take.
const patience = 30 * time.Second

// roleVariable makes the test binary one of the processes that these tests are
// about; its first argument says which.
const roleVariable = "XSH_TEST_ROLE"

func TestMain(m *testing.M) {
	role := ""
	if os.Getenv(roleVariable) != "" {
		role = os.Args[1]
	}
	switch role {
	case "":
		os.Exit(m.Run())
	case "keeper":
		if n, err := strconv.Atoi(os.Getenv("XSH_TEST_FILES")); err == nil {
			unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(n), Max: 1 << 12})
		}
		if err := Run(keeperConfig()); err != nil {
			fmt.Fprintln(os.Stderr, "keeper:", err)
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, "keeper: left")
	case "server":
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "server:", err)
			os.Exit(1)
		}
	}
}

// keeperConfig is that of a keeper whose server is this binary. What the server
// does beside serving is in its arguments.
func keeperConfig() Config {
	cfg := Config{
		Server:     []string{"/proc/self/exe", "server"},
		FirstPause: time.Millisecond,
		Rest:       time.Second,
		LogPath:    "/the/log",
		Ready:      func(err error) { fmt.Fprintln(os.Stderr, "ready:", err) },
	}
	if mode := os.Getenv("XSH_TEST_MODE"); mode != "" {
		cfg.Server = append(cfg.Server, mode)
	}
	if d, err := time.ParseDuration(os.Getenv("XSH_TEST_SETTLED")); err == nil {
		cfg.Settled = d
	}
	cfg.MaxSessions, _ = strconv.Atoi(os.Getenv("XSH_TEST_SESSIONS"))
	if d, err := time.ParseDuration(os.Getenv("XSH_TEST_PING")); err == nil {
		cfg.PingEvery = d
	}
	if d, err := time.ParseDuration(os.Getenv("XSH_TEST_EXIT")); err == nil {
		cfg.ExitPatience = d
	}
	if os.Getenv("XSH_TEST_TOLD") != "" {
		cfg.Orders = CatchOrders()
		unix.Kill(os.Getpid(), unix.SIGTERM)
		cfg.Orders <- <-cfg.Orders // it has come
	}
	given := FromSystemd()
	cfg.Notify, cfg.Listeners, cfg.Sessions = given.Notify, given.Listeners, given.Sessions
	if !Inherited() && given.Notify == "" {
		cfg.Listeners = []*os.File{os.NewFile(3, "listener")}
	}
	return cfg
}

// standIn is a server as small as can be: it holds ptys and memory, and answers
// one command per connection.
type standIn struct {
	link     *Client
	mode     string
	listener net.Listener
	stays    chan struct{}
	ctx      context.Context

	mu       sync.Mutex
	sessions map[string]*stood
	events   []string
}

// stood is a session of a standIn.
type stood struct {
	Session
	memory  *shmem.Memory
	checked int64 // the log was looked at up to some lines after this
	reading sync.WaitGroup
	mu      sync.Mutex // of the memory's log
}

func serve() error {
	mode := strings.Join(os.Args[2:], " ")
	if mode == "mute" {
		return errors.New("ended at once")
	}
	link, err := Connect()
	if err != nil {
		return err
	}
	s := &standIn{link: link, mode: mode, ctx: context.Background(), stays: make(chan struct{}), sessions: map[string]*stood{}}
	switch mode {
	case "fail":
		return errors.Join(link.Fail(s.ctx, errors.New("it has two left feet")), errors.New("failed"))
	case "hang":
		fmt.Fprintln(os.Stderr, "server: hangs")
		select {}
	}
	s.listener, err = net.FileListener(link.Listeners()[0])
	if err != nil {
		return err
	}
	held, err := link.Held(s.ctx)
	if err != nil {
		return err
	}
	for _, h := range held {
		if err := s.adopt(h); err != nil {
			return fmt.Errorf("adopt %s: %w", h.ID, err)
		}
	}
	if mode == "crash" && len(held) > 0 {
		panic("crash while adopting")
	}
	if err := link.Ready(s.ctx); err != nil {
		return err
	}
	for _, one := range s.sessions {
		s.read(one)
	}
	go func() {
		for e := range link.Events() {
			s.mu.Lock()
			s.events = append(s.events, fmt.Sprintf("%s %v", e.ID, e.Status))
			s.mu.Unlock()
		}
	}()
	go func() {
		<-link.Lost()
		if link.Supervised() {
			os.Exit(1)
		}
		s.become()
	}()
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			<-s.stays // what is under way decides whether this server goes on
			continue
		}
		if err != nil {
			return err
		}
		go s.answer(c)
	}
}

func (s *standIn) adopt(h Session) error {
	if err := s.link.Adopting(h.ID); err != nil {
		return err
	}
	if s.mode == "crash-twice" && h.ID == "bad" && string(h.Record) != "calm" && h.Faults < 2 {
		panic("crash while adopting")
	}
	one := &stood{Session: h}
	if len(h.Files) == 2 {
		var err error
		if one.memory, err = shmem.Open(h.Files[1]); err != nil {
			return err
		}
		// What a check has to look at is what came since the server before
		// this one adopted.
		if notes := one.memory.Notes(); len(notes) > 0 {
			one.checked = notes[len(notes)-1].Offset
		}
		_, end := one.memory.Bounds()
		if err := one.memory.AddNote(shmem.Note{Offset: end}); err != nil {
			return err
		}
	}
	s.sessions[h.ID] = one
	return s.link.Adopted(h.ID)
}

// start runs a program on a pty of its own and has it held.
func (s *standIn) start(id string, argv []string) error {
	cmd := osexec.Command(argv[0], argv[1:]...)
	var pidfd int
	cmd.SysProcAttr = &syscall.SysProcAttr{PidFD: &pidfd}
	p, err := pty.Start(cmd)
	if err != nil {
		return err
	}
	fd, err := unix.FcntlInt(p.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	unix.SetNonblock(fd, true)
	p.Close()
	m, err := shmem.Create("test", shmem.Limits{Log: 64 << 10})
	if err != nil {
		return err
	}
	one := &stood{memory: m, Session: Session{
		ID: id, PID: cmd.Process.Pid, Files: []*os.File{os.NewFile(uintptr(fd), "pty"), m.File()},
		Pidfd: os.NewFile(uintptr(pidfd), "pidfd"),
	}}
	if err := s.link.Hold(s.ctx, one.Session); err != nil {
		return err
	}
	s.mu.Lock()
	s.sessions[id] = one
	s.mu.Unlock()
	s.read(one)
	go func() { // ends with the program
		cmd.Wait()
		if s.mode != "silent" {
			s.link.Ended(s.ctx, id, Status{Known: true, Wait: cmd.ProcessState.Sys().(syscall.WaitStatus)})
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, fmt.Sprintf("%s own %v", id, cmd.ProcessState))
	}()
	return nil
}

// read fills the log from the pty, slowly enough for a machine that has a
// hundred of them.
func (s *standIn) read(one *stood) {
	if one.memory == nil {
		return
	}
	one.reading.Go(func() {
		for {
			one.mu.Lock()
			w := one.memory.Window(4096)
			one.mu.Unlock()
			n, err := one.Files[0].Read(w)
			one.mu.Lock()
			one.memory.Publish(n)
			one.mu.Unlock()
			if err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
}

func (s *standIn) stopReading() {
	s.stopAccepting()
	for _, one := range s.sessions {
		if one.memory != nil {
			one.Files[0].SetReadDeadline(time.Unix(1, 0))
		}
	}
	for _, one := range s.sessions {
		one.reading.Wait()
	}
}

// stopAccepting leaves clients that connect from here on to the next server.
func (s *standIn) stopAccepting() {
	s.listener.(*net.UnixListener).SetDeadline(time.Unix(1, 0))
}

func (s *standIn) goOnReading() {
	s.listener.(*net.UnixListener).SetDeadline(time.Time{})
	s.stays <- struct{}{}
	for _, one := range s.sessions {
		if one.memory != nil {
			one.Files[0].SetReadDeadline(time.Time{})
			s.read(one)
		}
	}
}

// become makes this process the keeper, as a server does that lost its own.
func (s *standIn) become() {
	s.mu.Lock()
	s.stopReading()
	t := Takeover{Argv: []string{"/proc/self/exe", "keeper"}}
	for _, one := range s.sessions {
		t.Sessions = append(t.Sessions, one.Session)
	}
	file, err := s.listener.(*net.UnixListener).File()
	if err == nil {
		t.Listeners = []*os.File{file}
		err = Become(t)
	}
	fmt.Fprintln(os.Stderr, "server:", err)
	os.Exit(1)
}

// check reports where the numbers that the programs print have a gap.
func (s *standIn) check() error {
	for id, one := range s.sessions {
		one.mu.Lock()
		start, end := one.memory.Bounds()
		start = max(start, one.checked-64)
		text := make([]byte, end-start)
		one.memory.Read(text, start)
		one.mu.Unlock()
		lines := bytes.Split(text, []byte("\r\n"))
		if start > 0 {
			lines = lines[1:]
		}
		last := -1
		for i, line := range lines[:max(0, len(lines)-1)] {
			n, err := strconv.Atoi(string(line))
			if err != nil || last >= 0 && n != last+1 {
				return fmt.Errorf("session %s, line %d: %q after %d, log from %d to %d", id, i, line, last, start, end)
			}
			last = n
		}
		if last < 0 && end > 20 {
			return fmt.Errorf("session %s has no line in %d bytes", id, end-start)
		}
	}
	return nil
}

func (s *standIn) answer(c net.Conn) {
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return
	}
	text, err := s.do(strings.Fields(line))
	if err != nil {
		fmt.Fprintf(c, "error: %v", err)
		return
	}
	io.WriteString(c, text)
	if text == "bye" {
		c.Close()
		if strings.HasPrefix(line, "upgrade-keeper-slow") {
			time.Sleep(300 * time.Millisecond) // the keeper waits for the end
		}
		os.Exit(0)
	}
}

func (s *standIn) do(words []string) (string, error) {
	switch words[0] {
	case "pid":
		return strconv.Itoa(os.Getpid()), nil
	case "parent":
		return strconv.Itoa(os.Getppid()), nil
	case "new":
		return "ok", s.start(words[1], words[2:])
	case "update":
		return "ok", s.link.Update(s.ctx, words[1], []byte(words[2]))
	case "drop":
		return "ok", s.link.Drop(s.ctx, words[1])
	case "rest":
		s.stopAccepting()
		return "bye", s.link.Rest(s.ctx)
	case "restart":
		s.stopAccepting()
		return "bye", s.link.Restart(s.ctx)
	case "stop":
		return "bye", s.link.Stop(s.ctx)
	case "panic":
		panic("as asked")
	case "cheap":
		return "ok", s.cheap(words[1])
	case "upgrade", "upgrade-keeper", "upgrade-keeper-slow", "upgrade-to-no-keeper":
		return s.upgrade(words)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch words[0] {
	case "list":
		var all []string
		for id, one := range s.sessions {
			end := "runs"
			if one.End != nil {
				end = one.End.String()
			}
			all = append(all, fmt.Sprintf("%s pid=%d record=%s files=%d faults=%d kills=%d %s",
				id, one.PID, one.Record, len(one.Files), one.Faults, one.Kills, end))
		}
		slices.Sort(all)
		return strings.Join(all, "\n"), nil
	case "events":
		return strings.Join(s.events, "\n"), nil
	case "check":
		return "ok", s.check()
	}
	return "", fmt.Errorf("what is %q", words)
}

// cheap holds many sessions that are nothing but two descriptors each.
func (s *standIn) cheap(count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	for i := range n {
		one := Session{ID: fmt.Sprintf("cheap-%04d", i), Record: []byte(fmt.Sprint("r", i)), Files: []*os.File{null, null, null}}
		if err := s.link.Hold(s.ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (s *standIn) upgrade(words []string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopReading()
	argv := append([]string{"/proc/self/exe", "server"}, words[1:]...)
	var keeperArgv []string
	switch words[0] {
	case "upgrade-keeper", "upgrade-keeper-slow":
		keeperArgv = []string{"/proc/self/exe", "keeper"}
	case "upgrade-to-no-keeper":
		keeperArgv = []string{"/no/such/keeper"}
	}
	patience := patience
	if slices.Contains(words, "hang") {
		patience = 3 * time.Second // time enough for it to begin to hang
	}
	if err := s.link.Upgrade(s.ctx, argv, keeperArgv, patience); err != nil {
		s.goOnReading()
		return "", err
	}
	return "bye", nil
}
