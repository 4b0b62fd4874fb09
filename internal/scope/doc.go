// Package scope gives each session's program a systemd scope of its own: a
// control group, so that what one session takes of the memory, and what the
// kernel ends when it takes too much, is that session's alone.
//
// A user's systemd is asked over the user's message bus (StartTransientUnit of
// org.freedesktop.systemd1, see org.freedesktop.systemd1(5)) and moves the
// program, which has not begun to run by then. The connection lasts for that one
// call: a session begins seldom, and nobody has to look after it.
//
// Scopes are below user@UID.service, which ends with the user's last logout
// unless the user lingers. A server that runs elsewhere outlives a logout; so
// there are scopes only for who lingers, or whose server is below that service
// itself.
package scope
