// Command bench measures what xsh promises beside those that it is compared
// with: a program on a bare terminal (raw), dtach, tmux, and on request another
// build of xsh (base). Peers that are not installed are left out.
//
//	bench -xsh bin/xsh                      all rows, in about ten minutes
//	bench -xsh bin/xsh -only echo,attach    two of them
//	bench -xsh bin/xsh -base old/xsh -n 20  beside an older build, 20 rounds a row
//
// Everybody takes turns in one run (raw, dtach, tmux, xsh, raw, ...), so that a
// busy moment of the machine falls on all of them, and the figures are medians.
// Compare what stands in one line, not one run with another.
//
// A key until its echo is typed at a person's pace, after a pause of 20 to 60 ms,
// and timed from a write to the client's terminal until the echo is read there.
// (-pause 2ms is a program that types: caches are still warm, and all peers need
// half of the time.) The processor's time for it is the kernel's account, in
// nanoseconds, of all threads of the peer's server and clients
// (/proc/PID/task/*/schedstat), without the program in the session. Memory is
// PSS. The client of a session that floods is read by a process of its own.
//
// A row is a function that is given a [rig]: the peers with servers of their
// own in a directory of its own. When the row ends, also because bench was told
// to, all that was started for it is gone.
package main
