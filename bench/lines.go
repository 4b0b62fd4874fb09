package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// fillVerb makes the bench a program for sessions: print-lines N prints N lines
// and fillMark, and stays.
const fillVerb = "print-lines"

// fillMark is the last that print-lines prints.
const fillMark = "the end of it"

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
