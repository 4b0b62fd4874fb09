package local_test

import (
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// overWire is what options are when they have crossed the wire.
func overWire(t *testing.T, o exec.SessionOptions) exec.SessionOptions {
	t.Helper()
	p, err := o.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	return *exec.NewSessionOptionsFromProto(p)
}

func TestSurroundingsOfTheClient(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux gives a program limits and ignored signals of its own")
	}
	r := newRunner(t)
	data := local.Surroundings()
	limits := data[local.DataLimits].(map[string]any)
	hard := limits["nofile"].([]any)[1]
	limits["nofile"] = []any{123.0, hard}
	data[local.DataUmask] = float64(0o37)
	data[local.DataNice] = data[local.DataNice].(float64) + 1
	data[local.DataIgnored] = []any{"TSTP"}
	o := script(`umask; ulimit -Sn; nice; grep SigIgn /proc/self/status`)
	for key, value := range data {
		o.ResourceData[key] = value
	}
	want := "0037\r\n123\r\n" + strconv.Itoa(int(data[local.DataNice].(float64))) + "\r\nSigIgn:\t0000000000080000\r\n"
	for _, o := range []exec.SessionOptions{o, overWire(t, o)} {
		if got, _ := r.run(o); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for key, value := range map[string]any{
		local.DataUmask: "22", local.DataNice: 99.0, local.DataLimits: map[string]any{"core": 1.0}, local.DataIgnored: []any{"INT"},
	} {
		o := script("")
		o.ResourceData[key] = value
		if _, err := r.m.CreateSession(nil, o); !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), strconv.Quote(key)) {
			t.Errorf("%s=%v: %v", key, value, err)
		}
	}
}

func TestOptions(t *testing.T) {
	r := newRunner(t)
	dir := t.TempDir()
	cmd := osexec.Command("sh", "-c", `echo "$0 $FOO"; pwd`)
	cmd.Args[0] = "-sh"
	cmd.Args = append(cmd.Args, "named")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "FOO=bar")
	if got, exit := r.run(local.Options(cmd)); got != "named bar\r\n"+dir+"\r\n" || exit.Code != 0 {
		t.Errorf("got %q, %v", got, exit)
	}
	if _, err := r.m.CreateSession(nil, local.Options(osexec.Command("nosuch"))); err == nil || !strings.HasSuffix(err.Error(), `: no such command "nosuch"`) {
		t.Errorf("a command that is not there: %v", err)
	}
}

func TestPWDIsTheDirectoryAsNamed(t *testing.T) {
	r := newRunner(t)
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	o := options("/usr/bin/env")
	o.ResourceData[local.DataDir] = link
	o.ResourceData[local.DataEnv] = []any{"PWD=/elsewhere"}
	if got, _ := r.run(o); !strings.Contains(got, "PWD="+link+"\r\n") || strings.Count(got, "PWD=") != 1 {
		t.Errorf("got %q", got)
	}
}

func TestTERM(t *testing.T) {
	r := newRunner(t)
	for _, tc := range []struct{ env, want string }{
		{"TERM=vt220 COLORTERM=truecolor TERM_PROGRAM=p", "vt220 truecolor p"},
		{"TERM=dumb COLORTERM=truecolor TERM_PROGRAM=p", "xterm-256color - -"},
		{"TERM= COLORTERM=truecolor", "xterm-256color - -"},
		{"TERM_PROGRAM=p", "xterm-256color - -"},
	} {
		o := script(`echo "$TERM ${COLORTERM:--} ${TERM_PROGRAM:--}"`)
		o.ResourceData[local.DataEnv] = strings.Fields(tc.env)
		if got, _ := r.run(o); got != tc.want+"\r\n" {
			t.Errorf("%s: got %q, want %q", tc.env, got, tc.want)
		}
	}
}

func TestKeyboardOfTheClientsTerminal(t *testing.T) {
	r := newRunner(t)
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	defer theirs.Close()
	// Echo the program's terminal has all the same.
	stty := osexec.Command("stty", "erase", "^H", "intr", "^X", "susp", "undef", "-ixon", "iutf8", "-echo")
	stty.Stdin = theirs
	if out, err := stty.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	o := script("stty -a")
	o.ResourceData[local.DataTerminal] = local.Terminal(theirs)
	got, _ := r.run(overWire(t, o))
	for _, want := range []string{"intr = ^X;", "erase = ^H;", "susp = <undef>;", "kill = ^U;", " -ixon", " iutf8", " icanon", " echo "} {
		if !strings.Contains(got, want) {
			t.Errorf("stty does not say %q: %q", want, got)
		}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if data := local.Terminal(null); data != nil {
		t.Errorf("of no terminal: %v", data)
	}
}

// pixels is a program that tells its terminal's size in pixels.
const pixels = `import fcntl,struct,termios; print("size",*struct.unpack("HHHH",fcntl.ioctl(0,termios.TIOCGWINSZ,b"12345678")))`

func TestPixels(t *testing.T) {
	python, err := osexec.LookPath("python3")
	if err != nil {
		t.Skip("python3 asks for the size in pixels; no small tool does")
	}
	r := newRunner(t)
	o := script(`"$PYTHON" -c "$TEXT"; read -r x; "$PYTHON" -c "$TEXT"`)
	o.ResourceData[local.DataEnv] = []string{"PYTHON=" + python, "TEXT=" + pixels}
	o.Size, o.Pixels = exec.Size{Rows: 20, Cols: 80}, exec.Pixels{Width: 800, Height: 400}
	id := r.start(overWire(t, o))
	r.out.WaitText(t, id, "size 20 80 800 400\r\n")
	// A size without pixels leaves a cell as large as it was.
	if err := r.m.ResizeSession(r.ctx, id, 10, 100); err != nil {
		t.Fatal(err)
	}
	r.typ(id, "\n")
	r.out.WaitText(t, id, "size 10 100 1000 200\r\n")
}

func TestBytesThatAreNoUTF8(t *testing.T) {
	r := newRunner(t)
	dir := filepath.Join(t.TempDir(), "d\xfcr")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o := options("/bin/sh", "-c", `printf '%s|%s|%s' "$PWD" "$VAR" "$1" | od -An -tx1 | tr -d ' \n'`, "sh", "\xff\xfe")
	o.ResourceData[local.DataDir] = dir
	o.ResourceData[local.DataEnv] = []any{"PATH=" + os.Getenv("PATH"), "VAR=\xe4", "K\xf6Y=1"}
	o = overWire(t, o)
	if s, err := r.m.CreateSession(nil, o); err != nil {
		t.Fatal(err)
	} else if got := exec.NewSessionFromProto(s.ToProto()).Command; got[len(got)-1] != "\xff\xfe" {
		t.Errorf("the session's command is %q", got)
	}
	want := ""
	for _, b := range []byte(dir + "|\xe4|\xff\xfe") {
		want += strconv.FormatInt(int64(b)|0x100, 16)[1:]
	}
	if got, _ := r.run(o); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// waitStopped waits until a session is stopped, or is not.
func waitStopped(t *testing.T, r *runner, id string, want bool) {
	t.Helper()
	for deadline := time.Now().Add(exectest.Patience); ; time.Sleep(2 * time.Millisecond) {
		s, err := r.m.GetSession(nil, id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Stopped == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("stopped: %v", s.Stopped)
		}
	}
}

func TestProgramThatStopsItself(t *testing.T) {
	r := newRunner(t)
	id := r.start(script(`echo ready; kill -STOP $$; echo resumed; read -r x; exit 6`))
	r.out.WaitText(t, id, "resumed")
	// Who asks for a stop gets it, and sees it.
	for _, name := range []string{"STOP", "sigstop"} {
		if _, err := r.m.Signal(nil, id, name); err != nil {
			t.Fatal(err)
		}
		waitStopped(t, r, id, true)
		if _, err := r.m.Signal(nil, id, "CONT"); err != nil {
			t.Fatal(err)
		}
		waitStopped(t, r, id, false)
	}
	r.typ(id, "\n")
	if out := r.out.WaitClose(t, id); out.Exit.Code != 6 {
		t.Errorf("ended with %+v", out.Exit)
	}
}

func TestSignalByName(t *testing.T) {
	r := newRunner(t)
	id := r.start(script(`trap 'echo got trap' TRAP; trap 'echo got winch' WINCH; echo ready; while :; do sleep 0.02; done`))
	r.out.WaitText(t, id, "ready")
	for name, text := range map[string]string{"TRAP": "got trap", "28": "got winch", "SIGWINCH": "got winch"} {
		if s, err := r.m.Signal(nil, id, name); err != nil || s.Exit != nil {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		r.out.WaitText(t, id, text)
	}
	for _, name := range []string{"", "0", "-1", "65", "NOSUCH", "RTMIN+40", "CLOSE", "NONE"} {
		if _, err := r.m.Signal(nil, id, name); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := r.m.Signal(nil, id, "RTMIN+3"); err != nil {
		t.Error(err)
	}
	if out := r.out.WaitClose(t, id); *out.Exit != (exec.ExitStatus{Code: 128 + 37, Signal: "SIGRTMIN+3"}) {
		t.Errorf("ended with %+v", out.Exit)
	}
}

// TestSignalGoesToTheForeground: a shell that waits for its job is not what
// somebody means who interrupts the session.
func TestSignalGoesToTheForeground(t *testing.T) {
	bash, err := osexec.LookPath("bash")
	if err != nil {
		t.Skip("there is no shell with job control to try")
	}
	r := newRunner(t)
	o := options(bash, "--norc", "-i")
	id := r.start(o)
	r.typ(id, "PS1=; sh -c 'trap \"echo job in''terrupted; exit 9\" TERM; echo in job; while :; do sleep 0.02; done'; echo after=$?; read -r x\n")
	r.out.WaitText(t, id, "in job\r\n")
	if _, err := r.m.Kill(nil, id, exec.StreamSignalSigterm); err != nil {
		t.Fatal(err)
	}
	r.out.WaitText(t, id, "job interrupted\r\nafter=9\r\n")
}

// TestZombiesDoNotCount: where nobody waits for what a session's program has
// left, its end is no later for that.
func TestZombiesDoNotCount(t *testing.T) {
	if _, err := osexec.LookPath("python3"); err != nil {
		t.Skip("python3 leaves a zombie; no small tool does")
	}
	r := newRunner(t)
	// A child ends in the program's group; its parent has left that, and never
	// waits for the child.
	id := r.start(script(`python3 -c '
import os, time
if os.fork() == 0: os._exit(0)
os.setsid(); print("helper=%d" % os.getpid(), flush=True); time.sleep(1000)' &
trap 'exit 3' HUP; echo ready; while :; do sleep 0.02; done`))
	helper := r.number(id, "helper")
	t.Cleanup(func() { unix.Kill(helper, unix.SIGKILL) })
	r.out.WaitText(t, id, "ready")
	began := time.Now()
	if s, err := r.m.Kill(nil, id, exec.StreamSignalNone); err != nil || s.Exit.Code != 3 {
		t.Fatalf("killed: %+v, %v", s, err)
	}
	if took := time.Since(began); took > grace {
		t.Errorf("took %v", took)
	}
}
