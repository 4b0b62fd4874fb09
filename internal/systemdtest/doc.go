// Package systemdtest plays systemd's part for a unit with Type=notify,
// KillMode=process, a socket and a descriptor store, to the letter of its
// service.c and fdset.c. Only tests import it.
package systemdtest
