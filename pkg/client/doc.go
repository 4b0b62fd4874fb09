// Package client is the interactive client: it dials the user's server and
// joins the local terminal to a session, until one of the many ends of that.
//
// A Client is one connection. Attach takes the terminal for as long as it runs
// and gives it back as it found it, whatever ends it; see Outcome for the ways.
package client
