package console_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// A program that asks is answered, and its exit status checked.
func Example() {
	h := local.New(local.Config{})
	sessions := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer sessions.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	c, err := console.Start(ctx, sessions, exec.SessionOptions{
		ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		Command: []string{"/bin/sh", "-c", "printf 'your name? '; read name; echo hello, $name; exit 4"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Expect(ctx, `name\? $`); err != nil {
		log.Fatal(err)
	}
	if err := c.Type(ctx, "Ada"); err != nil {
		log.Fatal(err)
	}
	if err := c.Press(ctx, "enter"); err != nil {
		log.Fatal(err)
	}
	greeting, err := c.Expect(ctx, `hello, (\w+)`)
	if err != nil {
		log.Fatal(err)
	}
	status, err := c.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting[1], status.Code)
	// Output: Ada 4
}
