package exec

import (
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/termin"
)

// A program's question to its terminal is answered once.
//
// Who answers. While the leader tails the log and has a terminal, the question
// reaches that terminal, and the answer comes back among what its client types;
// the same answer from anybody else is not let through. When nobody leads who
// could hear it, the screen model answers. The model sees every question, so the
// session knows which answers are due from whom.
//
// When the client leaves that was to answer, the model answers in its place if
// the question is younger than lateAnswer. The terminal's own answers then come
// for nobody: the client is told that answers are due, so that whoever reads the
// terminal next does not get them.
//
// An answer that was not asked for is dropped, unless nobody can tell, or it may
// be a key, or the model answers no such question, and the terminal of a leader
// that tails the log did.
type questions struct {
	due   []question
	asked int // how often the program has asked
}

// question is one that a client's terminal was asked.
type question struct {
	screen.Query
	of    *asked
	leads bool // the program gets the answer of this one
	at    time.Time
}

// asked is what the questions know of a client.
type asked struct {
	headless bool  // there is no terminal that would answer
	unheard  bool  // there is nowhere yet to send the question to
	drawn    bool  // its terminal is drawn frames, which ask nothing
	from     int64 // what the program asks from this offset on reaches its terminal
	left     bool
	askedYet int // how often the program had asked when it left
}

func (a *asked) deaf() bool { return a.headless || a.unheard || a.drawn }

const (
	// maxDue bounds the questions that wait for terminals.
	maxDue = 256

	// dueFor is how long a terminal may take to answer. Many do not know every
	// question.
	dueFor = 10 * time.Second

	// lateAnswer is how long after a question its answer is of use.
	lateAnswer = time.Second
)

// ask notes what the program asked before an offset: who of the listeners was
// asked, of whom one may lead. It reports whether the model is to answer.
func (q *questions) ask(queries []screen.Query, before int64, listeners []*asked, leader *asked, now time.Time) (modelAnswers bool) {
	q.asked++
	q.due = slices.DeleteFunc(q.due, func(d question) bool { return now.Sub(d.at) > dueFor })
	modelAnswers = true
	for _, l := range listeners {
		if l.deaf() || l.from >= before {
			continue
		}
		if l == leader {
			modelAnswers = false
		}
		for _, query := range queries[max(0, len(queries)-maxDue):] {
			q.due = append(q.due, question{query, l, l == leader, now})
		}
	}
	if over := len(q.due) - maxDue; over > 0 {
		q.due = slices.Delete(q.due, 0, over)
	}
	return modelAnswers
}

// leave notes that a client does not answer any more, and returns the answers
// that the model owes the program in its place. Those of its terminal stay due.
func (q *questions) leave(of *asked, now time.Time) (answers [][]byte) {
	for i := range q.due {
		d := &q.due[i]
		if d.of != of || !d.leads {
			continue
		}
		d.leads = false
		if now.Sub(d.at) < lateAnswer {
			answers = append(answers, d.Answer)
		}
	}
	return answers
}

// miss notes that a client was not sent the output before an offset, and so not
// the questions in it.
func (q *questions) miss(of *asked, before int64, now time.Time) (answers [][]byte) {
	of.from = before
	answers = q.leave(of, now)
	if !of.left { // else its terminal may have been sent some of them
		q.forget(of)
	}
	return answers
}

func (q *questions) forget(of *asked) {
	q.due = slices.DeleteFunc(q.due, func(d question) bool { return d.of == of })
}

// inherit has a client owe what the one owed that it takes the place of.
func (q *questions) inherit(of, from *asked) {
	for i := range q.due {
		if q.due[i].of == from {
			q.due[i].of = of
		}
	}
}

// take reports whether a client's terminal was asked for an answer of this kind,
// and whether the program is to get it.
func (q *questions) take(of *asked, kind termin.QueryKind, now time.Time) (asked, wanted bool) {
	i := slices.IndexFunc(q.due, func(d question) bool { return d.Kind == kind && d.of == of })
	if i < 0 {
		return false, false
	}
	d := q.due[i]
	q.due = slices.Delete(q.due, i, i+1)
	return true, d.leads && now.Sub(d.at) < lateAnswer
}

// onlyTerminals are the kinds of questions that the model leaves to terminals,
// for some of what they ask.
func onlyTerminals(kind termin.QueryKind) bool {
	switch kind {
	case termin.QueryClipboard, termin.QueryKittyGraphics, termin.QueryITerm:
		return true
	}
	return kind == termin.QueryWindow // in pixels, where these are not known
}

// may reports whether a client's terminal was asked anything that it has not
// answered.
func (q *questions) may(of *asked, now time.Time) bool {
	return slices.ContainsFunc(q.due, func(d question) bool { return d.of == of && now.Sub(d.at) < dueFor })
}

// owes reports whether the terminal of a client that has left, and was sent all
// that it will be, has something to answer, and forgets what.
func (q *questions) owes(of *asked, now time.Time) bool {
	owes := q.may(of, now) || of.left && of.askedYet != q.asked && !of.deaf()
	q.forget(of)
	return owes
}
