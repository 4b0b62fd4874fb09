// Command vim writes a file with vim, as a person would: it waits for the screen, types,
// saves, quits and checks the exit status. It needs a vim, and no server.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	osexec "os/exec"
	"time"

	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: vim FILE TEXT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := write(ctx, os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func write(ctx context.Context, file, text string) error {
	h := local.New(local.Config{})
	sessions := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer sessions.Close()
	c, err := console.Start(ctx, sessions, local.Options(osexec.Command("vim", "-u", "NONE", "-N", "-n", file)))
	if err != nil {
		return err
	}
	defer c.Close()
	for _, do := range []func() error{
		func() error { return c.ExpectScreen(ctx, `\[New\]|\d+L, `) }, // it has drawn all
		func() error { return c.Press(ctx, "i") },
		func() error { return c.ExpectScreen(ctx, `-- INSERT --`) },
		func() error { return c.Paste(ctx, text) },
		func() error { return c.Press(ctx, "esc") },
		func() error { return c.Type(ctx, ":wq") },
		func() error { return c.Press(ctx, "enter") },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	status, err := c.Wait(ctx)
	if err == nil && status.Code != 0 {
		err = fmt.Errorf("vim ended: %v", status)
	}
	return err
}
