package exec_test

import (
	"bufio"
	"fmt"
	"os"
	osexec "os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// askerVariable makes the test binary a program on a terminal: a shell that
// runs one program in the foreground, or that program, which asks its terminal
// what it is. Both tell what they read up to a full stop.
const askerVariable = "XSH_EXEC_TEST_ASKER"

func runAsker(role string) {
	if role == "program" {
		fmt.Print("\x1b[c")
		tellInput(role)
		return
	}
	cmd := askerCommand("program")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
	if err := cmd.Run(); err != nil {
		panic(err)
	}
	signal.Ignore(syscall.SIGTTOU)
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp()); err != nil {
		panic(err)
	}
	fmt.Print("$ ")
	tellInput(role)
}

func tellInput(role string) {
	text, err := bufio.NewReaderSize(os.Stdin, 16).ReadString('.')
	fmt.Printf("%s read %q %v\r\n", role, text, err)
}

func askerCommand(role string) *osexec.Cmd {
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), askerVariable+"="+role)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}

func startAsker(_ *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
	cmd := askerCommand("shell")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { stop <- cmd.Wait() }()
	return nil
}

func TestAnswerGoesToWhoReads(t *testing.T) {
	const answer = "\x1b[?62;22c"
	for _, c := range []struct {
		name  string
		type1 string // while the program waits for its answer
		type2 string // when it is gone, and the shell reads that had it ask
		want  string
	}{
		{"in time", answer + ".", ".", `program read "\x1b[?62;22c." <nil>|shell read "." <nil>`},
		{"asked for somebody else", ".", answer + ".", `program read "." <nil>|shell read "\x1b[?62;22c." <nil>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The clock stands still: an answer is as young as it should be.
			m := exec.NewManager(exec.ManagerConfig{Clock: exectest.NewClock(time.Now()), Handlers: map[string]exec.Handler{
				"test/asker": {Plugin: "test", Resource: "asker", TTYHandler: startAsker},
			}})
			t.Cleanup(m.Close)
			s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "asker", TTY: true, Size: small})
			if err != nil {
				t.Fatal(err)
			}
			a := (&stage{t: t, m: m, id: s.ID}).view("a", small)
			a.attach(exec.AttachOptions{Size: small, Replay: exec.ReplayRaw})
			a.waitText("\x1b[c")
			a.typeBytes([]byte(c.type1))
			a.waitText("$ ")
			a.typeBytes([]byte(c.type2))
			a.waitClosed()
			for _, want := range strings.Split(c.want, "|") {
				a.waitText(want)
			}
		})
	}
}
