package hooks

import (
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/selector"
	"github.com/xsh-project/xsh/pkg/exec"
)

func TestMatches(t *testing.T) {
	web, err := selector.Parse("project=web")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1000, 0)
	attached := &exec.Session{Clients: 1, Labels: map[string]string{"project": "web"}}
	detached := &exec.Session{CreatedAt: at, EndedAt: at.Add(time.Minute)}
	finished := func(status int, took time.Duration) exec.Event {
		return exec.Event{Kind: exec.EventCommandFinished, Status: new(status), Took: took}
	}
	ended := func(code int) exec.Event {
		return exec.Event{Kind: exec.EventEnded, Exit: &exec.ExitStatus{Code: code}}
	}
	for _, c := range []struct {
		name    string
		hook    Hook
		event   exec.Event
		session *exec.Session
		want    bool
	}{
		{"nothing asked for", Hook{}, ended(0), attached, true},
		{"detached", Hook{Detached: new(true)}, ended(0), detached, true},
		{"attached, not detached", Hook{Detached: new(true)}, ended(0), attached, false},
		{"attached", Hook{Detached: new(false)}, ended(0), attached, true},
		{"detached, not attached", Hook{Detached: new(false)}, ended(0), detached, false},
		{"not known any more is detached", Hook{Detached: new(true)}, exec.Event{Kind: exec.EventRemoved}, nil, true},
		{"label", Hook{Label: web}, ended(0), attached, true},
		{"no label", Hook{Label: web}, ended(0), detached, false},
		{"failed", Hook{Failed: new(true)}, ended(1), detached, true},
		{"did not fail", Hook{Failed: new(true)}, ended(0), detached, false},
		{"succeeded", Hook{Failed: new(false)}, finished(0, 0), detached, true},
		{"did not succeed", Hook{Failed: new(false)}, finished(1, 0), detached, false},
		{"not known whether it failed", Hook{Failed: new(false)}, exec.Event{Kind: exec.EventCommandFinished}, detached, false},
		{"long", Hook{TookOver: 10 * time.Second}, finished(0, 11*time.Second), detached, true},
		{"short", Hook{TookOver: 10 * time.Second}, finished(0, 9*time.Second), detached, false},
		{"a long session", Hook{TookOver: 10 * time.Second}, ended(0), detached, true},
		{"a short session", Hook{TookOver: 2 * time.Minute}, ended(0), detached, false},
	} {
		if got := c.hook.matches(c.event, c.session); got != c.want {
			t.Errorf("%s: due is %t", c.name, got)
		}
	}
}

func TestText(t *testing.T) {
	for want, ev := range map[string]exec.Event{
		"one ended: killed by SIGHUP":             {Kind: exec.EventEnded, Exit: &exec.ExitStatus{Code: 129, Signal: "SIGHUP"}},
		"one: make is done after 1m1s":            {Kind: exec.EventCommandFinished, Line: "make", Took: 61 * time.Second, Status: new(0)},
		"one: make failed with status 2 after 1s": {Kind: exec.EventCommandFinished, Line: "make", Took: time.Second, Status: new(2)},
		"one: a command is done after 1s":         {Kind: exec.EventCommandFinished, Took: time.Second},
		"one: make has started":                   {Kind: exec.EventCommandStarted, Line: "make"},
		"one: title  [31m and body":               {Kind: exec.EventNotification, Title: "title \x1b[31m", Body: "and body"},
		"one: a b":                                {Kind: exec.EventTitle, Title: "a\x00b"},
		"one is in /tmp":                          {Kind: exec.EventCwd, Dir: "/tmp"},
		"zero is called one":                      {Kind: exec.EventRenamed, Before: "zero"},
		"one is stopped":                          {Kind: exec.EventState, State: "stopped"},
		"one rings the bell":                      {Kind: exec.EventBell},
		"one is quiet":                            {Kind: exec.EventIdle},
		"one: attached":                           {Kind: exec.EventAttached},
	} {
		ev.Name = "one"
		if got := Text(ev); got != want {
			t.Errorf("%s: %q, want %q", ev.Kind, got, want)
		}
	}
}
