package exectest_test

import (
	"fmt"
	"log"
	"os"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/types"
)

// A test of a handler needs no pty.
func Example() {
	h := exec.Handler{Resource: "greeter", TTYHandler: func(
		_ *types.PluginContext, o exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput,
	) error {
		fmt.Fprintf(tty, "hello, %s", o.Command[0])
		stop <- nil
		return nil
	}}
	var terminals exectest.Terminals
	sink := exectest.NewSink()
	m := exec.NewManager(exec.ManagerConfig{
		Handlers: map[string]exec.Handler{h.ID(): h}, TerminalFactory: terminals.Open, Sink: sink,
	})
	s, err := m.CreateSession(nil, exec.SessionOptions{ResourceKey: "greeter", Command: []string{"Ada"}})
	if err != nil {
		log.Fatal(err)
	}
	_, replay, err := m.AttachSession(nil, s.ID)
	if err != nil {
		log.Fatal(err)
	}
	m.Close() // the sink has all of it then
	fmt.Printf("%s%s\n", replay, sink.Bytes(s.ID, exec.StreamTargetStdOut))
	fmt.Println(terminals.Made()[0].Size())
	// Output:
	// hello, Ada
	// 27x72
}
