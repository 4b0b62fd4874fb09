// Package shmem is the memory of one session in a form that outlives the
// server: a memfd that the keeper holds as well, and that the next server maps
// again. It stores bytes and knows nothing of sessions or screens.
//
// A Memory has these areas, each as large as Limits says and taking memory only
// as far as it is used:
//
//   - the log, a ring with the newest bytes of the program's output, which a
//     read of the pty fills directly (Window, Publish);
//   - a record and a screen, each stored as a whole (SetRecord, SetScreen);
//   - the history, room whose places the caller gives out (WriteHistory), of which what
//     is stored as a screen tells;
//   - notes, what happened at which offset of the log, such as a new size;
//   - input offsets, how far each client's input has been written;
//   - moments, when the bytes at which offsets of the log were printed.
//
// A server may be killed between any two instructions. So each change is first
// written where no reader looks and then published by one atomic store; what a
// store replaces stays valid until then. A kill in the middle of read(2) leaves
// bytes that nobody published: the window that the read may fill is therefore
// zero before the read, and Open takes what stands in it up to the last byte
// that is not zero. Zeros at the very end of that are lost; no terminal shows
// them.
//
// Memory is had from the kernel by fallocate before it is written: where there
// is none, that is an error or a shorter log, never a SIGBUS. The file is sealed
// against shrinking for the same reason.
package shmem
