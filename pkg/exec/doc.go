// Package exec keeps terminal sessions: programs that run on when nobody looks,
// for any number of clients to attach to, leave and come back.
//
// A [Manager] owns sessions. A [Handler] starts their programs; the manager
// does not care what they are. A client attaches with [Manager.Open] and gets an
// [Attachment]: it types and resizes there, and what its terminal is to show goes
// to the [Outlet] that it gave.
//
//	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
//	defer m.Close()
//	s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: h.Plugin, ResourceKey: h.Resource, TTY: true})
//	...
//	a, err := m.Open(ctx, s.ID, exec.AttachOptions{Size: exec.Size{Rows: 24, Cols: 80}}, outlet)
//	...
//	a.Type(ctx, []byte("ls\r"))
//
// Hosts that speak the exec service have another view of the same: one stream for
// each requester, which carries all of its attachments ([Manager.Stream]), and
// AttachSession beside it. [PluginServer] and [PluginClient] carry it over gRPC,
// and [Plugin] into a plugin process; a caller cannot tell the client from the
// manager, errors included.
//
// # A session is a log
//
// Each byte that a program prints has an offset. The session's log
// (internal/outlog) holds the newest of them; each attachment reads it from its
// own offset at its own pace. Attaching is choosing an offset, and nothing that
// one client does or fails to do delays another. Output waits for a client that
// would lose some of it, but no longer than a tenth of a second for each time
// that it fills the log.
//
// A screen model follows the log (internal/screen). Replays are drawn from it at
// the offset where live output goes on. A client of another size than the
// session's, or one that its line keeps far behind, is drawn frames; all others
// tail the log. The client that typed or attached last leads: its size is the
// session's.
//
// # The way of a key
//
//  1. A transport calls Attachment.Type (or TypeAt, where input has offsets).
//  2. keys.go tells answers of the client's terminal from keys. An answer goes
//     on only if the program waits for it; questions.go has the rule. A key makes
//     the client the leader.
//  3. inputQueue writes it to the pty, at once if the program reads.
//
// # The way of output
//
//  1. tty.read reads the pty into the log, as a rule where the log has it.
//  2. In the same goroutine each Attachment that has caught up pushes the bytes to
//     its Outlet, without waiting. For one that has not, its own goroutine wakes
//     and sends from the attachment's offset.
//  3. Then the model takes them in: little at once, more in a goroutine that lasts
//     for as long as there is something to take in.
//
// # The way of an attach
//
//  1. Manager.Open finds the session. A client that will lead gives the terminal
//     its size first, so that the program repaints.
//  2. session.beginning places a reader in the log, takes a snapshot with its
//     offset, and moves the reader there. No lock but the model's is held.
//  3. session.register makes the attachment known, in place of the one that its
//     client had. Its goroutine asks view.next what to send, again and again.
//
// # Driving a session
//
// Who is not attached drives a session by a [Driver], which Manager and PluginClient
// are: it types, captures the screen, waits for text and for what happens, follows
// the events and the log, searches, renames, labels. No call looks again and again:
// each waits for what wakes it. Package console is made of them.
//
// # Reading order
//
// The files have an order in which each uses what stands in those before it: the
// values that callers see, what a session is made of, the manager with its sessions
// and their attachments, the plain contract on top, the driver, and gRPC. It stands
// in internal/deptest, whose test lists the few uses that run against it. A file
// is named for the type, or for the story, that it owns.
//
// # What ends what
//
// A session ends when its program does, or when it is closed or killed; not
// with the request that made it, nor with any stream. What it left can be
// attached to until it is removed, within bounds of number and age. The end of
// a stream ends its attachments. Manager.Close ends everything and waits.
//
// With a [Keeper] sessions also outlive the process: what a session is stands in
// memory that the keeper holds, and another Manager's Adopt goes on with it.
//
// # What is promised
//
// The names that the exec API fixes keep their signatures, and the protobuf
// fields below 100 their numbers. What xsh adds beside them only grows: new
// methods come as small interfaces of their own, so that whoever implements
// SessionProvider goes on compiling.
package exec
