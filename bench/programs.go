package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/creack/pty"
)

// programs are what the bench's own binary is when its first argument says so.
var programs = map[string]func(args []string) error{
	"flood":    floodMain,
	"drain":    drainMain,
	"report":   reportMain,
	"ring":     ringMain,
	"consoles": consolesMain,
}

const (
	// interrupted is what flood prints after Ctrl-C.
	interrupted = "INTERRUPTED"
	textLine    = "the quick brown fox jumps over the lazy dog and the quick brown fox is gone now\n"
)

// floodMain prints lines as fast as the terminal takes them until Ctrl-C, and
// again after each line that is typed. It reports both to the socket REPORT.
func floodMain(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: flood REPORT")
	}
	report, err := net.Dial("unixgram", args[0])
	if err != nil {
		return err
	}
	defer report.Close()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	var stopped atomic.Bool
	go func() { // until the process ends
		for range signals {
			fmt.Fprintln(report, "interrupted", time.Now().UnixNano())
			stopped.Store(true)
		}
	}()
	text := []byte(strings.Repeat(textLine, 50))
	line := make([]byte, 256)
	for {
		stopped.Store(false)
		for flowing := false; !stopped.Load(); {
			if _, err := os.Stdout.Write(text); err != nil {
				return err
			}
			if !flowing {
				fmt.Fprintln(report, "flowing", time.Now().UnixNano())
				flowing = true
			}
		}
		fmt.Print("\n", interrupted, "\n")
		if _, err := os.Stdin.Read(line); err != nil {
			return err
		}
	}
}

// reportMain reports what a script has come to.
func reportMain(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: report REPORT WHAT")
	}
	report, err := net.Dial("unixgram", args[0])
	if err != nil {
		return err
	}
	defer report.Close()
	_, err = fmt.Fprintln(report, args[1], time.Now().UnixNano())
	return err
}

// oneNumber reads the only argument of a program.
func oneNumber(args []string, usage string) (int, error) {
	if len(args) == 1 {
		if n, err := strconv.Atoi(args[0]); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, errors.New("usage: " + usage)
}

// drainMain runs a command on a terminal that is always read, until its stdin
// is closed. It is a process of its own so that reading is not work of the one
// that takes the time.
func drainMain(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: drain COMMAND [ARG]")
	}
	cmd := osexec.Command(args[0], args[1:]...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cmd.Process.Kill()
	}()
	io.CopyBuffer(io.Discard, onlyReader{f}, make([]byte, 64<<10))
	cmd.Wait()
	return nil
}

// onlyReader keeps io.Copy from choosing a buffer of its own.
type onlyReader struct{ io.Reader }
