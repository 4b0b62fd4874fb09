package exec

import (
	"fmt"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/outlog"
)

// Persist says what of a session is kept on disk while its program runs, so that
// it can be started again after the machine has gone down.
type Persist string

// What is kept on disk. PersistSession is all that a list tells of a session:
// names, labels, command, directory and size, never its environment.
// PersistHistory is that, and the newest text that it printed.
const (
	PersistNothing Persist = ""
	PersistSession Persist = "session"
	PersistHistory Persist = "history"
)

// Store keeps what sessions need to be started again when the machine has gone
// down: for each a piece of data that is whole or not there. One goroutine writes
// to it, at a pace that suits it: no session waits for a disk for long.
type Store interface {
	Save(id string, data []byte) error
	// Remove has a session's data forgotten; that there are none is no error.
	Remove(id string) error
	IDs() ([]string, error)
	// Load returns a session's data. The error of data that are not whole is a
	// line for people that names them.
	Load(id string) ([]byte, error)
}

// begun is what a session's log begins with when it is started again.
type begun string

// again is the history of a session that ran before, with a line that says so.
func again(history string, at time.Time) begun {
	if history == "" {
		return ""
	}
	line := fmt.Sprintf("--- restored: what is above was printed before %s ---", at.Local().Format(time.DateTime))
	return begun(strings.ReplaceAll(plainLines(history)+"\n"+line+"\n", "\n", "\r\n"))
}

// plainLines is text without what a terminal would act on. A model's lines have
// nothing of that, but a file may have been changed.
func plainLines(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r >= 0x20 && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return -1
	}, text)
}

// into puts it at the beginning of a log, as much of it as leaves half of the log
// to the program.
func (b begun) into(log *outlog.Log, capacity int) {
	if b == "" {
		return
	}
	if most := max(capacity, outlog.MinCapacity) / 2; len(b) > most {
		b = b[len(b)-most:]
		b = b[strings.IndexByte(string(b), '\n')+1:]
	}
	log.Append(outlog.Source(StreamTargetStdOut), []byte(b))
}
