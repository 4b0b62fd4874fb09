// Package exectest has what programs that embed pkg/exec need to test their
// handlers and their use of a Manager without a real terminal, a real clock or
// a client:
//
//   - Terminal is a terminal without a pty. Terminals makes and remembers them;
//     its Open is an exec.TerminalFactory.
//   - Sink records output, either as the OutputSink of a Manager or from a
//     stream's channel, and waits for the event that a test is about.
//   - Clock is a timeutil.Clock that stands still until a test advances it, or has
//     it advance by itself.
//   - WaitText waits until a session's screen shows something.
//
// A test puts them together like this:
//
//	var terminals exectest.Terminals
//	sink := exectest.NewSink()
//	m := exec.NewManager(exec.ManagerConfig{
//		Handlers:        handlers,
//		Sink:            sink,
//		TerminalFactory: terminals.Open,
//	})
//	defer m.Close()
//
// Everything here may be used from several goroutines. What waits takes the
// testing.TB that it fails, and must be called from the test's goroutine.
package exectest

import "time"

// Patience is how long the waiting helpers wait before they fail a test. It
// is a deadline for events that do not come, far above what one takes.
const Patience = 20 * time.Second
