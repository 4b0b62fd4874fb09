// Package paths knows where xsh keeps its files: the socket, the lock and the
// pid in a directory that only the user can enter, the log among the user's
// state, the settings among the user's configuration. It is the only place
// that reads XSH_DIR, XSH_SOCKET and the XDG variables.
//
// Variables may come from another user: su and sudo -E hand them on. A
// directory of theirs is not used, and root makes nothing in one.
package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
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
	Keeper string // held by the server's keeper for as long as that lives
	Count  string // how many sessions run, for whoever comes when nothing is left
	Events string // how far events are numbered, for the next server
	Log    string
	Stored string // what the disk has of sessions; empty if there is no place for it
	Config string // empty if there is no place for one
	Bus    string // the user's message bus, which systemd listens to; empty if there can be none
	// Note is for a person to read, when a server starts: why a directory that
	// the environment names is not used. Empty if there is none such.
	Note string
}

// Find returns the paths that the environment asks for: those of XSH_DIR; else
// of XSH_SOCKET, which programs in a session have; else of XDG_RUNTIME_DIR, if
// that is what it should be; else in /tmp. It makes nothing.
func Find(getenv func(string) string) (Paths, error) {
	socket, note := findSocket(getenv)
	p, err := At(socket, getenv)
	p.Note = note
	return p, err
}

// At returns the paths of the server that has its socket at path. What is not beside the
// socket is where the environment asks for. It makes nothing.
func At(path string, getenv func(string) string) (Paths, error) {
	socket, err := filepath.Abs(path)
	if err != nil {
		return Paths{}, err
	}
	dir := filepath.Dir(socket)
	p := Paths{
		Dir:    dir,
		Socket: socket,
		Lock:   filepath.Join(dir, "start.lock"),
		PID:    filepath.Join(dir, "server.pid"),
		Keeper: filepath.Join(dir, "keeper.pid"),
		Count:  filepath.Join(dir, "sessions"),
		Events: filepath.Join(dir, "events"),
		Log:    filepath.Join(dir, "server.log"),
	}
	if run := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(run) && check(run) == nil {
		p.Bus = filepath.Join(run, "bus")
	}
	home := getenv("HOME")
	if state := base(getenv("XDG_STATE_HOME"), home, ".local/state"); state != "" {
		p.Log = filepath.Join(state, "xsh", "server.log")
		// Each server its own: another one cannot tell whether a session runs.
		p.Stored = filepath.Join(state, "xsh", "sessions", url.PathEscape(dir))
	}
	if config := base(getenv("XDG_CONFIG_HOME"), home, ".config"); config != "" {
		p.Config = filepath.Join(config, "xsh", "config.toml")
	}
	return p, p.checkLength()
}

const socketName = "xsh.sock"

// findSocket returns the socket's path, and a Note.
func findSocket(getenv func(string) string) (path, note string) {
	dir, socket := getenv("XSH_DIR"), getenv("XSH_SOCKET")
	switch {
	case dir != "" && filepath.Dir(socket) == filepath.Clean(dir):
		return socket, ""
	case dir != "":
		return filepath.Join(dir, socketName), ""
	case filepath.IsAbs(socket) && check(filepath.Dir(socket)) == nil:
		return socket, ""
	}
	fallback := filepath.Join("/tmp", "xsh-"+strconv.Itoa(os.Getuid()), socketName)
	run := getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(run) {
		return fallback, ""
	}
	if err := check(run); err != nil {
		return fallback, fmt.Sprintf("XDG_RUNTIME_DIR is not used, but %s: %v", filepath.Dir(fallback), err)
	}
	return filepath.Join(run, "xsh", socketName), ""
}

// base is an XDG base directory: the variable's value if it is absolute, as
// the specification wants, else the default below home; empty if neither can be
// used.
func base(value, home, below string) string {
	switch {
	case filepath.IsAbs(value) && !foreign(value):
		return value
	case filepath.IsAbs(home) && !foreign(home):
		return filepath.Join(home, below)
	default:
		return ""
	}
}

// foreign reports whether root would make files in another user's directory
// there: such a file would lock its owner out.
func foreign(path string) bool { return os.Getuid() == 0 && ownerAbove(path) != 0 }

// ownerAbove returns who owns path or, if it is not there, the nearest directory
// above it.
func ownerAbove(path string) int {
	for {
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err == nil {
			return int(st.Uid)
		} else if path == filepath.Dir(path) {
			return 0
		}
		path = filepath.Dir(path)
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
	if err := p.CheckDir(); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if above := filepath.Dir(p.Dir); foreign(above) {
		return &UnsafeDirError{Dir: p.Dir, Why: fmt.Sprintf("root would make it in a directory of uid %d", ownerAbove(above))}
	}
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
func (p Paths) CheckDir() error { return check(p.Dir) }

// check says what is wrong with a directory that is to be ours alone.
func check(dir string) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return &fs.PathError{Op: "lstat", Path: dir, Err: err}
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
	return &UnsafeDirError{Dir: dir, Why: why}
}
