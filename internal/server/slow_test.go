package server

import (
	"context"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xsh-project/xsh/internal/stream"
)

// TestHelloGoesAheadOfASlowAnswer: whoever waits for an answer knows that the
// server is there, and is greeted once.
func TestHelloGoesAheadOfASlowAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		ahead bool
	}{
		"at once": {0, false},
		"soon":    {slowAnswer / 2, false},
		"slowly":  {2 * slowAnswer, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			defer theirs.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			conn := &localConn{localServer: &localServer{release: "v1"}, conn: theirs, out: newSender(theirs)}
			heard := make(chan stream.Type, 2)
			go func() {
				var in stream.Reader
				for {
					f, err := in.Read(ours)
					if err != nil {
						return
					}
					heard <- f.Type
				}
			}()
			begin := conn.greetSoon(ctx)
			time.Sleep(c.takes)
			synctest.Wait()
			if got := len(heard) == 1; got != c.ahead {
				t.Errorf("%s: greeted ahead: %v", name, got)
			}
			frames := begin()
			if got := len(frames) == 0; got != c.ahead {
				t.Errorf("%s: the answer begins with %q", name, frames)
			}
			if err := conn.out.write(ctx, frames); err != nil && !os.IsTimeout(err) {
				t.Error(err)
			}
			synctest.Wait()
			if len(heard) != 1 || <-heard != stream.Hello {
				t.Errorf("%s: it is not greeted once", name)
			}
		})
	}
}
