// Package poll is files that a goroutine reads and writes without keeping a
// thread, and without being woken for anything else.
//
// Go's own poller asks the kernel for all news of a descriptor: that there is
// something to read, and that there is room again. So whoever reads what we
// wrote wakes us for nothing, twice for each key of a user: the program that
// reads it from its terminal, and the client that reads its echo. Behind a sleep
// the first system call of os.File and net.Conn also wakes the scheduler's monitor
// thread, which then looks around for a while. On a machine with little to do
// these wakes cost more than all of our code.
//
// A [File] on Linux is therefore not in Go's poller. An epoll descriptor stands
// there in its place, which asks for input alone; and the system calls, which
// never wait, are made without a word to the scheduler. A [Set] waits for several
// descriptors in the same way; behind news it waits in the kernel for a while, with
// no part of the scheduler. On other systems a File is an os.File, and there is no
// Set.
//
// A key so takes this way: the client's loop wakes, reads it from the terminal
// and writes it to the connection. The connection's goroutine in the server
// wakes, reads it and writes it to the pty. The program echoes it. The session's
// goroutine wakes, reads the echo from the pty, appends it to the log and, still
// in that goroutine, writes it to the connections of the clients that have caught
// up. The client's loop wakes, reads it and writes it to the terminal. These are
// four wakes of ours, and nobody else has any.
package poll
