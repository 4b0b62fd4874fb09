package exec

import (
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/termin"
)

func TestQuestions(t *testing.T) {
	const kind = termin.QueryKind(1)
	now := time.Unix(1e9, 0)
	asks := []screen.Query{{Kind: kind, Answer: []byte("answer")}}
	leader, other, drawn, headless := &asked{}, &asked{}, &asked{drawn: true}, &asked{headless: true}
	all := []*asked{leader, other, drawn, headless}

	var q questions
	if q.ask(asks, 10, all, leader, now) {
		t.Error("the model answers beside the leader")
	}
	for who, want := range map[*asked][2]bool{leader: {true, true}, other: {true, false}, drawn: {}, headless: {}} {
		if asked, wanted := q.take(who, kind, now); asked != want[0] || wanted != want[1] {
			t.Errorf("asked %v, wanted %v, want %v", asked, wanted, want)
		}
	}
	if asked, _ := q.take(leader, kind, now); asked {
		t.Error("one question has two answers")
	}
	for _, l := range []*asked{nil, drawn, headless} {
		if !q.ask(asks, 10, all, l, now) {
			t.Errorf("nobody answers while %+v leads", l)
		}
	}
	if !q.ask(asks, 10, []*asked{{from: 10}}, leader, now) {
		t.Error("a client is taken to hear what was asked before it came")
	}

	q = questions{}
	q.ask(asks, 10, all, leader, now)
	if _, wanted := q.take(leader, kind, now.Add(lateAnswer)); wanted {
		t.Error("a late answer is wanted")
	}
	q.ask(asks, 10, all, leader, now)
	if got := q.leave(leader, now); len(got) != 1 || string(got[0]) != "answer" {
		t.Errorf("in place of a leader that leaves the model answers %q", got)
	}
	if got := q.leave(leader, now); len(got) != 0 {
		t.Errorf("and once more %q", got)
	}
	leader.left, leader.askedYet = true, q.asked
	if !q.owes(leader, now) {
		t.Error("its terminal owes nothing")
	}
	if q.owes(leader, now) {
		t.Error("it still owes")
	}
	for range 3 * maxDue {
		q.ask(asks, 10, all, leader, now)
	}
	if len(q.due) > maxDue {
		t.Errorf("%d questions are kept", len(q.due))
	}
}
