package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// minFlood is the least part of a bare pty's speed that a program reaches in
// a session that nobody looks at.
const minFlood = 0.7

// flood measures how fast a program prints when nobody is attached, beside the
// same one on a pty that is read and thrown away.
func flood(o options, r *report) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	x, err := startServer(o.xsh)
	if err != nil {
		return err
	}
	defer x.stop()
	program := []string{self, floodVerb, strconv.Itoa(o.flood)}
	var ours, bare []float64
	for i := range o.runs {
		file := filepath.Join(x.dir, fmt.Sprintf("bare-%d", i))
		if err := discard(osexec.Command(program[0], append(program[1:], file)...)); err != nil {
			return err
		}
		took, err := awaitNumber(file)
		if err != nil {
			return err
		}
		bare = append(bare, took)

		file = filepath.Join(x.dir, fmt.Sprintf("session-%d", i))
		if err := x.start(fmt.Sprintf("flood-%d", i), append(program, file)); err != nil {
			return err
		}
		if took, err = awaitNumber(file); err != nil {
			return err
		}
		ours = append(ours, took)
	}
	a, b := median(ours), median(bare)
	mb := float64(o.flood)
	r.atLeast(fmt.Sprintf("%d MB, nobody attached", o.flood), b/a, minFlood,
		fmt.Sprintf("%.0f MB/s, bare pty %.0f", mb/a, mb/b))
	return nil
}

// awaitNumber waits until a program has written file, and reads it.
func awaitNumber(file string) (float64, error) {
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(file)
		if err == nil {
			return strconv.ParseFloat(string(b), 64)
		}
		if !errors.Is(err, fs.ErrNotExist) || time.Now().After(limit) {
			return 0, err
		}
	}
}
