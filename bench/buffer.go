package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	osexec "os/exec"
	"strconv"
	"strings"
)

// buffer appends 1 GB in pieces of 4 KiB to a full output buffer, and copies
// the same bytes to plain memory.
func buffer(ctx context.Context, r *rig) error {
	cmd := osexec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "OutputBuffer|PlainCopy",
		"-benchtime", "262144x", "-count", strconv.Itoa(r.times(5)), "./pkg/exec")
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	times := map[string][]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		field := strings.Fields(lines.Text()) // name-cpus, iterations, time, "ns/op"
		if len(field) < 4 || field[3] != "ns/op" {
			continue
		}
		ns, err := strconv.ParseFloat(field[2], 64)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(field[0], "-")
		times[name] = append(times[name], ns)
	}
	ours, plain := times["BenchmarkOutputBuffer"], times["BenchmarkPlainCopy"]
	if len(ours) == 0 || len(plain) == 0 {
		return fmt.Errorf("no result in: %s", out)
	}
	ratio := median(ours) / median(plain)
	r.sayOwn("output buffer to plain copy", ratio, atMost(1.5),
		"%.0f ns to %.0f ns for 4 KiB", median(ours), median(plain))
	return nil
}
