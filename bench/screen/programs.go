package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
)

// The bench is also the programs that it runs in sessions.
const (
	floodVerb = "print-flood" // MB FILE: prints so much, and writes to FILE how many seconds that took
	fillVerb  = "print-lines" // N: prints N lines and fillMark, and stays
)

// fillMark is the last that print-lines prints.
const fillMark = "the end of it"

// errHungUp is what reading a terminal returns when nobody has it open any
// more.
var errHungUp = syscall.EIO

func floodMain(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: print-flood MB FILE")
	}
	mb, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	block := bytes.ReplaceAll(textStream(), []byte("\r\n"), []byte("\n"))[:1e6]
	start := time.Now()
	for range mb {
		for b := block; len(b) > 0; {
			n := min(len(b), 16<<10)
			if _, err := os.Stdout.Write(b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
	}
	took := fmt.Sprint(time.Since(start).Seconds())
	if err := os.WriteFile(args[1]+"~", []byte(took), 0o600); err != nil {
		return err
	}
	return os.Rename(args[1]+"~", args[1])
}

func fillMain(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: print-lines N")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var b []byte
	for i := range n {
		b = fmt.Appendf(b, "\x1b[3%dm%6d\x1b[m the quick brown fox jumps over the lazy dog, and again\n", i%8, i)
	}
	if _, err := os.Stdout.Write(append(b, fillMark...)); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
