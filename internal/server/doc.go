// Package server is the background server: one process per user, on a socket
// that only that user can reach, gone when it has nothing to do. It holds no
// session logic: every call goes to a pkg/exec Manager.
//
// A server holds a lock on its pid file for as long as it lives, so that there
// is one; whoever starts a server holds the start lock meanwhile, so that two
// clients that start at once end with one server. Both locks go with their
// process, however it ends; the socket may stay behind and is then removed by
// the next server, which has the lock and so knows that nobody listens.
package server
