package rawtty

import (
	"bytes"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"os/signal"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// roleVar makes the test binary play a part in TestSuspend.
const roleVar = "RAWTTY_TEST_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(roleVar) {
	case "shell":
		err = playShell()
	case "job":
		err = playJob()
	case "orphan":
		err = playOrphan()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func play(role string) *osexec.Cmd {
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	return cmd
}

// playJob goes raw, suspends itself, and goes raw again.
func playJob() error {
	terminal, err := Open(os.Stdin, os.Stdout)
	if err != nil {
		return err
	}
	defer terminal.Close()
	if err := terminal.MakeRaw(); err != nil {
		return err
	}
	fmt.Print("job raw\r\n")
	if err := terminal.Suspend(); err != nil {
		return err
	}
	fmt.Print("job resumed\n")
	if err := terminal.MakeRaw(); err != nil {
		return err
	}
	// Stopped by somebody else, in raw mode, and gone on with in the
	// background: closing must neither stop again nor touch the terminal.
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, unix.SIGCONT)
	if err := unix.Kill(0, unix.SIGSTOP); err != nil {
		return err
	}
	<-resumed
	return terminal.Close()
}

// playShell runs the job as an interactive shell does: in a group of its own, in
// the foreground while it is not stopped.
func playShell() error {
	signal.Ignore(unix.SIGTTOU) // a shell takes the terminal back from the background
	before, err := term.GetState(0)
	if err != nil {
		return err
	}
	job := play("job")
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
	if err := job.Start(); err != nil {
		return err
	}
	pid := job.Process.Pid

	if err := waitStopped(pid); err != nil {
		return err
	}
	after, err := term.GetState(0)
	if err != nil {
		return err
	}
	fmt.Println("shell: stopped, restored", reflect.DeepEqual(before, after))
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid); err != nil {
		return err
	}
	if err := unix.Kill(-pid, unix.SIGCONT); err != nil {
		return err
	}

	if err := waitStopped(pid); err != nil {
		return err
	}
	raw, err := term.GetState(0)
	if err != nil {
		return err
	}
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp()); err != nil {
		return err
	}
	if err := unix.Kill(-pid, unix.SIGCONT); err != nil {
		return err
	}
	err = job.Wait()
	after, _ = term.GetState(0)
	if err := term.Restore(0, before); err != nil {
		return err
	}
	fmt.Println("shell: background close left the terminal alone", reflect.DeepEqual(raw, after) && !reflect.DeepEqual(raw, before))
	fmt.Println("shell: job ended", err)
	return nil
}

func waitStopped(pid int) error {
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil); err != nil {
		return err
	}
	if !status.Stopped() {
		return fmt.Errorf("the job is not stopped: %v", status)
	}
	return unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, unix.Getpgrp())
}

// playOrphan is alone in its session, as under ssh -t.
func playOrphan() error {
	terminal, err := Open(os.Stdin, os.Stdout)
	if err != nil {
		return err
	}
	defer terminal.Close()
	fmt.Println("orphan:", terminal.Suspend() == ErrNoJobControl)
	return nil
}

// output runs a role on a pty of its own and returns all that it printed.
func output(t *testing.T, role string) string {
	t.Helper()
	cmd := play(role)
	ptmx, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer ptmx.Close()
	kill := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer kill.Stop()
	var printed bytes.Buffer
	io.Copy(&printed, ptmx) // ends with EIO when the last process on it has gone
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v; it printed %q", role, err, printed.Bytes())
	}
	return printed.String()
}

func TestSuspend(t *testing.T) {
	want := "job raw\r\n" +
		"shell: stopped, restored true\r\n" +
		"job resumed\r\n" +
		"shell: background close left the terminal alone true\r\n" +
		"shell: job ended <nil>\r\n"
	if got := output(t, "shell"); got != want {
		t.Errorf("printed\n%q, want\n%q", got, want)
	}
}

func TestSuspendWithoutJobControl(t *testing.T) {
	if got, want := output(t, "orphan"), "orphan: true\r\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}
