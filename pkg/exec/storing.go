package exec

import (
	"errors"
	"sync"
	"sync/atomic"
)

// storing has one goroutine write down what of sessions is to be on disk. It runs
// while there is something to write.
type storing struct {
	store Store // immutable; nil if there is none
	wg    sync.WaitGroup
	left  atomic.Bool // another server has the sessions

	mu   sync.Mutex                     // guards the fields below
	due  map[storable][]chan<- struct{} // with those who wait for it
	runs bool
}

// stored is what is on disk of one session.
type stored struct {
	mu        sync.Mutex // guards the fields below; a leaf
	problem   string     // why the newest is not stored; empty if it is
	over      bool       // the session has ended: what is there goes
	onPurpose bool       // somebody closed it
	stays     bool       // what is there stays, also behind its end: the machine goes down
	whole     bool       // and is all that will be
	offset    int64      // of the output behind the history that is stored
}

// storable is what is stored: a session.
type storable interface {
	// writeStored brings the disk to what it is then.
	writeStored()
}

func newStoring(store Store) *storing {
	return &storing{store: store, due: make(map[storable][]chan<- struct{})}
}

// later has something stored as it will be then. stored, which may be nil, is closed
// when it is, unless too many wait for that already.
func (st *storing) later(s storable, stored chan<- struct{}) {
	st.mu.Lock()
	defer st.mu.Unlock()
	waiting := st.due[s]
	if stored != nil && len(waiting) < maxStoreWaiters {
		waiting = append(waiting, stored)
	}
	st.due[s] = waiting
	if !st.runs {
		st.runs = true
		st.wg.Go(st.run) // ends when nothing is due
	}
}

// maxStoreWaiters bounds who waits for one session on a disk that hangs.
const maxStoreWaiters = 16

func (st *storing) run() {
	for {
		st.mu.Lock()
		var s storable
		var waiting []chan<- struct{}
		for s, waiting = range st.due {
			delete(st.due, s)
			break
		}
		st.runs = s != nil
		st.mu.Unlock()
		if s == nil {
			return
		}
		s.writeStored()
		for _, w := range waiting {
			close(w)
		}
	}
}

var errNoStore = errors.New("there is no directory for it: neither XDG_STATE_HOME nor HOME is set, or the provider has no Store")

// fail notes why the newest is not stored, or that it is, and reports whether that
// is news.
func (st *stored) fail(err error) (news bool) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	news = st.problem != text
	st.problem = text
	return news
}

// whyNot is why a session is not stored; empty if it is.
func (st *stored) whyNot() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.problem
}
