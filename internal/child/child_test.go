package child

import (
	"bytes"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
)

// patience is how long an event that must come may take.
const patience = 20 * time.Second

// shell returns a command that runs text, and what its output goes to.
func shell(t *testing.T, text string) (Command, *os.File) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close(); null.Close() })
	return Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", text}, Env: os.Environ(), Dir: "/",
		Files: [3]*os.File{null, out, out},
	}, out
}

func started(t *testing.T, cmd Command) *Process {
	t.Helper()
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ended(t *testing.T, p *Process) {
	t.Helper()
	select {
	case <-p.Ended():
	case <-time.After(patience):
		t.Fatalf("process %d does not end", p.PID)
	}
}

// output runs cmd to its end and returns what it wrote.
func output(t *testing.T, cmd Command, out *os.File) string {
	t.Helper()
	p := started(t, cmd)
	ended(t, p)
	for _, err := range p.Refused {
		t.Errorf("refused: %v", err)
	}
	data, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSurroundings(t *testing.T) {
	leaktest.Check(t)
	if runtime.GOOS != "linux" {
		t.Skip("only Linux gives a program limits and ignored signals of its own")
	}
	before := Limits()
	if before["nofile"].Hard < 200 {
		t.Skip("too few open files are allowed to allow fewer")
	}
	const show = `umask; ulimit -Sn; ulimit -Sc; nice; grep SigIgn /proc/self/status`
	umask, nice := 0o037, Nice()+1
	own := Umask()
	cmd, out := shell(t, show)
	cmd.Umask, cmd.Nice, cmd.Ignored = &umask, &nice, []syscall.Signal{unix.SIGTSTP}
	cmd.Limits = map[string]Limit{"nofile": {123, before["nofile"].Hard}, "core": {0, before["core"].Hard}}
	want := "0037\n123\n0\n" + strconv.Itoa(nice) + "\nSigIgn:\t0000000000080000\n"
	if got := output(t, cmd, out); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// The next one has its own, and this process has what it had.
	cmd, out = shell(t, show)
	cmd.Umask, cmd.Limits = &own, map[string]Limit{"nofile": {124, before["nofile"].Hard}}
	if got := output(t, cmd, out); !strings.Contains(got, "\n124\n") || !strings.HasSuffix(got, "SigIgn:\t0000000000000000\n") {
		t.Errorf("the next program got %q", got)
	}
	if Umask() != own || Nice() != nice-1 || Limits()["core"] != before["core"] || Ignores(unix.SIGTSTP) {
		t.Error("this process is not what it was")
	}
}

// TestManyAtOnce: each has its own umask, and none a thread.
func TestManyAtOnce(t *testing.T) {
	leaktest.Check(t)
	threads := func() int {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Skip("only Linux tells the threads of a process so")
		}
		return len(tasks)
	}
	const n = 40
	outs, results := make([]*os.File, n), make([]chan *Process, n)
	first, _ := shell(t, "exec sleep 1000")
	keeps := started(t, first) // so that the starter is counted
	before := threads()
	for i := range n {
		cmd, out := shell(t, "umask; exec sleep 1000")
		outs[i], results[i] = out, make(chan *Process, 1)
		umask := i
		cmd.Umask = &umask
		go func() {
			p, err := Start(cmd)
			if err != nil {
				t.Error(err)
			}
			results[i] <- p
		}()
	}
	all := []*Process{keeps}
	for i := range n {
		p := <-results[i]
		all = append(all, p)
		var data []byte
		for deadline := time.Now().Add(patience); !bytes.HasSuffix(data, []byte("\n")) && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			data, _ = os.ReadFile(outs[i].Name())
		}
		if got, err := strconv.ParseInt(strings.TrimSpace(string(data)), 8, 32); err != nil || int(got) != i {
			t.Errorf("umask %o became %q", i, data)
		}
	}
	if now := threads(); now > before+n/4 {
		t.Errorf("%d threads for %d programs, %d before", now, n, before)
	}
	for _, p := range all {
		unix.Kill(p.PID, unix.SIGTERM)
		ended(t, p)
		if !p.Status().Signaled() || p.Status().Signal() != unix.SIGTERM {
			t.Errorf("ended with %v", p.Status())
		}
	}
}

// TestOtherChildren: who starts a process by itself waits for it by itself.
func TestOtherChildren(t *testing.T) {
	leaktest.Check(t)
	cmd, _ := shell(t, "exec sleep 1000")
	p := started(t, cmd)
	for range 20 {
		if err := osexec.Command("/bin/sh", "-c", "exit 3").Run(); err == nil || err.Error() != "exit status 3" {
			t.Fatalf("another child: %v", err)
		}
	}
	unix.Kill(p.PID, unix.SIGKILL)
	ended(t, p)
}

func TestStops(t *testing.T) {
	leaktest.Check(t)
	cmd, out := shell(t, "kill -STOP $$; echo on; exit 7")
	told := make(chan syscall.Signal, 1)
	cmd.Stopped = func(_ *Process, by syscall.Signal) { told <- by }
	p := started(t, cmd)
	select {
	case by := <-told:
		if by != unix.SIGSTOP || p.StoppedBy() != unix.SIGSTOP {
			t.Errorf("stopped by %v, %v", by, p.StoppedBy())
		}
	case <-time.After(patience):
		t.Fatal("the stop was not told")
	}
	unix.Kill(p.PID, unix.SIGCONT)
	ended(t, p)
	if p.StoppedBy() != 0 || p.Status().ExitStatus() != 7 {
		t.Errorf("stopped by %v, ended with %v", p.StoppedBy(), p.Status())
	}
	if data, _ := io.ReadAll(io.NewSectionReader(out, 0, 100)); string(data) != "on\n" {
		t.Errorf("wrote %q", data)
	}
}

func TestWhatCannotStart(t *testing.T) {
	leaktest.Check(t)
	cmd, _ := shell(t, "")
	cmd.Path = "/no/such/program"
	umask := 0o77
	for _, limits := range []map[string]Limit{nil, {"core": {0, 0}}} {
		cmd.Umask, cmd.Limits = &umask, limits
		if _, err := Start(cmd); err != unix.ENOENT {
			t.Errorf("limits %v: %v", limits, err)
		}
	}
}

// TestEndsAtOnce: a program that has ended before it is known.
func TestEndsAtOnce(t *testing.T) {
	leaktest.Check(t)
	for i := range 100 {
		cmd, _ := shell(t, "exit 5")
		if i%2 == 0 {
			cmd.Limits = map[string]Limit{"core": {uint64(i), Unlimited}}
		}
		p := started(t, cmd)
		ended(t, p)
		if p.Status().ExitStatus() != 5 {
			t.Fatalf("ended with %v", p.Status())
		}
	}
}

// TestLargeLimits: those that JSON has no exact number for are taken for none on
// both sides, and nothing is done about them.
func TestLargeLimits(t *testing.T) {
	leaktest.Check(t)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	large := unix.Rlimit{Cur: min(was.Max, 1<<60), Max: was.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &large); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_FSIZE, &was)
	cmd, out := shell(t, "ulimit -f >/dev/null; echo ok")
	cmd.Limits = Limits()
	if got := output(t, cmd, out); got != "ok\n" {
		t.Errorf("got %q", got)
	}
	if soft := cmd.Limits["fsize"].Soft; runtime.GOOS == "linux" && soft != Unlimited {
		t.Errorf("the limit is %d", soft)
	}
}
