// Package systemdtest plays systemd's part: a Manager for a unit with
// Type=notify, KillMode=process, a socket and a descriptor store, to the letter
// of its service.c and fdset.c, and a Bus on which it makes scopes. Only tests
// import it.
package systemdtest
