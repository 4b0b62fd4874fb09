// Package client talks to the user's server over the local stream, which
// internal/stream's PROTOCOL.md defines: every call and every attachment has a
// connection of its own, which begins with one write.
//
// A [Client] makes calls: its [Conn] stands in for a gRPC connection, so that the
// services' own clients work on it. [DefaultSocket] is where the user's server listens,
// and [Start] starts it where none runs. There are two ways to attach:
//
//   - [Client.AttachTerminal] joins the local terminal to a session, until one of the many
//     ends of that; see [Outcome]. It gives the terminal back as it found it,
//     whatever ends it.
//   - [Client.Open] gives a [Link] to a program that has no terminal.
//
// Both stand on a link, the unexported type of link.go: the client's side of one
// attachment, over as many connections as it takes. It knows what was typed and
// has not arrived (typed.go) and up to where the log is shown, and so goes on
// over a new connection where the last one broke. What serves the terminal is the
// seat (seat.go): one loop, on one thread, that waits for the terminal, the
// connection and signals at once.
//
// The way of a key: the loop wakes, reads it from the terminal, lets
// internal/termin look for the detach key, adds it to what was typed, and writes
// an Input frame. The way of its echo: the loop wakes, reads an Output frame and
// writes its data to the terminal. The way out is guard.go's: detach, write what
// puts the terminal back, keep answers that are still on their way from the
// shell, put back the attributes.
package client
