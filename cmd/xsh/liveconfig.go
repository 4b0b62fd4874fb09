package main

import (
	"cmp"
	"context"
	"os"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/hooks"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/logging"
)

// liveConfig is a server's settings: the file is read again when it has changed, so
// that a change is in effect for what begins after it. Of a file with something
// wrong in it nothing is taken, which the log tells once. It is a settings.Provider.
type liveConfig struct {
	load func() (config, error)
	file string
	log  logging.Logger

	mu      sync.Mutex // guards the fields below; never held across I/O
	now     config
	stamp   fileStamp // of the file that now was read from
	looking *lookAt   // nil while nobody looks

	telling sync.Mutex   // has the newest settings told last; taken before mu
	changed func(config) // guarded by telling; nil: nobody is told
}

// follow has changed be told the settings, now and when they are others.
func (l *liveConfig) follow(changed func(config)) {
	l.telling.Lock()
	l.changed = changed
	l.telling.Unlock()
	l.tell()
}

func (l *liveConfig) tell() {
	l.telling.Lock()
	defer l.telling.Unlock()
	l.mu.Lock()
	now := l.now
	l.mu.Unlock()
	if l.changed != nil {
		l.changed(now)
	}
}

// fileStamp tells a file from what it was before.
type fileStamp struct {
	changed time.Time
	size    int64
	id      os.FileInfo
}

func (s fileStamp) same(other fileStamp) bool {
	return s.changed.Equal(other.changed) && s.size == other.size &&
		(s.id == nil) == (other.id == nil) && (s.id == nil || os.SameFile(s.id, other.id))
}

func stampOf(file string) fileStamp {
	st, err := os.Stat(file)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{st.ModTime(), st.Size(), st}
}

// lookWait is how long whoever asks for a setting waits for the file, which may be
// on a disk that does not answer. Then what was read last is in effect.
const lookWait = 100 * time.Millisecond

// newLiveConfig returns the settings that a server has read as now.
func (a *app) newLiveConfig(now config, p paths.Paths, log logging.Logger) *liveConfig {
	return &liveConfig{load: a.loadConfig, file: p.Config, log: log, now: now, stamp: now.stamp}
}

// current returns the settings that are in effect.
func (l *liveConfig) current() config {
	for {
		l.mu.Lock()
		look := l.looking
		mine := look == nil
		if mine {
			look = &lookAt{done: make(chan struct{}), until: time.Now().Add(lookWait)}
			l.looking = look
			go l.look(look) // ends when the disk answers
		}
		l.mu.Unlock()
		t := time.NewTimer(time.Until(look.until))
		late := false
		select {
		case <-look.done:
		case <-t.C:
			late = true
		}
		t.Stop()
		if mine || late { // another's look may have begun before the file was changed
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.now
		}
	}
}

// lookAt is a look at the file that is under way.
type lookAt struct {
	done  chan struct{} // closed when the file was looked at
	until time.Time     // when nobody waits for it any more
}

// look reads the file if it has changed.
func (l *liveConfig) look(look *lookAt) {
	l.mu.Lock()
	before := l.stamp
	l.mu.Unlock()
	now := stampOf(l.file) // before the file is read: a later change is seen the next time
	var read config
	var err error
	changed := !now.same(before)
	if changed {
		read, err = l.load()
	}
	l.mu.Lock()
	if changed {
		l.stamp = now
	}
	if changed && err == nil {
		l.now = read
	}
	l.looking = nil
	l.mu.Unlock()
	switch {
	case changed && err != nil:
		l.log.Warn("the settings have changed, and something is wrong with them: those before stay in effect", "error", err)
	case changed:
		l.log.Info("the settings have changed")
	}
	close(look.done)
	if changed && err == nil {
		l.tell() // behind that: who waits for the settings may hold what is needed for it
	}
}

// Setting implements settings.Provider.
func (l *liveConfig) Setting(key string) (any, bool) { return l.current().sessions().Setting(key) }

// hooksWait is how long a server that leaves waits for hooks that run.
const hooksWait = 2 * time.Second

// hooksFresh is for how long the hooks that were read are in effect without another look.
const hooksFresh = 5 * time.Millisecond

// startHooks runs the user's hooks on what happens to sessions. wait returns when
// the sessions' manager has ended and no hook runs any more.
func (a *app) startHooks(sessions *exec.Manager, live *liveConfig, p paths.Paths, log logging.Logger) (wait func()) {
	var known []hooks.Hook
	var looked time.Time
	r := &hooks.Runner{
		Sessions: sessions,
		Hooks: func() []hooks.Hook {
			// A program can make thousands of events: the file is not looked at for each.
			if time.Since(looked) > hooksFresh {
				known, looked = live.current().Hooks, time.Now()
			}
			return known
		},
		JSON: func(ev exec.Event) []byte {
			line, err := eventLine(ev)
			if err != nil {
				log.Warn("an event is not told to a hook", "error", err)
			}
			return line
		},
		Env: []string{"XSH_SOCKET=" + p.Socket},
		Dir: cmp.Or(a.getenv("HOME"), "/"),
		Log: log, Wait: hooksWait,
	}
	return r.Start(context.Background())
}
