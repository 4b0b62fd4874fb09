package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/exec"
)

// ttyName is the name of the terminal that a file is, such as /dev/pts/3; empty if
// it is none, or the system does not tell.
func ttyName(f *os.File) string {
	if _, err := rawtty.SizeOf(f); err != nil {
		return ""
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return ""
	}
	name := ""
	conn.Control(func(fd uintptr) { name, _ = os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)) })
	return name
}

// remoteHost is the address in a SSH_CONNECTION, which ssh(1) describes: that of
// the client, its port, that of the server, and its port.
func remoteHost(connection string) string {
	host, _, _ := strings.Cut(connection, " ")
	return host
}

// aboutClient tells who a client is and what it does.
func aboutClient(c exec.ClientInfo, now time.Time) (about []string) {
	add := func(is bool, text string) {
		if is {
			about = append(about, text)
		}
	}
	add(c.TTY != "", harmless(strings.TrimPrefix(c.TTY, "/dev/")))
	add(c.PID != 0, fmt.Sprintf("pid %d", c.PID))
	add(c.Remote != "", "from "+harmless(c.Remote))
	add(c.Size.Valid(), columnsByRows(c.Size))
	used := c.Since
	if c.UsedAt.After(used) {
		used = c.UsedAt
	}
	add(true, "idle "+age(now.Sub(used)))
	add(c.ReadOnly, "read-only")
	add(c.Leads, "leads")
	if !c.SilentSince.IsZero() {
		add(true, "does not answer for "+age(now.Sub(c.SilentSince)))
	}
	return about
}

// clients tells of all clients of a session, in one cell.
func clients(s *exec.Session, now time.Time) string {
	var all []string
	for _, c := range s.Attachments {
		all = append(all, strings.Join(aboutClient(c, now), " "))
	}
	return strings.Join(all, "; ")
}
