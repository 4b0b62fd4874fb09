// Package server is the background server: one process per user, on a socket
// that only that user can reach, gone when it has nothing to do. It holds no
// session logic: every call goes to a pkg/exec Manager.
//
// A server holds a lock on its pid file for as long as it lives, so that there
// is one; whoever starts a server holds the start lock meanwhile, so that two
// clients that start at once end with one server. Both locks go with their
// process, however it ends; the socket may stay behind and is then removed by
// the next server, which has the lock and so knows that nobody listens.
//
// The files may be taken away from a server that lives, by a cleaner of
// temporary files or at a logout. It watches its place and puts them back, also
// when it gets SIGUSR1, which a client sends that finds the lock held and no
// socket. Of what stands in its place the server removes what it made, and no
// other's. A server that leaves gives its place away first and keeps the lock on
// the file that it has removed: the next one can start, and those who wait for
// the exit of the old one wait for that lock (Exit).
//
// How a client comes in: accept takes connections of this user alone from
// whichever socket is in place, and gives them to handed, which is what gRPC
// listens on.
package server
