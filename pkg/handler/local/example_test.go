package local_test

import (
	"fmt"
	"log"
	"os"
	osexec "os/exec"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// A program runs a command in a session, and reads what it printed.
func Example() {
	h := local.New(local.Config{})
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer m.Close()

	cmd := osexec.Command("sh", "-c", "pwd; echo $GREETING; exit 3")
	cmd.Dir, cmd.Env = "/", append(os.Environ(), "GREETING=hello")
	s, err := m.CreateSession(nil, local.Options(cmd))
	if err != nil {
		log.Fatal(err)
	}
	ended, err := m.Wait(nil, s.ID, exec.WaitOptions{For: exec.WaitExit})
	if err != nil {
		log.Fatal(err)
	}
	screen, err := m.Capture(nil, s.ID, exec.CaptureOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(screen.Text())
	fmt.Println(ended.Session.Exit)
	// Output:
	// /
	// hello
	// exit code 3
}
