package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// standinHand drives the stand-in from outside, in one of the ways that xsh has for it.
type standinHand interface {
	// submit gives the program a prompt, and returns when it has moved on. It may be
	// called twice at the same time.
	submit(prompt string) error
	// press presses a key, which answers a question.
	press(key string) error
	// await waits until the program has come to a state since the last prompt or key,
	// and returns the message that it came with.
	await(state exec.StateName) (message string, err error)
	// state is what the program is at now.
	state() (exec.State, error)
	// printed is all that the program has printed, as text or as it was.
	printed() (string, error)
}

// standinWays are the ways: each starts the stand-in in a place, and returns the name
// that its session has there.
var standinWays = map[string]func(*place) (hand standinHand, session string){
	"cli":     standinByCLI,
	"library": standinByLibrary,
	"mcp":     standinByMCP,
}

// standinPrompts is how many prompts the program gets that behaves like a coding agent.
func standinPrompts() int {
	if soaking() {
		return 50
	}
	return 20
}

// TestStandin: many prompts to a program that behaves like a coding agent: none is
// lost, none comes twice, and its state is always the right one.
func TestStandin(t *testing.T) {
	for name, start := range standinWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			hand, session := start(p)
			d := &standinDrive{t: t, c: p.dial(), standinHand: hand}
			d.session = d.known(session).ID
			d.begins()
			prompts := standinPrompts()
			for n := 1; n <= prompts; n++ {
				d.prompt(n)
			}
			d.twoAtOnce(prompts + 1)
			if by := d.known(d.session).Typists; len(by) == 0 || by[0].Kind != exec.TyperAgent {
				t.Errorf("who typed was %v, want an agent", by)
			}
			d.checkAnswers()
			d.checkStates()
		})
	}
}

// standinDrive is one run of the stand-in, with what is expected of it.
type standinDrive struct {
	standinHand
	t       *testing.T
	c       *client.Client // looks at the session from beside
	session string

	states  []string // that it has come to, each with its message
	answers []string
}

func (d *standinDrive) check(doing string, err error) {
	d.t.Helper()
	if err != nil {
		text, _ := d.printed()
		d.t.Fatalf("%s: %v; printed at last: %q", doing, err, text[max(0, len(text)-2000):])
	}
}

func (d *standinDrive) known(session string) *exec.Session {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	s, err := d.c.GetSession(request(ctx), session)
	d.check("look at the session", err)
	return s
}

// begins waits until the program waits for a first prompt.
func (d *standinDrive) begins() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*patience)
	defer cancel()
	_, err := d.c.Wait(request(ctx), d.session, exec.WaitOptions{For: exec.WaitState, Pattern: string(exec.StateIdle)})
	d.check("wait for its beginning", err)
	d.states = append(d.states, "idle")
}

// arrives waits for a state, and holds what is told of it against what the program
// reported.
func (d *standinDrive) arrives(state exec.StateName, message string) {
	d.t.Helper()
	came, err := d.await(state)
	d.check("wait for "+string(state), err)
	now, err := d.state()
	d.check("ask for the state", err)
	if came != message || now.Name != state || now.Message != message {
		d.t.Fatalf("it came with %q, and is %+v; want %s, %q", came, now, state, message)
	}
	d.states = append(d.states, stateWords(now))
}

// prompt submits a prompt, and answers if there is a question.
func (d *standinDrive) prompt(n int) {
	d.t.Helper()
	text := fmt.Sprintf("do thing %d, please", n)
	d.check(text, d.submit(text))
	d.states = append(d.states, fmt.Sprintf("working: prompt %d", n))
	if n%standinAsks == 0 {
		d.arrives(exec.StateBlocked, fmt.Sprintf("may I do prompt %d?", n))
		d.check("answer", d.press("y"))
	}
	d.arrives(exec.StateIdle, "")
	d.answers = append(d.answers, fmt.Sprintf("answer %d <%s>", n, text))
}

// twoAtOnce submits prompts n and n+1 at the same time: one comes behind the other.
func (d *standinDrive) twoAtOnce(n int) {
	d.t.Helper()
	texts := []string{"first of two", "second of two"}
	sent := make(chan error)
	for _, text := range texts {
		go func() { sent <- d.submit(text) }()
	}
	d.check("two at once", errors.Join(<-sent, <-sent))
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*patience)
	defer cancel()
	_, err := d.c.Wait(request(ctx), d.session, exec.WaitOptions{For: exec.WaitText, Pattern: fmt.Sprintf(`^%d prompts`, n+1)})
	d.check("wait for both", err)
	for i := range texts {
		d.states = append(d.states, fmt.Sprintf("working: prompt %d", n+i), "idle")
	}
	text, err := d.printed()
	d.check("read what was printed", err)
	if strings.Contains(text, fmt.Sprintf("answer %d <%s>", n, texts[1])) {
		slices.Reverse(texts)
	}
	for i, text := range texts {
		d.answers = append(d.answers, fmt.Sprintf("answer %d <%s>", n+i, text))
	}
}

var standinAnswer = regexp.MustCompile(`answer \d+ <[^>]*>`)

// checkAnswers: what the program says that it was asked is what it was asked, in order.
func (d *standinDrive) checkAnswers() {
	d.t.Helper()
	text, err := d.printed()
	d.check("read what was printed", err)
	if got := standinAnswer.FindAllString(text, -1); !slices.Equal(got, d.answers) {
		d.t.Errorf("it was asked\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(d.answers, "\n"))
	}
}

// checkStates: the events up to the session's end tell each state once, in order.
func (d *standinDrive) checkStates() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*patience)
	defer cancel()
	_, err := d.c.Kill(request(ctx), d.session, exec.StreamSignalNone)
	d.check("kill", err)
	var got []string
	for ev, err := range d.c.Watch(ctx, 0, d.session) {
		d.check("read the events", err)
		if ev.Kind == exec.EventState {
			got = append(got, stateWords(exec.State{Name: exec.StateName(ev.State), Message: ev.Body}))
			if ev.Source != exec.SourceReport {
				d.t.Errorf("who told %s is %q", got[len(got)-1], ev.Source)
			}
		}
		if ev.Kind == exec.EventEnded {
			break
		}
	}
	if !slices.Equal(got, d.states) {
		d.t.Errorf("its states were\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(d.states, "\n"))
	}
}
