// Package paths knows where xsh keeps its files: the socket, the lock and the
// pid in a directory that only the user can enter, the log among the user's
// state, the settings among the user's configuration. It is the only place
// that reads XSH_DIR and the XDG variables.
package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Paths are the files of one user's server.
type Paths struct {
	Dir    string // mode 0700, ours
	Socket string
	Lock   string // held while a server is being started
	PID    string // held by the server for as long as it lives
	Log    string
	Config string
}

// Find returns the paths that the environment asks for. It makes nothing.
func Find(getenv func(string) string) (Paths, error) {
	uid := strconv.Itoa(os.Getuid())
	dir := getenv("XSH_DIR")
	if dir == "" {
		if run := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) {
			dir = filepath.Join(run, "xsh")
		} else {
			dir = "/tmp/xsh-" + uid
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Paths{}, err
	}
	p := Paths{
		Dir:    dir,
		Socket: filepath.Join(dir, "xsh.sock"),
		Lock:   filepath.Join(dir, "start.lock"),
		PID:    filepath.Join(dir, "server.pid"),
		Log:    filepath.Join(dir, "server.log"),
	}
	home := getenv("HOME")
	if state := base(getenv("XDG_STATE_HOME"), home, ".local/state"); state != "" {
		p.Log = filepath.Join(state, "xsh", "server.log")
	}
	if config := base(getenv("XDG_CONFIG_HOME"), home, ".config"); config != "" {
		p.Config = filepath.Join(config, "xsh", "config.toml")
	}
	return p, p.checkLength()
}

// base is an XDG base directory: the variable's value if it is absolute, as
// the specification wants, else the default below home.
func base(value, home, below string) string {
	switch {
	case filepath.IsAbs(value):
		return value
	case filepath.IsAbs(home):
		return filepath.Join(home, below)
	default:
		return ""
	}
}

// ErrSocketTooLong is wrapped by Find's error for a directory whose socket
// would have a longer path than the system can name.
var ErrSocketTooLong = errors.New("socket path is too long")

func (p Paths) checkLength() error {
	longest := len(unix.RawSockaddrUnix{}.Path) - 1
	if len(p.Socket) <= longest {
		return nil
	}
	return fmt.Errorf("%w: %s has %d bytes, at most %d work", ErrSocketTooLong, p.Socket, len(p.Socket), longest)
}

// UnsafeDirError says why a directory is not safe to keep the socket in.
type UnsafeDirError struct {
	Dir string
	Why string
}

func (e *UnsafeDirError) Error() string { return fmt.Sprintf("%s is not safe: %s", e.Dir, e.Why) }

// MakeDir makes Dir unless it is there, and checks that it is a directory of
// ours that nobody else can enter. A symbolic link is not followed. It returns
// an *UnsafeDirError for one that fails the check.
func (p Paths) MakeDir() error {
	if err := os.MkdirAll(filepath.Dir(p.Dir), 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(p.Dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return p.CheckDir()
}

// CheckDir is the check of MakeDir alone. A Dir that is not there gives an
// error for which errors.Is says fs.ErrNotExist.
func (p Paths) CheckDir() error {
	var st unix.Stat_t
	if err := unix.Lstat(p.Dir, &st); err != nil {
		return &fs.PathError{Op: "lstat", Path: p.Dir, Err: err}
	}
	why := ""
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		why = "it is a symbolic link"
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		why = "it is not a directory"
	case int(st.Uid) != os.Getuid():
		why = fmt.Sprintf("it is owned by uid %d, not by you (uid %d)", st.Uid, os.Getuid())
	case st.Mode&0o077 != 0:
		why = fmt.Sprintf("others may enter it (mode %04o, it must be 0700)", st.Mode&0o777)
	default:
		return nil
	}
	return &UnsafeDirError{Dir: p.Dir, Why: why}
}
