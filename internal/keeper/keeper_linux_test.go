package keeper

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// kept is a keeper in a process of its own, with stand-in servers.
type kept struct {
	t      *testing.T
	socket string
	cmd    *osexec.Cmd
	log    string
}

// said returns what the processes said on standard error. It is a file, since a
// pipe would end with the keeper that the test may kill.
func (k *kept) said() string {
	text, err := os.ReadFile(k.log)
	if err != nil {
		k.t.Error(err)
	}
	return string(text)
}

// startKeeper starts a keeper whose servers run in a mode.
func startKeeper(t *testing.T, mode string, env ...string) *kept {
	t.Helper()
	leaktest.Check(t)
	dir, err := os.MkdirTemp("", "xk")
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{t: t, socket: filepath.Join(dir, "s"), log: filepath.Join(dir, "log")}
	file := listenAt(t, k.socket)
	defer file.Close()
	k.cmd = osexec.Command(testBinary(t), "keeper")
	k.cmd.Env = append(os.Environ(), roleVariable+"=1", "XSH_TEST_MODE="+mode, "GORACE=atexit_sleep_ms=0")
	k.cmd.Env = append(k.cmd.Env, env...)
	k.cmd.ExtraFiles = []*os.File{file}
	log, err := os.Create(k.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	k.cmd.Stderr = log
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.end()
		os.RemoveAll(dir)
	})
	return k
}

// listenAt returns a socket that listens, and that nobody removes.
func listenAt(t *testing.T, path string) *os.File {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	defer l.Close()
	file, err := l.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func testBinary(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// end ends the keeper and all that it started, if that is not done yet.
func (k *kept) end() {
	k.cmd.Process.Signal(unix.SIGTERM)
	timer := time.AfterFunc(patience, func() { k.cmd.Process.Kill() })
	defer timer.Stop()
	k.cmd.Wait()
	if k.t.Failed() {
		k.t.Logf("log:\n%s", k.said())
	}
}

// ask sends a server a command and returns its answer.
func (k *kept) ask(format string, args ...any) (string, error) {
	c, err := net.Dial("unix", k.socket)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, format+"\n", args...)
	answer, err := io.ReadAll(c)
	switch {
	case err != nil:
		return "", err
	case len(answer) == 0:
		return "", io.ErrUnexpectedEOF
	case strings.HasPrefix(string(answer), "error: "):
		return "", errors.New(string(answer[7:]))
	}
	return string(answer), nil
}

// must is ask for what cannot fail.
func (k *kept) must(format string, args ...any) string {
	k.t.Helper()
	answer, err := k.ask(format, args...)
	if err != nil {
		k.t.Fatalf(format+": %v\nlog:\n%s", append(args, err, k.said())...)
	}
	return answer
}

// server returns the pid of the server.
func (k *kept) server() int {
	k.t.Helper()
	pid, err := strconv.Atoi(k.must("pid"))
	if err != nil {
		k.t.Fatal(err)
	}
	return pid
}

// kill kills the server.
func (k *kept) kill() {
	k.t.Helper()
	unix.Kill(k.server(), unix.SIGKILL)
}

// await waits until the log has text in it.
func (k *kept) await(text string) {
	k.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(k.said(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			k.t.Fatalf("no %q in the log:\n%s", text, k.said())
		}
	}
}

// awaitAnswer asks until the answer has text in it.
func (k *kept) awaitAnswer(command, text string) string {
	k.t.Helper()
	var answer string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if answer, _ = k.ask("%s", command); strings.Contains(answer, text) {
			return answer
		}
	}
	k.t.Fatalf("no %q in the answer to %s: %s\nlog:\n%s", text, command, answer, k.said())
	return ""
}

// left waits until the keeper has left, and reports with what.
func (k *kept) left() error {
	k.t.Helper()
	timer := time.AfterFunc(patience, func() { k.cmd.Process.Kill() })
	defer timer.Stop()
	return k.cmd.Wait()
}

// pidOf returns the pid of a session's program.
func (k *kept) pidOf(id string) int {
	k.t.Helper()
	for line := range strings.Lines(k.must("list")) {
		var pid int
		if _, err := fmt.Sscanf(line, id+" pid=%d", &pid); err == nil {
			return pid
		}
	}
	k.t.Fatalf("no session %s", id)
	return 0
}

// openFiles returns how many files the keeper has open.
func (k *kept) openFiles() int {
	k.t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", k.cmd.Process.Pid))
	if err != nil {
		k.t.Fatal(err)
	}
	return len(all)
}

// TestServerIsKilledAgainAndAgain: a hundred programs print numbers while the
// server is killed fifty times; none dies, and no number is missing.
func TestServerIsKilledAgainAndAgain(t *testing.T) {
	k := startKeeper(t, "")
	const sessions, kills = 100, 20
	for i := range sessions {
		k.must("new s%d seq 1 1000000000", i)
	}
	files := k.openFiles()
	for round := range kills {
		k.kill()
		if answer := k.must("check"); answer != "ok" {
			t.Fatalf("round %d: %s", round, answer)
		}
	}
	if now := k.openFiles(); now != files {
		t.Errorf("the keeper had %d open files and has %d now", files, now)
	}
	list := k.must("list")
	if strings.Count(list, " runs") != sessions {
		t.Fatalf("not all run:\n%s", list)
	}
	for line := range strings.Lines(list) {
		var id string
		var pid int
		fmt.Sscanf(line, "%s pid=%d", &id, &pid)
		unix.Kill(pid, unix.SIGTERM)
	}
	for i := range sessions {
		k.awaitAnswer("events", fmt.Sprintf("s%d was killed by signal 15", i))
	}
}

// TestManySessions: a thousand sessions of three descriptors go over in
// batches.
func TestManySessions(t *testing.T) {
	k := startKeeper(t, "")
	k.must("cheap 1000")
	k.kill()
	list := strings.Split(k.must("list"), "\n")
	if len(list) != 1000 {
		t.Fatalf("%d sessions after the crash", len(list))
	}
	for i, line := range list {
		if want := fmt.Sprintf("cheap-%04d pid=0 record=r%d files=3 faults=0 kills=0 runs", i, i); line != want {
			t.Fatalf("session %d is %q, want %q", i, line, want)
		}
	}
	t.Logf("keeper of 1,000 sessions: %s", memoryOf(t, k.cmd.Process.Pid))
}

func memoryOf(t *testing.T, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "RssAnon") {
			return strings.Join(strings.Fields(line), " ")
		}
	}
	return "unknown"
}

// TestStatusesWhileNoServerRuns: the statuses of programs that end while no
// server is there are kept for the next one.
func TestStatusesWhileNoServerRuns(t *testing.T) {
	k := startKeeper(t, "")
	for i := range 5 {
		k.must("new s%d sleep 1000", i)
	}
	pids := map[int]int{}
	for i := range 5 {
		pids[i] = k.pidOf(fmt.Sprintf("s%d", i))
	}
	k.must("rest")
	k.await("is not needed")
	for i, sig := range []unix.Signal{unix.SIGTERM, unix.SIGKILL, unix.SIGHUP, unix.SIGINT} {
		unix.Kill(pids[i], sig)
		awaitGone(t, pids[i])
	}
	list := k.must("list")
	for i, sig := range []int{15, 9, 1, 2} {
		if !strings.Contains(list, fmt.Sprintf("faults=0 kills=0 was killed by signal %d", sig)) {
			// The server came before the keeper had looked at that one, and is told of it.
			k.awaitAnswer("events", fmt.Sprintf("s%d was killed by signal %d", i, sig))
		}
	}
	if !strings.Contains(list, fmt.Sprintf("s4 pid=%d record= files=2 faults=0 kills=0 runs", pids[4])) {
		t.Errorf("s4 does not run:\n%s", list)
	}
}

// TestEndsAreTold: the living server hears of ends and stops of programs that
// a dead one started, also of many at once, and of its own by itself.
func TestEndsAreTold(t *testing.T) {
	k := startKeeper(t, "")
	const sessions = 20
	var pids []int
	for i := range sessions {
		id := fmt.Sprintf("s%d", i)
		k.must("new %s sleep 1000", id)
		pids = append(pids, k.pidOf(id))
	}
	k.kill()
	k.must("new own sh")
	unix.Kill(pids[0], unix.SIGSTOP)
	k.awaitAnswer("events", "s0 was stopped")
	unix.Kill(pids[0], unix.SIGCONT)
	k.awaitAnswer("events", "s0 goes on")
	for _, pid := range append(pids, k.pidOf("own")) {
		unix.Kill(pid, unix.SIGKILL)
	}
	for i := range sessions {
		k.awaitAnswer("events", fmt.Sprintf("s%d was killed by signal 9", i))
	}
	events := k.awaitAnswer("events", "own own signal: killed")
	if strings.Contains(events, "own was") {
		t.Errorf("the server was told what it said itself:\n%s", events)
	}
	k.kill()
	if list := k.must("list"); strings.Count(list, "was killed by signal 9") != sessions+1 {
		t.Errorf("the next server does not know all that ended:\n%s", list)
	}
}

// TestStatusThatTheDeadServerTook: the server waited for a program and died
// before it could tell. Where Linux still knows the status, so does the next
// server; elsewhere it is unknown, and not 0.
func TestStatusThatTheDeadServerTook(t *testing.T) {
	k := startKeeper(t, "silent")
	k.must("new s sh -c exit")
	k.awaitAnswer("events", "s own exit status")
	k.kill()
	if list := k.must("list"); !strings.Contains(list, "ended with status 0") && !strings.Contains(list, "ended in an unknown way") {
		t.Errorf("the next server is told:\n%s", list)
	}
}

// TestWithoutKeeper: a server whose keeper is killed becomes the keeper; its
// programs stay its children, and those of the dead keeper are watched.
func TestWithoutKeeper(t *testing.T) {
	k := startKeeper(t, "")
	k.must("new old seq 1 1000000000")
	k.kill()
	k.must("new mine seq 1 1000000000")
	server, old, mine := k.server(), k.pidOf("old"), k.pidOf("mine")
	k.cmd.Process.Kill()
	k.cmd.Wait()
	t.Cleanup(func() { unix.Kill(server, unix.SIGTERM) })
	k.awaitAnswer("parent", strconv.Itoa(server))
	if list := k.must("list"); strings.Count(list, " runs") != 2 {
		t.Fatalf("the keeper that was a server hands over:\n%s", list)
	}
	if answer := k.must("check"); answer != "ok" {
		t.Error(answer)
	}
	unix.Kill(mine, unix.SIGTERM)
	k.awaitAnswer("events", "mine was killed by signal 15")
	unix.Kill(old, unix.SIGTERM) // whose parent is a process that is none of ours
	events := k.awaitAnswer("events", "old ")
	if !strings.Contains(events, "old was killed by signal 15") && !strings.Contains(events, "old ended in an unknown way") {
		t.Errorf("events:\n%s", events)
	}
	k.kill()
	if list := k.must("list"); strings.Contains(list, " runs") {
		t.Errorf("after both ended:\n%s", list)
	}
	k.must("stop")
	awaitGone(t, server)
}

// awaitGone waits for the end of a process that is not our child.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(patience.Milliseconds())); n == 0 {
		t.Fatalf("process %d does not end", pid)
	}
}

// TestLimit: a server that fails again and again is given up, and clients are
// told; after a rest one attempt is made.
func TestLimit(t *testing.T) {
	k := startKeeper(t, "", "XSH_TEST_SETTLED=1h")
	k.must("new s sleep 1000")
	for !strings.Contains(k.said(), "the server failed 6 times") {
		k.ask("panic") // which may meet the one that is just dying
	}
	k.awaitAnswer("pid", "1 session is kept, the log /the/log says more")
	if list := k.awaitAnswer("list", "s pid"); !strings.Contains(list, " runs") {
		t.Errorf("after the rest:\n%s", list)
	}
}

// TestFirstServerFails: nothing is held, and whoever started the keeper is
// told why.
func TestFirstServerFails(t *testing.T) {
	for mode, want := range map[string]string{
		"fail": "ready: it has two left feet\n",
		"mute": "ready: server ",
	} {
		k := startKeeper(t, mode)
		if err := k.left(); err == nil {
			t.Errorf("%s: the keeper ended without an error", mode)
		}
		if log := k.said(); !strings.Contains(log, want) {
			t.Errorf("%s: the log says\n%s", mode, log)
		}
	}
}

// TestLeaves: a keeper that holds nothing and whose server is not needed ends.
func TestLeaves(t *testing.T) {
	k := startKeeper(t, "")
	k.must("new s sleep 1000")
	first := k.server()
	k.must("rest")
	if k.server() == first {
		t.Error("the same server again")
	}
	k.must("drop s")
	k.must("restart")
	k.server()
	k.must("rest")
	if err := k.left(); err != nil {
		t.Errorf("the keeper left with %v", err)
	}
	if log := k.said(); !strings.Contains(log, "keeper: left") {
		t.Errorf("the log says\n%s", log)
	}
}

// TestUpgrade: the next server takes over without a gap, whether the keeper
// becomes another as well or not; one that does not get ready changes nothing.
func TestUpgrade(t *testing.T) {
	k := startKeeper(t, "")
	const sessions = 10
	for i := range sessions {
		k.must("new s%d seq 1 1000000000", i)
	}
	k.must("update s0 hello")
	for _, mode := range []string{"mute", "fail", "hang", "crash"} {
		before := k.server()
		_, err := k.ask("upgrade %s", mode)
		if err == nil || !strings.Contains(err.Error(), "the new server did not take over") {
			t.Errorf("upgrade to one that is %s: %v", mode, err)
		}
		if after := k.server(); after != before {
			t.Errorf("%s: server %d became %d", mode, before, after)
		}
	}
	keeper, files := k.cmd.Process.Pid, k.openFiles()
	for round := range 10 {
		before := k.server()
		command := []string{"upgrade", "upgrade-keeper", "upgrade-to-no-keeper"}[round%3]
		k.must("new own%d sleep 1000", round)
		if answer := k.must("%s", command); answer != "bye" {
			t.Fatalf("upgrade: %s", answer)
		}
		if k.server() == before {
			t.Error("the same server again")
		}
		if answer := k.must("check"); answer != "ok" {
			t.Fatalf("round %d: %s", round, answer)
		}
		if parent := k.must("parent"); parent != strconv.Itoa(keeper) {
			t.Errorf("the server's parent is %s, not %d", parent, keeper)
		}
		// It was a child of the server before, and then of the keeper.
		unix.Kill(k.pidOf(fmt.Sprintf("own%d", round)), unix.SIGTERM)
		k.awaitAnswer("events", fmt.Sprintf("own%d was killed by signal 15", round))
		list := k.must("list")
		if strings.Count(list, " runs") != sessions+1 || !strings.Contains(list, "record=hello") {
			t.Fatalf("round %d:\n%s", round, list)
		}
	}
	if now := k.openFiles(); now > files+10*3 { // those of the sessions of its rounds
		t.Errorf("the keeper had %d open files and has %d now", files, now)
	}
	testOwnProgram(k)
	own, theirs := scoreOf(t, os.Getpid()), scoreOf(t, k.server())
	if own != theirs {
		t.Errorf("the server's score is %s, a login's %s", theirs, own)
	}
	pid := k.pidOf("s3")
	unix.Kill(pid, unix.SIGTERM)
	k.awaitAnswer("events", "s3 was killed by signal 15")
	k.kill() // the keeper that was another before starts one too
	if list := k.must("list"); strings.Count(list, " runs") != sessions-1 {
		t.Errorf("after the upgrades and a crash:\n%s", list)
	}
}

// TestKilledDuringUpgrade: a server dies while its successor is not ready yet,
// and that one never is.
func TestKilledDuringUpgrade(t *testing.T) {
	k := startKeeper(t, "")
	k.must("new s sleep 1000")
	server := k.server()
	var asking sync.WaitGroup
	asking.Go(func() { k.ask("upgrade hang") })
	k.await("server: hangs")
	unix.Kill(server, unix.SIGKILL)
	if list := k.must("list"); strings.Count(list, " runs") != 1 {
		t.Errorf("the server after both has:\n%s", list)
	}
	asking.Wait()
}

// testOwnProgram has a server whose keeper became another tell that a program
// ended which it had started before.
func testOwnProgram(k *kept) {
	k.t.Helper()
	before := strings.Count(k.said(), "goes on as another")
	k.must("upgrade-keeper-slow") // the keeper becomes another some time after this
	k.must("new own sleep 1000")
	for strings.Count(k.said(), "goes on as another") == before {
		time.Sleep(time.Millisecond)
	}
	unix.Kill(k.pidOf("own"), unix.SIGTERM)
	k.awaitAnswer("events", "own own")
	k.kill()
	if list := k.must("list"); !strings.Contains(list, "was killed by signal 15") {
		k.t.Errorf("a program that the server waited for:\n%s", list)
	}
}

func scoreOf(t *testing.T, pid int) string {
	t.Helper()
	score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(score))
}

// TestSessionThatKillsServers: the next server is told at which session the one
// before died.
func TestSessionThatKillsServers(t *testing.T) {
	k := startKeeper(t, "crash-twice")
	k.must("new bad sleep 1000")
	k.must("new good sleep 1000")
	k.kill()
	list := k.must("list")
	if !strings.Contains(list, "faults=2 kills=0") || strings.Count(list, "faults=0") != 1 {
		t.Errorf("after two that died while adopting it:\n%s", list)
	}
	k.must("update bad calm")
	k.kill()
	if list := k.must("list"); strings.Count(list, "faults=0 kills=0") != 2 {
		t.Errorf("once it was adopted:\n%s", list)
	}
}

// TestServerHangs: it is reported and left alone.
func TestServerHangs(t *testing.T) {
	k := startKeeper(t, "", "XSH_TEST_PING=50ms")
	server := k.server()
	unix.Kill(server, unix.SIGSTOP)
	k.await(fmt.Sprintf("server %d has not answered", server))
	unix.Kill(server, unix.SIGCONT)
	k.await(fmt.Sprintf("server %d answers again", server))
	if k.server() != server {
		t.Error("it was replaced")
	}
}

// TestToldToEnd: a keeper that is told to end does, also when its server is stuck, and
// when it was told while it was being set up.
func TestToldToEnd(t *testing.T) {
	k := startKeeper(t, "", "XSH_TEST_EXIT=50ms")
	server := k.server()
	unix.Kill(server, unix.SIGSTOP)
	k.cmd.Process.Signal(unix.SIGTERM)
	if err := k.left(); err != nil {
		t.Errorf("with a server that is stuck it left with %v", err)
	}
	k.await(fmt.Sprintf("server %d is not done in time and is killed", server))

	k = startKeeper(t, "", "XSH_TEST_TOLD=1")
	if err := k.left(); err != nil {
		t.Errorf("told at once it left with %v", err)
	}
}

// TestKeeperIsStopped: a keeper that sleeps while its server and programs die
// finds out all of it.
func TestKeeperIsStopped(t *testing.T) {
	k := startKeeper(t, "")
	var pids []int
	for i := range 3 {
		k.must("new s%d sleep 1000", i)
		pids = append(pids, k.pidOf(fmt.Sprintf("s%d", i)))
	}
	server := k.server()
	unix.Kill(k.cmd.Process.Pid, unix.SIGSTOP)
	unix.Kill(server, unix.SIGKILL)
	for _, pid := range pids {
		unix.Kill(pid, unix.SIGTERM)
		awaitGone(t, pid)
	}
	time.AfterFunc(50*time.Millisecond, func() { unix.Kill(k.cmd.Process.Pid, unix.SIGCONT) })
	if list := k.must("list"); strings.Count(list, "was killed by signal 15") != 3 {
		t.Errorf("after all of it:\n%s", list)
	}
}

// TestRefused: what the keeper cannot hold it says.
func TestRefused(t *testing.T) {
	k := startKeeper(t, "", "XSH_TEST_SESSIONS=10")
	if _, err := k.ask("cheap 11"); err == nil || !strings.Contains(err.Error(), "10 sessions are kept already") {
		t.Errorf("one too many: %v", err)
	}
	if _, err := k.ask("drop nosuch"); err == nil || !strings.Contains(err.Error(), `no session "nosuch"`) {
		t.Errorf("drop: %v", err)
	}
	if _, err := k.ask("update cheap-0001 %s", strings.Repeat("x", MaxRecord+1)); err == nil {
		t.Error("a record that is too long was taken")
	}
}

// TestNoFilesLeft: a keeper that may open no more files refuses the session and
// can still start a server.
func TestNoFilesLeft(t *testing.T) {
	k := startKeeper(t, "", "XSH_TEST_FILES=120")
	if _, err := k.ask("cheap 1000"); err == nil || !strings.Contains(err.Error(), "raise its limit of open files") {
		t.Errorf("without files: %v", err)
	}
	k.kill()
	if list := k.must("list"); strings.Count(list, "cheap-") != (120-reserve)/3 {
		t.Errorf("the next server has:\n%s", list)
	}
	more := unix.Rlimit{Cur: 1000, Max: 1000}
	if err := unix.Prlimit(k.cmd.Process.Pid, unix.RLIMIT_NOFILE, &more, nil); err != nil {
		t.Fatal(err)
	}
	k.must("new more sleep 1000")
}

// TestLastWords: how a program ended whose parent is another process is known
// while that one has not waited, and after it has where Linux tells.
func TestLastWords(t *testing.T) {
	leaktest.Check(t)
	var pidfd int
	cmd := osexec.Command("sh", "-c", "exit 7")
	cmd.SysProcAttr = &syscall.SysProcAttr{PidFD: &pidfd}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pidfd)
	unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
	want := Status{Known: true, Wait: 7 << 8}
	if st, later := lastWords(cmd.Process.Pid, pidfd); st != want || later {
		t.Errorf("before the wait: %v, %v", st, later)
	}
	cmd.Wait()
	if st, _ := lastWords(cmd.Process.Pid, pidfd); st != want && st.Known {
		t.Errorf("after the wait: %v", st)
	} else if !st.Known {
		t.Log("this Linux does not tell after the wait")
	}
}
