// Package server is the background server: one process per user, on a socket
// that only that user can reach, gone when it has nothing to do. It holds no
// session logic: every call goes to a pkg/exec Manager.
//
// A server holds a lock on its pid file for as long as it lives, so that there
// is one; package launch has the lock, and those who look for it. The socket of a
// server that was killed stays behind and is removed by the next one, which has the
// lock and so knows that nobody listens.
//
// The files may be taken away from a server that lives, by a cleaner of
// temporary files or at a logout. It watches its place and puts them back, also
// when it gets SIGUSR1, which a client sends that finds the lock held and no
// socket. Of what stands in its place the server removes what it made, and no
// other's. A server that leaves gives its place away first and keeps the lock on
// the file that it has removed: the next one can start, and those who wait for
// the exit of the old one wait for that lock (launch.Exit).
//
// How a client comes in: accept takes connections of this user alone from
// whichever socket is in place, and gives them to handed, which is what gRPC
// listens on.
package server
