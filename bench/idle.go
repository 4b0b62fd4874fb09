package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/handler/local"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// idleTime is how long an idle server is watched.
const idleTime = 10 * time.Second

// weigh starts many idle sessions, asks how much memory their server has, and
// watches it do nothing.
func (b *bench) weigh(ctx context.Context) error {
	// A server that has done nothing yet.
	b.command(ctx, "server", "stop", "--force").Run()
	if err := b.do(ctx, "server", "start"); err != nil {
		return err
	}
	before, err := b.status(ctx)
	if err != nil {
		return err
	}
	if err := b.startIdle(ctx); err != nil {
		return err
	}
	st, err := b.status(ctx)
	if err != nil {
		return err
	}
	mb := float64(st.MemoryBytes) / 1e6
	b.say(figure{fmt.Sprintf("memory, %d idle sessions", st.Sessions), fmt.Sprintf("%.0f MB", mb), "< 100 MB", mb < 100},
		"%.0f MB with %d", float64(before.MemoryBytes)/1e6, before.Sessions)

	busy, err := cpuTime(st.PID)
	if err != nil {
		fmt.Println("CPU time of an idle server: unknown here:", err)
		return nil
	}
	select {
	case <-time.After(idleTime):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := cpuTime(st.PID)
	if err != nil {
		return err
	}
	used := after - busy
	b.say(figure{"CPU time of an idle server", used.String(), "0 in 10 s", used == 0}, "in ticks of 10 ms")
	return b.do(ctx, "kill", "-a")
}

func (b *bench) status(ctx context.Context) (*client.Status, error) {
	out, err := b.command(ctx, "server", "status", "-o", "json").Output()
	if err != nil {
		return nil, err
	}
	st := &client.Status{}
	return st, json.Unmarshal(out, st)
}

// startIdle creates the sessions over one connection.
func (b *bench) startIdle(ctx context.Context) error {
	c, err := client.Dial(ctx, b.dir+"/run/xsh.sock")
	if err != nil {
		return err
	}
	defer c.Close()
	who := &types.PluginContext{Context: ctx, RequestID: "bench"}
	for range b.idle {
		_, err := c.CreateSession(who, exec.SessionOptions{
			Command: []string{"/bin/sleep", "100000"}, TTY: true,
			ResourcePlugin: local.Plugin, ResourceKey: local.Resource,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cpuTime is what a process has used, in user and system mode.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may have spaces
	field := strings.Fields(rest)
	var ticks int64
	for _, f := range field[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
