package local

import (
	"errors"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/pkg/exec"
)

// Scopes gives programs control groups of their own, where the system has them.
// Its methods may be called concurrently.
type Scopes interface {
	// Start gives a program one before it begins to run, and returns its
	// directory; empty where there is none. It is an error only if limits were
	// asked for that cannot be had.
	Start(p Placement) (group string, err error)
	// Of returns that of a program for which another server called Start.
	Of(pid int) (group string)
	// OutOfMemory reports whether the system has ended a process in the group since
	// there was no memory left.
	OutOfMemory(group string) bool
}

// Placement says what is to be placed.
type Placement struct {
	SessionID, Name string
	PID             int
	// MemoryMax is how many bytes of memory the session may take, and CPUWeight its
	// share of the processors beside others, 1 to 10000, of which most have 100;
	// zero leaves either as it is.
	MemoryMax int64
	CPUWeight int
}

// Limited reports whether limits are asked for.
func (p Placement) Limited() bool { return p.MemoryMax > 0 || p.CPUWeight > 0 }

// errNoScopes refuses limits where there is nothing to set them.
var errNoScopes = errors.New("limit memory and processors: not on this system")

// place has a program placed before it begins to run.
func (l *launcher) place(cmd *child.Command, p *program, opts exec.SessionOptions) error {
	memory, ok1 := number(valueOr(opts.ResourceData[DataMemoryMax], 0))
	weight, ok2 := number(valueOr(opts.ResourceData[DataCPUWeight], 0))
	switch at := (Placement{SessionID: opts.ID, Name: opts.Name, MemoryMax: int64(memory), CPUWeight: weight}); {
	case !ok1 || memory < 0:
		return badData(DataMemoryMax)
	case !ok2 || weight < 0 || weight > 10000:
		return badData(DataCPUWeight)
	case l.cfg.Scopes != nil:
		cmd.Place = func(pid int) (err error) {
			at.PID = pid
			p.group, err = l.cfg.Scopes.Start(at)
			return err
		}
	case at.Limited():
		return errNoScopes
	}
	return nil
}

func valueOr(v, otherwise any) any {
	if v == nil {
		return otherwise
	}
	return v
}

// memory is what is known of a program's memory.
type memory struct {
	group  string      // its control group's directory, or empty
	killed atomic.Bool // by us, with SIGKILL
	out    atomic.Bool // the system ended it since there was none left
}

// outOfMemory asks why a program was killed, which must be soon: its group goes
// when it is empty.
func (l *launcher) outOfMemory(p *program, signal unix.Signal) {
	if signal == unix.SIGKILL && p.group != "" && !p.killed.Load() && l.cfg.Scopes.OutOfMemory(p.group) {
		p.out.Store(true)
	}
}

// explained is a program's status with what is known beside it.
func (p *program) explained(st exec.ExitStatus) exec.ExitStatus {
	if st.Signal != "" && p.out.Load() {
		st.Message = "out of memory"
	}
	return st
}
