package exec_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// The handlers that the contract is tested with. Their programs are functions,
// so that they work alike in this process and in a plugin's. One on a terminal
// reads lines and does what they say (see obey).

func testHandlers() map[string]exec.Handler {
	var signals signalBoard
	all := map[string]exec.Handler{}
	for _, h := range []exec.Handler{
		{Resource: "start", TTYHandler: signals.starting, Signal: signals.send, DefaultCommand: []string{"default", "command"}},
		{Resource: "block", TTYHandler: blocking},
		{Resource: "refuse", TTYHandler: refuse, CommandHandler: refuseCommand},
		{Resource: "panic", TTYHandler: panicTTY, CommandHandler: panicCommand},
		{Resource: "resize", TTYHandler: tellResizes, HandlesResize: true},
		{Resource: "deaf", TTYHandler: signals.starting, HandlesResize: true},
		{Resource: "command", CommandHandler: runCommand},
	} {
		h.Plugin = "test"
		all[h.ID()] = h
	}
	return all
}

func handlerList(handlers map[string]exec.Handler) []exec.Handler {
	var list []exec.Handler
	for _, h := range handlers {
		list = append(list, h)
	}
	return list
}

// richError is what a handler tells of a failure that it knows.
var richError = &exec.ExecError{
	Err: errors.New("cause"), Title: "No access", Message: "you may not enter",
	Suggestion: "log in", Retryable: true, RetryCommands: []string{"login", "login --force"},
}

// hungUp is how a program of ours ends that is closed.
var hungUp = exec.ExitStatus{Code: 129, Signal: "SIGHUP"}

// signalBoard lets a handler's Signal reach its programs.
type signalBoard struct {
	mu   sync.Mutex
	ttys map[string]*os.File
}

func (b *signalBoard) put(id string, tty *os.File) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ttys == nil {
		b.ttys = map[string]*os.File{}
	}
	b.ttys[id] = tty
}

func (b *signalBoard) send(_ *types.PluginContext, id string, signal exec.StreamSignal) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if signal == exec.StreamSignalSigusr2 {
		return errors.New("no such luck")
	}
	_, err := fmt.Fprintf(b.ttys[id], "got %v\n", signal)
	return err
}

// starting starts its program and returns.
func (b *signalBoard) starting(ctx *types.PluginContext, o exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
	b.put(o.ID, tty)
	go func() {
		err := program(ctx, o, tty)
		if errors.Is(err, errCloseStop) {
			close(stop)
			return
		}
		stop <- err
	}()
	return nil
}

// blocking runs for as long as its program does.
func blocking(ctx *types.PluginContext, o exec.SessionOptions, tty *os.File, _ chan error, _ <-chan exec.SessionResizeInput) error {
	return program(ctx, o, tty)
}

func refuse(_ *types.PluginContext, o exec.SessionOptions, _ *os.File, _ chan error, _ <-chan exec.SessionResizeInput) error {
	if len(o.Command) > 0 {
		return fmt.Errorf("behind it: %w", exec.NewSessionClosedError("inner"))
	}
	return fmt.Errorf("refuse: %w", richError)
}

func refuseCommand(*types.PluginContext, exec.SessionOptions) (stdout, stderr io.Reader, err error) {
	return nil, nil, richError
}

func panicTTY(*types.PluginContext, exec.SessionOptions, *os.File, chan error, <-chan exec.SessionResizeInput) error {
	panic("tty handler")
}

func panicCommand(_ *types.PluginContext, o exec.SessionOptions) (stdout, stderr io.Reader, err error) {
	if len(o.Command) > 0 {
		return panickingReader{}, strings.NewReader("before"), nil
	}
	panic("command handler")
}

type panickingReader struct{}

func (panickingReader) Read([]byte) (int, error) { panic("reader") }

// tellResizes writes down every size it is told.
func tellResizes(ctx *types.PluginContext, o exec.SessionOptions, tty *os.File, stop chan error, resize <-chan exec.SessionResizeInput) error {
	go func() {
		fmt.Fprintf(tty, "first %v\n", o.Size)
		for {
			select {
			case size := <-resize:
				fmt.Fprintf(tty, "size %dx%d\n", size.Rows, size.Cols)
			case <-ctx.Ctx().Done():
				stop <- &exec.ExitError{Status: hungUp}
				return
			}
		}
	}()
	return nil
}

// errCloseStop says that the end is told by closing the channel.
var errCloseStop = errors.New("close the channel")

// errPanic makes the program panic in the handler's own goroutine.
var errPanic = errors.New("panic")

// program obeys the lines it reads until one of them ends it, or its session
// is closed.
func program(ctx *types.PluginContext, o exec.SessionOptions, tty *os.File) error {
	fmt.Fprintln(tty, "ready")
	ended := make(chan error, 1)
	go func() {
		ended <- func() error {
			lines := bufio.NewScanner(tty)
			for lines.Scan() {
				verb, rest, _ := strings.Cut(lines.Text(), " ")
				if ends, err := obey(verb, rest, o, tty); ends {
					return err
				}
			}
			return io.EOF
		}()
	}()
	for _, line := range o.Command {
		verb, rest, _ := strings.Cut(line, " ")
		if ends, err := obey(verb, rest, o, tty); ends {
			return err
		}
	}
	select {
	case err := <-ended:
		if err == errPanic {
			panic("program")
		}
		return err
	case <-ctx.Ctx().Done():
		return &exec.ExitError{Status: hungUp}
	}
}

// obey does what a line says. It reports whether that ends the program, and
// how.
func obey(verb, rest string, o exec.SessionOptions, out io.Writer) (ends bool, err error) {
	switch verb {
	case "say":
		fmt.Fprintln(out, rest)
	case "size":
		rows, cols, err := terminalSize(out.(*os.File))
		if err != nil {
			return true, err
		}
		fmt.Fprintf(out, "size %dx%d\n", rows, cols)
	case "options":
		data, err := json.Marshal(o)
		if err != nil {
			return true, err
		}
		fmt.Fprintf(out, "%s\n", data)
	case "lines":
		writeLines(out, rest)
	case "exit":
		code, err := strconv.Atoi(rest)
		if err != nil {
			return true, err
		}
		if code == 0 {
			return true, nil
		}
		return true, &exec.ExitError{Status: exec.ExitStatus{Code: code}}
	case "die":
		return true, &exec.ExitError{Status: exec.ExitStatus{Code: 143, Signal: rest}}
	case "fail":
		return true, fmt.Errorf("failed: %w", richError)
	case "break":
		return true, errors.New("lost the \xff connection")
	case "panic":
		return true, errPanic
	case "close":
		return true, errCloseStop
	}
	return false, nil
}

// terminalSize asks the system. creack/pty's Getsize would take the file out of
// the poller, so that its Close no longer ended a read.
func terminalSize(tty *os.File) (rows, cols uint16, err error) {
	conn, err := tty.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	err = conn.Control(func(fd uintptr) {
		var ws *unix.Winsize
		if ws, err = unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil {
			rows, cols = ws.Row, ws.Col
		}
	})
	return rows, cols, err
}

// writeLines writes n numbered lines.
func writeLines(out io.Writer, n string) {
	last, _ := strconv.Atoi(n)
	w := bufio.NewWriterSize(out, 4096)
	defer w.Flush()
	for i := range last {
		fmt.Fprintf(w, "line %08d\n", i)
	}
}

// runCommand is a program without a terminal. Its command says what to write:
// "out TEXT", "err TEXT", and at last "exit N", "fail" or "wait".
func runCommand(ctx *types.PluginContext, o exec.SessionOptions) (stdout, stderr io.Reader, err error) {
	outR, outW := io.Pipe()
	errR, errW := io.Pipe()
	go func() {
		end := error(io.EOF)
		for _, line := range o.Command {
			verb, rest, _ := strings.Cut(line, " ")
			switch verb {
			case "out":
				fmt.Fprintln(outW, rest)
			case "err":
				fmt.Fprintln(errW, rest)
			case "wait":
				<-ctx.Ctx().Done()
				end = &exec.ExitError{Status: hungUp}
			default:
				if _, err := obey(verb, rest, o, outW); err != nil {
					end = err
				}
			}
		}
		errW.Close()
		outW.CloseWithError(end)
	}()
	// Without the pipes' Close, which would end them before they are read.
	return readerOnly{outR}, readerOnly{errR}, nil
}

type readerOnly struct{ io.Reader }
