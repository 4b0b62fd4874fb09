// Package child starts programs in surroundings that need not be this
// process's own, and learns of their stops and ends.
//
// Programs are started one after another by one goroutine on a thread of its
// own, whose umask is set for each; it is the tracer of a program whose limits
// or niceness have to be set, which it does while the program stands at its
// first instruction. Nothing of this process changes meanwhile. Before its turn
// whoever wants the program has touched its files, since a mount that does not
// answer must hold up nobody else.
//
// A second goroutine is woken by SIGCHLD and asks for each program that was
// started here, and for no other child, whether it stopped or ended. No
// program costs a thread. Both goroutines run while there is a program.
package child
