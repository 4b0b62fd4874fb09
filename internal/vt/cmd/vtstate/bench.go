package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"syscall"
	"time"
)

// benchChunk is how much is written at a time: what a pty may give at once.
const benchChunk = 64 << 10

// benchAmount is how many MB to write, 0 for no bench: a flag that stands without
// a value, or with one behind an equals sign.
type benchAmount int

const defaultBench benchAmount = 64

func (a *benchAmount) IsBoolFlag() bool { return true }

func (a *benchAmount) String() string { return strconv.Itoa(int(*a)) }

func (a *benchAmount) Set(s string) error {
	if s == "true" { // what package flag says for no value
		*a = defaultBench
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("want a number of MB")
	}
	*a = benchAmount(n)
	return nil
}

// bench writes the input again and again and prints how fast that went.
func bench(w io.Writer, input []byte, o options) error {
	if len(input) == 0 {
		return fmt.Errorf("bench needs an input")
	}
	var replies []byte
	t := newTerminal(o, &replies)
	want, total := int(o.bench)<<20, 0
	start, startCPU := time.Now(), cpuTime()
	for total < want {
		for b := input; len(b) > 0 && total < want; {
			n := min(len(b), benchChunk)
			t.Write(b[:n])
			total += n
			b = b[n:]
		}
	}
	wall, cpu := time.Since(start), cpuTime()-startCPU
	mb := float64(total) / 1e6
	_, err := fmt.Fprintf(w, "vt %.1f MB per CPU second, %.1f MB/s wall (%.1f MB in %.2f s)\n",
		mb/cpu.Seconds(), mb/wall.Seconds(), mb, wall.Seconds())
	return err
}

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
