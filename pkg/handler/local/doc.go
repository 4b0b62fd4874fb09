// Package local is the handler local/shell: the user's login shell, or a
// command, on this machine. Its programs run in the directory and with the
// environment of the client that asked for them, each as leader of a session
// of its own with the terminal as controlling terminal.
//
// A program gets nothing of the process that the handler runs in: what
// surrounds it stands in SessionOptions.ResourceData, under the keys that begin
// with Data. Options makes it all of an *os/exec.Cmd, and Surroundings returns
// what does not depend on the command. All of it survives JSON and the wire.
// What is absent is the handler's own.
//
// # TERM
//
// A session has one environment, and may be seen on several terminals. TERM,
// COLORTERM and TERM_PROGRAM are those of the client that made the session, for
// as long as it lives, also where another client's terminal is another. A
// program on a terminal whose client had none, or TERM=dumb, gets
// TERM=xterm-256color and neither of the others: terminals that people attach
// from know it.
//
// # Stops
//
// A program that stops itself, with no shell above it that could continue it,
// is continued at once. One that was stopped by exec.Manager.Signal, or because
// it may not use its terminal, stays so, and its session says so.
package local
