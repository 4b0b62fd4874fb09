package main

import (
	"os"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/pkg/exec"
)

// userName returns the name of the user with a UID, who is the one that this
// process runs for; empty if nobody knows it.
func (a *app) userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return a.getenv("USER")
}

// size is the local terminal's, for a session to start with; zero if there is
// none.
func (a *app) size() exec.Size {
	tty, err := rawtty.Open(a.in, a.out)
	if err != nil {
		return exec.Size{}
	}
	defer tty.Close()
	s, err := tty.Size()
	if size := (exec.Size{Rows: s.Rows, Cols: s.Cols}); err == nil && size.Valid() {
		return size
	}
	return exec.Size{}
}

// pixels is the local terminal's size in pixels; zero if that is not known.
func (a *app) pixels() exec.Pixels { return pixelsOf(a.out) }

func pixelsOf(tty *os.File) exec.Pixels {
	conn, err := tty.SyscallConn()
	if err != nil {
		return exec.Pixels{}
	}
	var size exec.Pixels
	conn.Control(func(fd uintptr) {
		if w, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err == nil {
			size = exec.Pixels{Width: int(w.Xpixel), Height: int(w.Ypixel)}
		}
	})
	return size
}

// insideOf returns the active session whose terminal this process would attach,
// or nil if it is none's. A variable proves nothing: an editor that was started
// in a session hands it on to the terminals that it opens.
func (a *app) insideOf(sessions []*exec.Session) *exec.Session {
	for _, f := range []*os.File{a.in, a.out} {
		id, err := exec.TerminalID(f)
		if err != nil {
			continue
		}
		for _, s := range sessions {
			if s.Exit == nil && s.TTY == id {
				return s
			}
		}
	}
	return nil
}
