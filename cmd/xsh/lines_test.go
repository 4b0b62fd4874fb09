package main

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	xterm "golang.org/x/term"
)

// linesMain is the program lines, for tests of what gets lost: lines STATUS KIND
// [wait] prints numbered lines, each with its checksum, until Enter is typed, and
// ends with STATUS. With wait it begins when Enter is typed. KIND is plain; alternate, on the alternate screen; or title, with a
// string of the terminal's open for a moment before each line.
func linesMain() int {
	state, err := xterm.MakeRaw(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lines:", err)
		return 1
	}
	defer xterm.Restore(0, state)
	keys := bufio.NewReader(os.Stdin)
	if len(os.Args) > 3 {
		fmt.Print("ready\r\n")
		keys.ReadString('\r')
	}
	typed := make(chan struct{})
	go func() {
		keys.ReadString('\r')
		close(typed)
	}()
	status, _ := strconv.Atoi(os.Args[1])
	kind := os.Args[2]
	if kind == "alternate" {
		fmt.Print("\x1b[?1049h")
	}
	for n := 0; ; n++ {
		if kind == "title" {
			fmt.Printf("\x1b]2;title %d", n)
			time.Sleep(time.Millisecond)
			fmt.Print("\x1b\\")
		}
		fmt.Print(numbered(n))
		select {
		case <-typed:
			fmt.Printf("all %d\r\n", n+1)
			return status
		default:
		}
		if n%4 == 0 { // whoever tails must keep up, on a busy machine
			time.Sleep(time.Millisecond)
		}
	}
}

// numbered is a line of the program lines.
func numbered(n int) string {
	text := fmt.Sprintf("line %d of many", n)
	return fmt.Sprintf("%s, sum %08x\r\n", text, crc32.ChecksumIEEE([]byte(text)))
}

var (
	numberedLine = regexp.MustCompile(`line (\d+) of many, sum [0-9a-f]{8}\r\n`)
	allLines     = regexp.MustCompile(`all (\d+)\r\n`)
)

// drawn stands in the output of a client for a screen that it was drawn, in place
// of the output before: it had fallen far behind.
const drawn = "<drawn>"

// missing says what of the program's lines is not in the output of a client that
// was attached all the while: each once and in order, but where a screen was drawn.
func missing(output string) string {
	next := 0
	for i, part := range strings.Split(output, drawn) {
		for j, at := range numberedLine.FindAllStringSubmatchIndex(part, -1) {
			if n, _ := strconv.Atoi(part[at[2]:at[3]]); i > 0 && j == 0 {
				next = n // what is drawn may begin with what was there before
			}
			if got, want := part[at[0]:at[1]], numbered(next); got != want {
				return fmt.Sprintf("%q came where %q should, behind\n%q", got, want, part[max(0, at[0]-500):at[0]])
			}
			next++
		}
	}
	all := allLines.FindStringSubmatch(output)
	if all == nil && strings.Contains(output, drawn) {
		return "" // the end may be on the screen
	}
	if all == nil {
		return fmt.Sprintf("no end behind line %d", next)
	}
	if all[1] != strconv.Itoa(next) {
		return fmt.Sprintf("%d lines came of %s", next, all[1])
	}
	return ""
}
