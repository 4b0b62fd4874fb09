package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// manyConsoles is how many consoles one program has.
const manyConsoles = 200

// consoles weighs the consoles of a program that drives many sessions, each of which it
// has started, typed to and read: all in its own process, which has the sessions too.
func consoles(ctx context.Context, r *rig) error {
	if !haveProc() {
		return errNoProc
	}
	p := r.peers[len(r.peers)-1]
	cmd := p.command(r.self, "consoles", strconv.Itoa(manyConsoles))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	var each float64
	if _, err := fmt.Sscan(string(out), &each); err != nil {
		return err
	}
	r.sayOwn(fmt.Sprintf("%d consoles in one process, KiB each", manyConsoles), each, atMost(60), "KiB, with their sessions")
	return nil
}

// consolesMain starts so many consoles and prints what each of them weighs.
func consolesMain(args []string) error {
	n, err := oneNumber(args, "consoles NUMBER")
	if err != nil {
		return err
	}
	h := local.New(local.Config{})
	sessions := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
	defer sessions.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var before int64
	for i := range n + 1 {
		c, err := console.Start(ctx, sessions, local.Options(osexec.Command("sh", "-c", "read x; echo got $x; exec sleep 100000")))
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Type(ctx, "it\r"); err != nil {
			return err
		}
		if err := c.ExpectScreen(ctx, "^got it"); err != nil {
			return err
		}
		if i == 0 { // what the first one needs is there for all
			if before, err = ownMemory(); err != nil {
				return err
			}
		}
	}
	after, err := ownMemory()
	if err != nil {
		return err
	}
	_, err = fmt.Println(float64(after-before) / 1024 / float64(n))
	return err
}

// ownMemory is this process's own, once it has done nothing for a moment.
func ownMemory() (int64, error) {
	time.Sleep(settling / 5)
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(data, []byte("\nPss:"))
	var kib int64
	_, err = fmt.Sscan(string(rest), &kib)
	return kib << 10, err
}
