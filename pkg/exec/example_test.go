package exec_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// greet is a program that is a Go function. Its terminal is in raw mode, as it gets
// it: Enter is "\r", and nothing is echoed. x/term's Terminal makes lines of that.
func greet(_ *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
	go func() { // ends with the terminal at the latest
		console := term.NewTerminal(tty, "your name? ")
		name, err := console.ReadLine()
		fmt.Fprintf(console, "hello, %s\n", name)
		stop <- err
	}()
	return nil
}

// writerOutlet is an Outlet that writes what it is sent.
type writerOutlet struct{ io.Writer }

func (o writerOutlet) Send(_ context.Context, out exec.StreamOutput) bool {
	if out.Signal == exec.StreamSignalNone {
		o.Write(out.Data)
	}
	return true
}

// A program attaches to a session, types into it, and waits for its end.
func Example() {
	h := exec.Handler{Plugin: "example", Resource: "greeter", TTYHandler: greet}
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer m.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: h.Plugin, ResourceKey: h.Resource, Name: "hall"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := m.Wait(&types.PluginContext{Context: ctx}, s.ID, exec.WaitOptions{For: exec.WaitText, Pattern: `name\? $`}); err != nil {
		log.Fatal(err)
	}
	text := exec.PlainText(os.Stdout)
	a, err := m.Open(ctx, "hall", exec.AttachOptions{Replay: exec.ReplayNone, Headless: true}, writerOutlet{text})
	if err != nil {
		log.Fatal(err)
	}
	if err := a.Type(ctx, []byte("Ada\r")); err != nil {
		log.Fatal(err)
	}
	<-a.Done() // the session has ended, and the outlet was sent all that it printed
	text.Close()
	// Output:
	// Ada
	// hello, Ada
}
