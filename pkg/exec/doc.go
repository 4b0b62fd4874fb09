// Package exec keeps terminal sessions: programs that run on when nobody looks,
// for any number of clients to attach to, leave and come back.
//
// A [Manager] owns sessions. A [Handler] starts their programs; the manager
// does not care what they are. A client opens a stream (Manager.Stream), and
// attaches to sessions; what it types goes in by the stream, and what the
// programs print comes out of it. [PluginServer] and [PluginClient] carry all
// of this over gRPC, and [Plugin] into a plugin process; a caller cannot tell
// the client from the manager, errors included.
//
//	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}})
//	defer m.Close()
//	in := make(chan exec.StreamInput)
//	out, err := m.Stream(ctx, in)
//	...
//	s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: h.Plugin, ResourceKey: h.Resource, TTY: true})
//	...
//	_, shown, err := m.AttachSession(nil, s.ID) // out carries what comes after shown
//
// # A session is a log
//
// Each byte that a program prints has an offset. The session's log holds the
// newest of them, in a ring like that of [OutputBuffer]; each attachment reads
// it from its own offset at its own pace. Attaching is choosing an offset, and
// nothing that one client does or fails to do delays another. Output waits for
// a client that would lose some of it, but no longer than a tenth of a second
// for each time that it fills the ring; a client that is slower is shown the
// screen as it is by then.
//
// A screen model follows the log of a session with a terminal. Replays are
// drawn from it at the offset where live output goes on. A client of another
// size than the session's is sent drawn frames; all others tail the log. The
// client that typed or attached last leads: its size is the session's. The log
// tells where that changed, so that no client gets a byte that was written for
// another size than its own.
//
// A program's queries to its terminal are answered once: by the leader's
// terminal while there is one that tails the log, else by the model.
//
// # What ends what
//
// A session ends when its program does, or when it is closed or killed; not
// with the request that made it, nor with any stream. What it left can be
// attached to until it is removed, within bounds of number and age. The end of
// a stream ends its attachments. Manager.Close ends everything and waits.
//
// # What is promised
//
// The names that the exec API fixes keep their signatures, and the protobuf
// fields below 100 their numbers. What xsh adds beside them (SessionProvider,
// AttachOptions and fields from 100 up) only grows.
package exec
