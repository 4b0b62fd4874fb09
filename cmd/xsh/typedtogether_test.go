package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// room is a session into which several type lines, and what they have typed.
type room struct {
	*place
	stop chan struct{} // closed when the agents are to end

	mu   sync.Mutex          // guards the fields below
	said map[string][]string // what was taken, by who said it
	more chan struct{}       // closed, and made anew, when there is more
}

// say notes a line that was taken.
func (r *room) say(who, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said[who] = append(r.said[who], line)
	close(r.more)
	r.more = make(chan struct{})
}

// talk has an agent type lines until it is to end. One that is refused for another
// reason than the person's typing fails the test.
func (r *room) talk(who string, send func(line string) error) {
	for n := 0; ; n++ {
		select {
		case <-r.stop:
			return
		default:
		}
		line := fmt.Sprintf("%s says %d", who, n)
		if err := send(line); err == nil {
			r.say(who, line)
		} else if !strings.Contains(err.Error(), "somebody types into session") {
			r.t.Errorf("%s: %v", line, err)
			return
		}
	}
}

// talked waits until each of the agents has typed so many lines more.
func (r *room) talked(more int, agents ...string) {
	r.t.Helper()
	r.mu.Lock()
	want := map[string]int{}
	for _, who := range agents {
		want[who] = len(r.said[who]) + more
	}
	r.mu.Unlock()
	for _, who := range agents {
		for {
			r.mu.Lock()
			said, next := len(r.said[who]), r.more
			r.mu.Unlock()
			if said >= want[who] {
				break
			}
			r.await(next, "a line of "+who)
		}
	}
}

// person attaches somebody to the room.
func (r *room) person(flags ...string) *term {
	r.t.Helper()
	t, err := startTerm(r.dir, r.env, 24, 80, false, false, append([]string{"xsh", "attach", "room"}, flags...))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(t.close)
	r.expect(t, "ready|got")
	return t
}

// leave detaches a person.
func (r *room) leave(person *term) {
	r.t.Helper()
	person.write("\x1c\x1c")
	r.exit(person, 0)
}

// keyPause is how long a person takes for a key.
const keyPause = 30 * time.Millisecond

// byPerson has the person type a line, in one go or key by key.
func (r *room) byPerson(person *term, line string, pause time.Duration) {
	r.t.Helper()
	if pause == 0 {
		person.write(line + "\r")
	} else {
		for _, key := range line + "\r" {
			person.write(string(key))
			time.Sleep(pause) // nobody types all at once
		}
	}
	r.expect(person, `got \[`+line+`\]`)
	r.say("person", line)
}

// rounds is how often something is done, or until how much time has passed in make soak.
func (r *room) rounds(n int, soak time.Duration, once func(n int)) {
	r.t.Helper()
	for i, began := 0, time.Now(); i < n || soaking() && time.Since(began) < soak; i++ {
		once(i)
	}
}

// TestTypedTogether: a person and two agents type into one session. No line is torn,
// none is lost or comes twice, and who is refused is told why.
func TestTypedTogether(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := &room{place: p, stop: make(chan struct{}), said: map[string][]string{}, more: make(chan struct{})}
	p.run("xsh", "new", "-d", "room", "-l", "team=a", "--", "sh", "-c", `stty -echo; echo ready; while read -r x; do echo "got [$x]"; done`)
	p.run("xsh", "wait", "room", "--for", "text=ready", "--timeout", "50s")
	byCommand := func(line string) error {
		out, err := p.try("xsh", "send", "room", line, "--enter", "--agent")
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	}
	tools := p.useTools("--only", "team=a")
	byTool := func(line string) error {
		_, err := tools.call("send", toolArgs{"session": "room", "text": line, "keys": []string{"Enter"}})
		return err
	}
	const one, other = "one agent", "another"
	var agents sync.WaitGroup
	agents.Go(func() { r.talk(one, byCommand) })
	agents.Go(func() { r.talk(other, byTool) })
	end := sync.OnceFunc(func() { close(r.stop); agents.Wait() })
	defer end()

	// With a keyboard that is shared nobody waits.
	sharing := r.person("--share-keyboard")
	r.rounds(20, 20*time.Second, func(n int) {
		r.byPerson(sharing, fmt.Sprintf("a person says %d", n), 0)
		r.talked(1, one, other)
	})
	r.leave(sharing)
	// Else they wait while the person types, and type when there is a pause.
	person := r.person()
	r.rounds(3, 40*time.Second, func(n int) {
		r.byPerson(person, fmt.Sprintf("slowly %d", n), keyPause)
		r.talked(1, one, other)
	})
	end()
	r.refused(person, byCommand, byTool)
	r.leave(person)
	r.check()
}

// refused: while the person types without a pause, others are refused with the reason.
func (r *room) refused(person *term, byCommand, byTool func(string) error) {
	r.t.Helper()
	r.byPerson(person, "and so on", keyPause)
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				stopped <- n
				return
			case <-time.After(keyPause):
				person.write("x")
			}
		}
	}()
	out, err := r.try("xsh", "send", "room", "--submit", "a prompt", "--agent", "--timeout", "5s") // refused when less than a pause is left
	want := "xsh: somebody types into session \"room\", and does not pause for 3s\n" +
		"xsh: hint: try again when they pause; who attaches with --share-keyboard lets others type\n"
	if err == nil || out != want {
		r.t.Errorf("a prompt: %v, %s", err, out)
	}
	if soaking() { // they wait for a pause for 20 seconds
		for _, send := range []func(string) error{byCommand, byTool} {
			if err := send("kept out"); err == nil || !strings.Contains(err.Error(), "somebody types into session") {
				r.t.Errorf("kept out with %v", err)
			}
		}
	}
	close(stop)
	line := strings.Repeat("x", <-stopped)
	person.write("\r")
	r.expect(person, "got ")
	r.say("person", line)
}

var gotLine = regexp.MustCompile(`^got \[(.*)\]$`)

// check holds what the program got against what was typed.
func (r *room) check() {
	r.t.Helper()
	got := map[string][]string{}
	lines := strings.Split(strings.TrimSuffix(r.run("xsh", "logs", "room"), "\n"), "\n")
	for _, line := range lines[1:] {
		m := gotLine.FindStringSubmatch(line)
		if m == nil {
			r.t.Errorf("printed was %q", line)
			continue
		}
		who, _, said := strings.Cut(m[1], " says ")
		if _, agent := r.said[who]; !said || !agent {
			who = "person"
		}
		got[who] = append(got[who], m[1])
	}
	for who, want := range r.said {
		if !slices.Equal(got[who], want) {
			r.t.Errorf("%s said\n%s\nand it got\n%s", who, strings.Join(want, "\n"), strings.Join(got[who], "\n"))
		}
	}
}
