// Package outlog is a program's output: the newest bytes of it, each at its
// offset, and who reads them.
//
// A [Log] is one program's. Whoever reads the program appends; each [Reader]
// takes the output from its own offset at its own pace. A reader that is woken
// at each append may take the new bytes at once, in the appender's goroutine
// (see [Log.NewReader]); that is how a key's echo reaches a client without
// waking anyone. A reader that falls behind is waited for a little, and then
// loses what the log no longer holds: it is told so by [ErrEvicted].
//
// The log also knows from which offset on output was made for which terminal
// size, so that no reader is given a byte of another size unawares; and, to a
// tenth of a second or so, when each byte was printed: its moments.
//
// [Ring] is the bytes alone. Its memory comes from a [Storage], which may be
// memory that another process can map again.
package outlog
