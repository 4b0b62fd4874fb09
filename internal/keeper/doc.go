// Package keeper is the process that holds what must not be lost when a server
// dies: of each session its pty, its memory and its program's pidfd, beside the
// listening socket and the exit statuses of programs that ended meanwhile.
//
// Run is the keeper, one loop in one goroutine. It is the server's parent and a
// subreaper: it starts the server, starts it again when it goes, and becomes
// the parent of the programs that a dead server leaves. It knows nothing of
// sessions but an ID, a record that it does not read, and descriptors.
//
// Client is a server's link to its keeper: one socket, inherited at the start.
//
//	keeper → server  Held: all sessions with their files, in batches; then Events
//	server → keeper  Hold, Update, Drop; Adopting, Adopted; Ready; Ended; Leave
//
// A crash and an upgrade go the same way. The next server gets all sessions,
// adopts them and says Ready; then it may read their ptys. After a crash the
// one before is dead and waited for. At an upgrade it has said that it stopped
// reading, which asking for the upgrade does, and goes on if its successor does
// not get ready in time.
//
// Nothing here waits for a server. What the keeper has to tell one follows from
// what it holds, so nothing queues up when a server does not read: at most one
// message to each session, and a reply, after which the keeper reads no more
// requests until it is sent.
//
// A keeper becomes another by exec and keeps its descriptors, its pid and its
// children (an upgrade); a server whose keeper died becomes a keeper in the
// same way (Become). The state goes along in a file in memory.
//
// Under systemd the keeper is a unit's main process, so that systemd never sees
// a server crash, and has systemd store the descriptors for its own death.
//
// All of it is Linux alone. Elsewhere Connect says that there is no keeper.
package keeper
