package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/client"
)

// tail is a client without a terminal that gets all that a session prints.
type tail struct {
	*client.Link
	output strings.Builder // valid once ended is closed
	fault  string
	began  chan struct{} // closed when there is output
	ended  chan struct{}
}

// follow attaches a tail to a session.
func (p *place) follow(session string) *tail {
	p.t.Helper()
	link, err := p.dial().Open(p.t.Context(), session, client.LinkConfig{
		Reconnect: patience, Redial: client.DialSocket(p.dir + "/run/xsh.sock"),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	t := &tail{Link: link, began: make(chan struct{}), ended: make(chan struct{})}
	go t.collect()
	p.t.Cleanup(func() {
		link.Close()
		<-t.ended
	})
	return t
}

func (t *tail) collect() {
	defer close(t.ended)
	at := int64(-1)
	for n := 0; ; n++ {
		o, err := t.Receive()
		if n == 1 || err != nil && n < 2 {
			close(t.began)
		}
		if err != nil {
			return
		}
		if o.Drawn && n > 0 { // it was far behind, on a busy machine
			t.output.WriteString(drawn)
		}
		if !o.Drawn && at >= 0 && o.Offset != at {
			t.fault = fmt.Sprintf("output of %d came where that of %d should", o.Offset, at)
		}
		if !o.Drawn {
			at = o.Offset + int64(len(o.Data))
			t.output.Write(o.Data)
		} else {
			at = o.Offset
		}
	}
}

// load is sessions of the program lines and who looks at them.
type load struct {
	*place
	names    []string
	tails    []*tail // of the first sessions
	terminal []*term // attached to the first two: with their size, and a smaller one
}

func (p *place) underLoad(count int) *load {
	p.t.Helper()
	l := &load{place: p}
	for i := range count {
		name := fmt.Sprintf("s%d", i)
		l.names = append(l.names, name)
		kind := []string{"plain", "alternate", "title"}[i%3]
		command := []string{"xsh", "new", "-d", name, "--", "lines", strconv.Itoa(i % 100), kind}
		if i >= 5 {
			p.run(command...)
			continue
		}
		p.run(append(command, "wait")...)
		l.tails = append(l.tails, p.follow(name))
	}
	l.terminal = append(l.terminal, p.attach(24, 80, l.names[0]))
	smaller, err := startTerm(p.dir, p.env, 10, 40, false, false, []string{"xsh", "attach", "--no-resize", l.names[1]})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(smaller.close)
	l.terminal = append(l.terminal, smaller)
	for _, t := range l.terminal {
		p.expect(t, "ready")
	}
	for i, t := range l.tails {
		t.Type([]byte("\r"))
		p.await(t.began, l.names[i]+" to print")
	}
	return l
}

// finish ends the sessions and checks that nothing of them was lost.
func (l *load) finish() {
	l.t.Helper()
	for _, name := range l.names {
		if i := slices.Index(l.names, name); i < len(l.tails) {
			l.tails[i].Type([]byte("\r"))
			continue
		}
		late := l.attach(24, 80, name) // sees the end
		l.expect(late, `line \d+`)
		late.write("\r")
		l.expect(late, `all \d+`)
	}
	for i, t := range l.tails {
		l.await(t.ended, l.names[i]+" to end")
		if fault := missing(t.output.String()); t.fault != "" || fault != "" {
			l.t.Errorf("%s: %s: %s", l.names[i], t.fault, fault)
		}
	}
	l.exit(l.terminal[0], 0)
	l.exit(l.terminal[1], 1)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		codes := l.exits()
		if len(codes) < len(l.names) && time.Now().Before(deadline) {
			continue
		}
		for i, name := range l.names {
			if code, ended := codes[name]; !ended || code != i%100 {
				l.t.Errorf("%s: exit code %d, %v; want %d", name, code, ended, i%100)
			}
		}
		break
	}
}

// TestKilledUnderLoad: nothing of a session is lost when its server is killed at
// any moment, again and again.
func TestKilledUnderLoad(t *testing.T) {
	sessions, kills := 10, 20
	if soaking() {
		sessions, kills = 50, 100
	}
	p := newPlace(t)
	l := p.underLoad(sessions)
	pid := 0
	for i := range kills {
		pid = p.kill("server.pid", unix.SIGKILL, pid)
		if i%4 != 0 { // else the next one may be killed while it starts
			p.run("xsh", "server", "status")
		}
		time.Sleep(time.Duration(rand.Int64N(int64(100 * time.Millisecond)))) // any moment is one
	}
	l.finish()
}

// TestUpgradedUnderLoad: nor is anything lost, keys included, when another
// version takes over.
func TestUpgradedUnderLoad(t *testing.T) {
	sessions, upgrades := 10, 10
	if soaking() {
		sessions, upgrades = 50, 50
	}
	p := newPlace(t)
	l := p.underLoad(sessions)
	p.run("xsh", "new", "-d", "keys", "--", "sh", "-c", "stty -echo; echo ready; cat")
	p.expect(p.attach(24, 80, "keys"), "ready") // its terminal echoes no more
	keys := p.follow("keys")
	stop, typed := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				typed <- n
				return
			case <-time.After(2 * time.Millisecond):
				line := numbered(n)
				keys.Type([]byte(line[:len(line)-1]))
			}
		}
	}()
	for i := range upgrades {
		p.run([]string{"xsh-v9", "xsh"}[i%2], "server", "upgrade")
	}
	close(stop)
	keys.Type(fmt.Appendf(nil, "all %d\r\x04", <-typed))
	p.await(keys.ended, "keys to end")
	if fault := missing(keys.output.String()); fault != "" || keys.fault != "" {
		t.Errorf("keys: %s: %s", keys.fault, fault)
	}
	l.finish()
}

// TestStartedTogether: of commands that start a server at the same instant one
// does, and all use that.
func TestStartedTogether(t *testing.T) {
	rounds := 10
	if soaking() {
		rounds = 200
	}
	p := newPlace(t)
	for range rounds {
		var both [2]chan string
		for i := range both {
			both[i] = make(chan string, 1)
			go func() {
				out, err := p.try("xsh", "new", "-d", fmt.Sprintf("s%d", i), "--", "sleep", "1006")
				if err != nil {
					out += err.Error()
				}
				both[i] <- out
			}()
		}
		a, b := <-both[0], <-both[1]
		if got := p.run("xsh", "ls", "-q"); a+b+got != "s0\ns1\ns0\ns1\n" && a+b+got != "s0\ns1\ns1\ns0\n" {
			t.Fatalf("they said %q and %q, and the sessions are %q", a, b, got)
		}
		p.run("xsh", "server", "stop", "--force")
	}
}
