package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	xterm "golang.org/x/term"
)

// redrawMain is the program redraw, which does as coding agents do: five times a
// second it draws its whole screen anew, 94 KB between the marks of a synchronised
// update, though nothing but the number of keys typed changes. Ctrl-C ends it.
func redrawMain() int {
	state, err := xterm.MakeRaw(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "redraw:", err)
		return 1
	}
	defer xterm.Restore(0, state)
	keys := make(chan byte)
	go func() {
		var key [1]byte
		for {
			if _, err := os.Stdin.Read(key[:]); err != nil {
				close(keys)
				return
			}
			keys <- key[0]
		}
	}()
	row := "\r" + strings.Repeat("x", 79)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for typed := 0; ; {
		var b bytes.Buffer
		fmt.Fprintf(&b, "\x1b[?2026h\x1b[Htyped %d.\r\n", typed)
		for range 23 {
			b.WriteString(strings.Repeat(row, 51))
			b.WriteString("\x1b[B")
		}
		b.WriteString("\x1b[?2026l")
		os.Stdout.Write(b.Bytes())
		select {
		case key, ok := <-keys:
			if !ok || key == 3 {
				fmt.Print("\x1b[H\x1b[Jinterrupted")
				return 130
			}
			typed++
		case <-tick.C:
		}
	}
}
