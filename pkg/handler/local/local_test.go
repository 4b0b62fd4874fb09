package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/handler/local"
	"github.com/xsh-project/xsh/pkg/types"
)

// grace is long enough for a program that wants to end.
const grace = 500 * time.Millisecond

// runner runs sessions of the handler on real terminals.
type runner struct {
	t   *testing.T
	m   *exec.Manager
	ctx *types.PluginContext
	in  chan exec.StreamInput
	out *exectest.Sink
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	return newRunnerWith(t, local.Config{Socket: "/run/xsh.sock"})
}

func newRunnerWith(t *testing.T, cfg local.Config) *runner {
	t.Helper()
	cfg.Grace = grace
	leaktest.Check(t)
	r := &runner{
		t: t, ctx: &types.PluginContext{RequestID: "r", RequesterID: "me"}, in: make(chan exec.StreamInput),
		m: exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{
			local.Key: local.New(cfg),
		}}),
	}
	t.Cleanup(r.m.Close)
	out, err := r.m.Stream(types.NewContext(context.Background(), r.ctx), r.in)
	if err != nil {
		t.Fatal(err)
	}
	r.out = exectest.Record(out)
	return r
}

// options are those of a session as the command line makes it.
func options(command ...string) exec.SessionOptions {
	return exec.SessionOptions{
		ResourcePlugin: local.Plugin, ResourceKey: local.Resource, TTY: true, Command: command,
		ResourceData: map[string]any{local.DataEnv: []any{"PATH=" + os.Getenv("PATH")}, local.DataDir: "/"},
	}
}

// script is options of a shell script on a terminal.
func script(text string) exec.SessionOptions { return options("/bin/sh", "-c", text) }

func (r *runner) start(o exec.SessionOptions) string {
	r.t.Helper()
	// Not as the one who attaches: a creator's stream is told the end of a
	// session, which may come before the attach.
	s, err := r.m.CreateSession(nil, o)
	if err != nil {
		r.t.Fatalf("create: %v", err)
	}
	if _, err := r.m.Attach(r.ctx, s.ID, exec.AttachOptions{Resume: true}); err != nil {
		r.t.Fatalf("attach: %v", err)
	}
	return s.ID
}

// run runs a session to its end and returns what it wrote and how it ended.
func (r *runner) run(o exec.SessionOptions) (string, exec.ExitStatus) {
	r.t.Helper()
	id := r.start(o)
	out := r.out.WaitClose(r.t, id)
	return string(r.out.Bytes(id, exec.StreamTargetStdOut)), *out.Exit
}

func (r *runner) typ(id, text string) {
	r.in <- exec.StreamInput{SessionID: id, Data: []byte(text)}
}

// number waits for a line "name=NUMBER" and returns the number.
func (r *runner) number(id, name string) int {
	r.t.Helper()
	find := func() (string, bool) {
		_, rest, _ := strings.Cut(string(r.out.Bytes(id, exec.StreamTargetStdOut)), name+"=")
		n, _, ok := strings.Cut(rest, "\n")
		return strings.TrimSpace(n), ok
	}
	r.out.Wait(r.t, id, func([]exec.StreamOutput) bool { _, ok := find(); return ok })
	text, _ := find()
	n, err := strconv.Atoi(text)
	if err != nil {
		r.t.Fatalf("%s=%q", name, text)
	}
	return n
}

func TestEnvironmentAndDirectory(t *testing.T) {
	r := newRunner(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := script(`pwd; echo "FOO=$FOO TERM=$TERM"; echo "$XSH_SESSION $XSH_SESSION_ID $XSH_SOCKET"; echo "size=$LINES,$COLUMNS"; echo "SERVER=$SERVERS_OWN"`)
	t.Setenv("SERVERS_OWN", "must not be seen")
	o.ID, o.Name = "the-id", "the-name"
	o.ResourceData = map[string]any{local.DataDir: dir, local.DataEnv: []any{
		"FOO=first", "FOO=b a=r ü", "TERM=screen-256color", "XSH_SESSION=outer", "XSH_SOCKET=other", "LINES=5", "COLUMNS=6", "no pair", 7.0,
	}}
	got, exit := r.run(o)
	want := dir + "\r\nFOO=b a=r ü TERM=screen-256color\r\nthe-name the-id /run/xsh.sock\r\nsize=,\r\nSERVER=\r\n"
	if got != want || exit != (exec.ExitStatus{}) {
		t.Errorf("got %q, %v, want %q", got, exit, want)
	}
	// As a Go program that embeds the handler may have it.
	o = script(`echo "FOO=$FOO"`)
	o.ResourceData = map[string]any{local.DataEnv: []string{"FOO=bar"}}
	if got, _ := r.run(o); got != "FOO=bar\r\n" {
		t.Errorf("environment as a []string: %q", got)
	}
}

func TestDefaults(t *testing.T) {
	r := newRunner(t)
	home := t.TempDir()
	o := script(`pwd; echo "TERM=$TERM"`)
	o.ResourceData = map[string]any{local.DataEnv: []any{"HOME=" + home}}
	if got, _ := r.run(o); got != home+"\r\nTERM=xterm-256color\r\n" {
		t.Errorf("got %q", got)
	}
	o.ResourceData = nil
	if got, _ := r.run(o); !strings.HasPrefix(got, "/\r\n") {
		t.Errorf("without any data: %q", got)
	}
}

func TestLoginShell(t *testing.T) {
	r := newRunner(t)
	o := options()
	o.ResourceData = map[string]any{local.DataEnv: []any{"SHELL=/bin/sh", "PS1=$ ", "HOME=/nonexistent"}, local.DataDir: "/"}
	id := r.start(o)
	r.typ(id, "echo \"shell=[$0]\"\n")
	r.out.WaitText(t, id, "shell=[-sh]")
	r.typ(id, "exit 7\n")
	if out := r.out.WaitClose(t, id); out.Exit.Code != 7 {
		t.Errorf("ended with %v", out.Exit)
	}
	o.ResourceData = map[string]any{local.DataEnv: []any{"SHELL=/no/such/shell", "PS1=$ "}, local.DataDir: "/"}
	id = r.start(o)
	r.typ(id, "exit\n")
	r.out.WaitClose(t, id)
}

func TestControllingTerminal(t *testing.T) {
	r := newRunner(t)
	got, _ := r.run(script(`echo "to tty" >/dev/tty; read -r line < /proc/$$/stat; echo $$ $line; tty; ls -l /proc/$$/fd | grep -c ptmx`))
	if !strings.HasPrefix(got, "to tty\r\n") {
		t.Fatalf("got %q", got)
	}
	lines := strings.Split(got, "\r\n")
	f := strings.Fields(lines[1]) // pid pid (comm) state ppid pgrp session tty
	if f[0] != f[5] || f[0] != f[6] || f[7] == "0" {
		t.Errorf("process %s: group %s, session %s, terminal %s", f[0], f[5], f[6], f[7])
	}
	if !strings.HasPrefix(lines[2], "/dev/pts/") {
		t.Errorf("tty says %q", lines[2])
	}
	if lines[3] != "0" {
		t.Error("the program has our end of the terminal")
	}
}

// A program that for a moment has its terminal nowhere open finds it there again.
func TestTerminalStaysOpen(t *testing.T) {
	r := newRunner(t)
	got, exit := r.run(script(`tty=$(tty); exec </dev/null >/dev/null 2>&1; sleep 0.1; exec >$tty; echo back`))
	if got != "back\r\n" || exit.Code != 0 {
		t.Errorf("got %q, %v", got, exit)
	}
}

func TestCookedMode(t *testing.T) {
	r := newRunner(t)
	got, _ := r.run(script(`stty -a`))
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(got, func(r rune) bool { return strings.ContainsRune(" ;\r\n", r) }) {
		words[w] = true
	}
	for _, w := range strings.Fields("icanon echo echoe echok isig iexten icrnl ixon opost onlcr cs8 cread brkint imaxbel echoctl echoke iutf8 -igncr -inlcr -istrip -tostop -parenb -echonl -noflsh ^C ^D ^Z ^?") {
		if !words[w] {
			t.Errorf("stty does not say %s: %q", w, got)
		}
	}
	// Echo, and the interrupt key.
	id := r.start(script(`echo ready; exec sleep 1000`))
	r.out.WaitText(t, id, "ready")
	r.typ(id, "typed")
	r.out.WaitText(t, id, "typed")
	r.typ(id, "\x03") // which throws away what waits to be echoed
	if out := r.out.WaitClose(t, id); *out.Exit != (exec.ExitStatus{Code: 130, Signal: "SIGINT"}) {
		t.Errorf("ended with %+v", out.Exit)
	}
	// A line at a time, and its end of input.
	id = r.start(options("cat"))
	r.typ(id, "wrong\x15right\n\x04")
	if out := r.out.WaitClose(t, id); out.Exit.Code != 0 {
		t.Errorf("ended with %+v", out.Exit)
	}
	r.out.WaitText(t, id, "right\r\nright\r\n")
}

func TestResizeReachesTheProgram(t *testing.T) {
	r := newRunner(t)
	o := script(`trap 'echo "now $(stty size)"' WINCH; echo "first $(stty size)"; while :; do read -r x; done`)
	o.Size = exec.Size{Rows: 11, Cols: 22}
	id := r.start(o)
	r.out.WaitText(t, id, "first 11 22\r\n")
	if err := r.m.ResizeSession(r.ctx, id, 33, 144); err != nil {
		t.Fatal(err)
	}
	r.out.WaitText(t, id, "now 33 144\r\n")
}

func TestHowProgramsEnd(t *testing.T) {
	r := newRunner(t)
	for text, want := range map[string]exec.ExitStatus{
		"exit 0":         {},
		"exit 255":       {Code: 255},
		"kill -TERM $$":  {Code: 143, Signal: "SIGTERM"},
		"kill -KILL $$":  {Code: 137, Signal: "SIGKILL"},
		"kill -USR1 $$":  {Code: 138, Signal: "SIGUSR1"},
		"nosuch-command": {Code: 127},
	} {
		for _, onTTY := range []bool{true, false} {
			o := script(text)
			o.TTY = onTTY
			if _, exit := r.run(o); exit != want {
				t.Errorf("%q (terminal: %v) ended with %+v, want %+v", text, onTTY, exit, want)
			}
		}
	}
}

// TestOutputBeforeExitIsNotLost: a terminal's last output and its program's
// exit come by two ways.
func TestOutputBeforeExitIsNotLost(t *testing.T) {
	r := newRunner(t)
	full := strings.Repeat("0123456789abcdef", 1000)
	for i := range 200 {
		o := script(`printf '%s' "$TEXT"; printf last`)
		o.TTY = i%4 != 0
		text := full[:(i*79)%len(full)]
		o.ResourceData = map[string]any{local.DataEnv: []any{"TEXT=" + text}}
		if got, _ := r.run(o); got != text+"last" {
			t.Fatalf("run %d: %d bytes of %d came, ending in %q", i, len(got), len(text)+4, got[max(0, len(got)-40):])
		}
	}
}

// TestBackgroundProcessKeepsNoSession: one that keeps the terminal open, and
// does not hear the hangup, is no reason for the session to go on.
func TestBackgroundProcessKeepsNoSession(t *testing.T) {
	r := newRunner(t)
	for range 5 {
		id := r.start(script(`trap '' HUP; sleep 1000 & echo "pid=$!"; echo bye; exit 4`))
		out := r.out.WaitClose(t, id)
		pid := r.number(id, "pid")
		if err := unix.Kill(pid, 0); err != nil {
			t.Errorf("the process in the background: %v", err)
		}
		unix.Kill(pid, unix.SIGKILL)
		if out.Exit.Code != 4 || !strings.HasSuffix(string(r.out.Bytes(id, exec.StreamTargetStdOut)), "bye\r\n") {
			t.Errorf("ended with %+v after %q", out.Exit, r.out.Bytes(id, exec.StreamTargetStdOut))
		}
	}
}

func TestEndOfSessionHangsUp(t *testing.T) {
	r := newRunner(t)
	for _, onTTY := range []bool{true, false} {
		o := script(`trap 'echo bye; exit 3' HUP; echo ready; while :; do sleep 0.02; done`)
		o.TTY = onTTY
		id := r.start(o)
		r.out.WaitText(t, id, "ready")
		s, err := r.m.Kill(nil, id, exec.StreamSignalNone)
		if err != nil || *s.Exit != (exec.ExitStatus{Code: 3}) {
			t.Errorf("killed: %+v, %v", s, err)
		}
		r.out.WaitText(t, id, "bye")
	}
	// One that is stopped is woken to hear it.
	id := r.start(script(`trap 'exit 5' HUP; echo ready; kill -STOP $$; exit 6`))
	r.out.WaitText(t, id, "ready")
	if s, err := r.m.Kill(nil, id, exec.StreamSignalNone); err != nil || s.Exit.Code != 5 && s.Exit.Code != 6 {
		t.Errorf("killed: %+v, %v", s.Exit, err)
	}
}

// gone reports whether a process has ended. One that nobody reaps has.
func gone(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return unix.Kill(pid, 0) != nil
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z")
}

func waitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(exectest.Patience); !gone(pid); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
	}
}

func TestEndOfSessionKillsTheGroup(t *testing.T) {
	r := newRunner(t)
	for _, onTTY := range []bool{true, false} {
		o := script(`trap '' HUP TERM; sleep 1000 & echo "child=$!"; echo "leader=$$"; while :; do sleep 1000; done`)
		o.TTY = onTTY
		id := r.start(o)
		leader, child := r.number(id, "leader"), r.number(id, "child")
		began := time.Now()
		s, err := r.m.Kill(nil, id, exec.StreamSignalNone)
		if err != nil || *s.Exit != (exec.ExitStatus{Code: 137, Signal: "SIGKILL"}) {
			t.Errorf("killed: %+v, %v", s, err)
		}
		if took := time.Since(began); took < grace {
			t.Errorf("killed after %v, before the grace of %v was over", took, grace)
		}
		waitGone(t, leader)
		waitGone(t, child)
	}
	// A leader that leaves and a child that does not.
	id := r.start(script(`(trap '' HUP; echo "child=$(exec sh -c 'echo $PPID')"; sleep 1000) & trap 'exit 8' HUP; while :; do sleep 0.02; done`))
	child := r.number(id, "child")
	if s, err := r.m.Kill(nil, id, exec.StreamSignalNone); err != nil || s.Exit.Code != 8 {
		t.Errorf("killed: %+v, %v", s.Exit, err)
	}
	waitGone(t, child)
}

func TestManagerCloseKillsTheGroup(t *testing.T) {
	r := newRunner(t)
	id := r.start(script(`trap '' HUP; echo "leader=$$"; while :; do sleep 1000; done`))
	leader := r.number(id, "leader")
	r.m.Close()
	waitGone(t, leader)
}

func TestSignal(t *testing.T) {
	r := newRunner(t)
	id := r.start(script(`trap 'echo got usr1' USR1; trap 'echo got int' INT; echo ready; while :; do sleep 0.02; done`))
	r.out.WaitText(t, id, "ready")
	for signal, text := range map[exec.StreamSignal]string{
		exec.StreamSignalSigusr1: "got usr1", exec.StreamSignalSigint: "got int",
	} {
		if s, err := r.m.Kill(nil, id, signal); err != nil || s.Exit != nil {
			t.Errorf("signal: %+v, %v", s, err)
		}
		r.out.WaitText(t, id, text)
	}
	for _, signal := range []exec.StreamSignal{exec.StreamSignalClose, exec.StreamSignalError, 99} {
		if _, err := r.m.Kill(nil, id, signal); !errors.Is(err, exec.ErrTerminalError) {
			t.Errorf("%v: %v", signal, err)
		}
	}
	if _, err := r.m.Kill(nil, id, exec.StreamSignalSigkill); err != nil {
		t.Errorf("SIGKILL: %v", err)
	}
	if out := r.out.WaitClose(t, id); out.Exit.Signal != "SIGKILL" {
		t.Errorf("ended with %+v", out.Exit)
	}
	_, err := r.m.Kill(nil, id, exec.StreamSignalSigterm)
	if !errors.Is(err, exec.ErrSessionClosed) || errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("signal to an ended session: %v", err)
	}
}

func TestWhatCannotStart(t *testing.T) {
	r := newRunner(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	script := filepath.Join(dir, "script")
	garbage := filepath.Join(dir, "garbage")
	for name, mode := range map[string]os.FileMode{file: 0o644, script: 0o755, garbage: 0o755} {
		if err := os.WriteFile(name, []byte("#!/no/such/interpreter\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(garbage, []byte{0, 1, 2, 3}, 0o755)
	for _, tc := range []struct {
		dir     string
		command string
		want    string
	}{
		{"/", "nosuch", `no such command "nosuch"`},
		{"/", "/no/such/command", `no such command "/no/such/command"`},
		{"/", "", `no such command ""`},
		{dir, "./file", `command "./file" is not executable`},
		{dir, ".", `no such command "."`},
		{filepath.Dir(dir), filepath.Base(dir), `no such command "` + filepath.Base(dir) + `"`},
		{dir, "./", `command "./" is not executable`},
		{dir, script, `start "` + script + `": no such file or directory`},
		{dir, garbage, `start "` + garbage + `": exec format error`},
		{filepath.Join(dir, "gone"), "sh", `no such directory "` + filepath.Join(dir, "gone") + `"`},
		{file, "sh", `"` + file + `" is not a directory`},
		{filepath.Join(file, "x"), "sh", `directory "` + filepath.Join(file, "x") + `": not a directory`},
	} {
		for _, onTTY := range []bool{true, false} {
			o := options(tc.command)
			o.TTY = onTTY
			o.ResourceData[local.DataDir] = tc.dir
			o.ResourceData[local.DataEnv] = []any{"PATH=/bin:.:/usr/bin"}
			_, err := r.m.CreateSession(r.ctx, o)
			if !errors.Is(err, exec.ErrTerminalError) || !strings.HasSuffix(err.Error(), ": "+tc.want) {
				t.Errorf("%q in %s: %v, want %s", tc.command, tc.dir, err, tc.want)
			}
		}
	}
	if all, _ := r.m.ListAll(nil); len(all) != 0 {
		t.Errorf("%d sessions", len(all))
	}
}

func TestCommandWithoutTerminal(t *testing.T) {
	r := newRunner(t)
	o := script(`echo out; echo err >&2; tty; read -r x || echo "no input"; echo "TERM=[$TERM]"; exit 9`)
	o.TTY = false
	id := r.start(o)
	if out := r.out.WaitClose(t, id); out.Exit.Code != 9 {
		t.Errorf("ended with %+v", out.Exit)
	}
	if got := string(r.out.Bytes(id, exec.StreamTargetStdOut)); got != "out\nnot a tty\nno input\nTERM=[]\n" {
		t.Errorf("standard output %q", got)
	}
	if got := string(r.out.Bytes(id, exec.StreamTargetStdErr)); got != "err\n" {
		t.Errorf("standard error %q", got)
	}
}

// TestCommandThatLeavesItsGroup: what holds the pipes after the session was
// closed is out of reach; the session ends, and nothing of ours is left.
func TestCommandThatLeavesItsGroup(t *testing.T) {
	r := newRunner(t)
	o := script(`setsid sh -c 'echo "pid=$$"; exec sleep 1000' & sleep 1000`)
	o.TTY = false
	id := r.start(o)
	pid := r.number(id, "pid")
	t.Cleanup(func() { unix.Kill(pid, unix.SIGKILL) })
	s, err := r.m.Kill(nil, id, exec.StreamSignalNone)
	if err != nil || s.Exit.Signal != "SIGHUP" {
		t.Errorf("killed: %+v, %v", s.Exit, err)
	}
}
