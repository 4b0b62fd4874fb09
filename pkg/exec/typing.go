package exec

import (
	"context"
	"sync/atomic"

	"github.com/xsh-project/xsh/internal/termin"
)

// typing is what a client types, in order. A client that comes back over
// another connection goes on with the same.
type typing struct {
	life   context.Context // what was taken waits for the program until then
	forget func()          // ends life; nil where that is the attachment's

	// turn holds a value until what was typed is with the program. Whoever put
	// it there may use the fields below.
	turn    chan struct{}
	scanner termin.Tokenizer
	tokens  []termin.Token
	out     []byte // what of them goes to the program; used again for what is typed next
	inputs  int    // counts them
	goesOn  bool   // the answer that came last went to the program
	held    []byte // a first press of the detach key, for as long as the next key decides

	offset  atomic.Int64 // how many bytes were typed; changed with the turn
	unknown bool         // offset is not known until the client types
}

// begin waits for the turn until ctx ends.
func (t *typing) begin(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *typing) end() { <-t.turn }
