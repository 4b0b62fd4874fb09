// Package poll is files that a goroutine reads and writes without keeping a
// thread, and without being woken for anything else.
//
// Why not Go's own files: Go's poller asks the kernel for two kinds of news of a
// descriptor, that there is something to read and that there is room to write. When
// somebody reads what we wrote, there is room, and the kernel wakes us, though we
// did not wait for that. It happens twice for each key that a user types: when the
// program reads the key from its terminal, and when the client reads the echo. Also,
// the first system call of os.File or net.Conn after a sleep starts the scheduler's
// monitor thread for a while. On an idle machine these wakes cost more time than all
// of our code.
//
// What a [File] does on Linux: Go's poller is given an epoll descriptor in place of
// the file's own, and that epoll descriptor asks the kernel for input alone. System
// calls on the file never wait, so they are made without telling the scheduler. Who
// reads a flood, and so looks for more in any case, makes the file mute meanwhile. A
// [Set] waits for several descriptors in the same way. When there is news, it goes on
// waiting in the kernel for a short time, without the scheduler, since more is likely
// to come. On other systems a File is an os.File, and there is no Set.
//
// The way of a key, from the user to the program and back:
//
//  1. The client's loop wakes, reads the key from the terminal and writes it to the
//     connection.
//  2. In the server the connection's goroutine wakes, reads the key and writes it to
//     the program's pty. The program reads and echoes it.
//  3. The session's goroutine in the server wakes, reads the echo from the pty,
//     appends it to the log, and writes it to the connection of each client that has
//     caught up. No other goroutine takes part.
//  4. The client's loop wakes, reads the echo and writes it to the terminal.
//
// So xsh is woken four times for a key, the program not counted.
package poll
