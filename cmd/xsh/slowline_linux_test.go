package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// slowLine is a line to a server, of a rate, in bytes a second, and a delay each
// way. It listens at a socket and counts what comes from the server.
type slowLine struct {
	net.Listener
	server string
	rate   int
	delay  time.Duration
	bytes  atomic.Int64
}

// serve carries each connection until the listener is closed.
func (l *slowLine) serve() {
	for {
		ours, err := l.Accept()
		if err != nil {
			return
		}
		theirs, err := net.Dial("unix", l.server)
		if err != nil {
			ours.Close()
			continue
		}
		go l.carry(theirs, ours, 0)
		go l.carry(ours, theirs, l.rate)
	}
}

// carry copies from one end to the other until one is closed, which closes both.
func (l *slowLine) carry(to, from net.Conn, rate int) {
	type piece struct {
		due  time.Time
		data []byte
	}
	way := make(chan piece, 64) // what is on its way; a line holds little
	go func() {
		defer to.Close()
		for p := range way {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.data); err != nil {
				from.Close()
			}
		}
	}()
	defer close(way)
	buf := make([]byte, 256)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			way <- piece{time.Now().Add(l.delay), bytes.Clone(buf[:n])}
		}
		if err != nil {
			return
		}
		if rate > 0 {
			l.bytes.Add(int64(n))
			time.Sleep(time.Second * time.Duration(n) / time.Duration(rate))
		}
	}
}

// TestSlowLine: over 64 kbit/s and 150 ms each way, a program that draws 94 KB five
// times a second is seen to take each key, and Ctrl-C, behind a small part of what
// it prints.
func TestSlowLine(t *testing.T) {
	p := newPlace(t)
	p.run("xsh", "new", "-d", "agent", "--", "redraw")
	if err := os.Mkdir(p.dir+"/line", 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", p.dir+"/line/xsh.sock")
	if err != nil {
		t.Fatal(err)
	}
	line := &slowLine{Listener: l, server: p.dir + "/run/xsh.sock", rate: 64000 / 8, delay: 150 * time.Millisecond}
	go line.serve()
	t.Cleanup(func() { line.Close() })
	env := append(slices.Clone(p.env), "XSH_DIR="+p.dir+"/line")
	client, err := startTerm(p.dir, env, 24, 80, false, false, []string{"xsh", "attach", "agent"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.close)
	until := func(text string) (sent int64) {
		t.Helper()
		before, re := line.bytes.Load(), regexp.MustCompile(text)
		if err := client.awaitScreen(nil, func() string { return client.lacks(re) }); err != nil {
			t.Fatal(err)
		}
		return line.bytes.Load() - before
	}
	until(`typed 0\.`)
	most := int64(32 << 10) // a third of one drawing, before the server knows the line
	for n := range 5 {
		client.write("k")
		if sent := until(fmt.Sprintf(`typed %d\.`, n+1)); sent > most {
			t.Errorf("key %d is shown behind %d bytes, more than %d", n+1, sent, most)
		}
		most = 12 << 10
	}
	client.write("\x03")
	if sent := until("interrupted"); sent > most {
		t.Errorf("Ctrl-C is shown behind %d bytes, more than %d", sent, most)
	}
	p.exit(client, 130)
}
