package main

import (
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// between listens where a client looks for its server, and plays one that is killed:
// the connections of fates, one after the other, end as these say; those behind them
// reach the server.
type between struct {
	*place
	mu    sync.Mutex
	fates []fate
}

type fate int

const (
	killedAtOnce fate = iota // before it has read anything
	killedBehind             // when all was done, before a word of it
	serves                   // as if nothing were
)

func (p *place) between(fates ...fate) *between {
	p.t.Helper()
	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		p.t.Fatal(err)
	}
	l, err := net.Listen("unix", dir+"/xsh.sock")
	if err != nil {
		p.t.Fatal(err)
	}
	b := &between{place: &place{t: p.t, dir: p.dir, env: append(slices.Clone(p.env), "XSH_DIR="+dir)}, fates: fates}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { b.serve(c) })
		}
	})
	p.t.Cleanup(func() {
		l.Close()
		serving.Wait()
		os.RemoveAll(dir)
	})
	return b
}

func (b *between) serve(client net.Conn) {
	defer client.Close()
	b.mu.Lock()
	what := serves
	if len(b.fates) > 0 {
		what, b.fates = b.fates[0], b.fates[1:]
	}
	b.mu.Unlock()
	if what == killedAtOnce {
		return
	}
	server, err := net.Dial("unix", b.dir+"/run/xsh.sock")
	if err != nil {
		b.t.Error(err)
		return
	}
	defer server.Close()
	gone := make(chan struct{})
	go func() { // ends with either connection
		defer close(gone)
		io.Copy(server, client)
		server.(*net.UnixConn).CloseWrite()
	}()
	if what == killedBehind {
		for read, word := 0, make([]byte, 1<<16); read == 0; read, err = server.Read(word) {
			if err != nil {
				break
			}
		}
	} else {
		io.Copy(client, server)
	}
	client.Close()
	<-gone
}

// TestServerKilledBeforeItAnswers: a session is neither lost nor made twice because
// the server was killed that was asked for it.
func TestServerKilledBeforeItAnswers(t *testing.T) {
	p := newPlace(t)
	p.run("xsh", "new", "-d", "one", "--", "sh", "-c", "echo ready; cat")
	for _, f := range []fate{killedAtOnce, killedBehind} {
		b := p.between(f, f)
		tm := b.attach(24, 80, "one")
		b.expect(tm, "ready")
		tm.close()
		if out := p.between(f).run("xsh", "ls", "-q"); !strings.HasPrefix(out, "one\n") {
			t.Errorf("ls: %s", out)
		}
		if out := p.between(f).run("xsh", "inspect", "one"); !strings.Contains(out, "name:       one\n") {
			t.Errorf("inspect: %s", out)
		}
	}
	for name, f := range map[string]fate{"two": killedAtOnce, "three": killedBehind} {
		if out := p.between(f).run("xsh", "new", "-d", name, "--", "sh", "-c", "echo $XSH_SESSION begins; cat"); out != name+"\n" {
			t.Errorf("new: %s", out)
		}
	}
	// Without a name there would be two, of two names.
	if out := p.between(killedBehind).run("xsh", "new", "-d", "--", "cat"); strings.Count(out, "\n") != 1 {
		t.Errorf("new: %s", out)
	}
	b := p.between(killedBehind)
	tm, err := startTerm(b.dir, b.env, 24, 80, false, false, []string{"xsh", "new", "four", "--", "sh", "-c", "echo begins; cat"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tm.close)
	b.expect(tm, "begins")
	all := strings.Fields(p.run("xsh", "ls", "-q"))
	slices.Sort(all)
	if len(all) != 5 || !regexp.MustCompile(`^four one three two \S+$`).MatchString(strings.Join(all, " ")) {
		t.Errorf("the sessions are %q", all)
	}
	// What was typed may have arrived: it is not typed again.
	if out, err := p.between(killedBehind).try("xsh", "send", "one", "--enter", "typed"); err == nil || !strings.Contains(out, "the server closed the connection") {
		t.Errorf("send: %v, %s", err, out)
	}
	p.run("xsh", "send", "one", "--enter", "end")
	p.run("xsh", "wait", "one", "--for", "text=end\nend", "--timeout", "1m")
	if out := p.run("xsh", "capture", "one"); strings.Count(out, "typed") != 2 { // its echo, and what cat prints
		t.Errorf("typed once:\n%s", out)
	}
}
