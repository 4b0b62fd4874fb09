// Package launch finds the user's server, starts it where none runs, and waits for the
// end of one. It works on the files of package paths alone, so that a client needs
// nothing of the server.
//
// A server holds a lock on its pid file for as long as it lives. Who starts one holds
// the start lock meanwhile: two clients that start at once end with one server. Both
// locks go with their process, however it ends.
package launch
