// Package stored keeps small files that are whole or not there: what sessions
// leave on disk for after the machine has gone down. It knows nothing of what the
// files say.
//
// Each file begins with a line that says whose it is, the length of the rest and
// a checksum. A file is written beside its place and renamed into it, so that who
// reads one finds what was there before or what is there now. One that is not
// whole, or not ours, is set aside under another name when it is read, and never
// removed. Only the user may read a file.
package stored

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	suffix  = ".session"
	aside   = ".damaged" // behind suffix
	magic   = "xsh session\n"
	header  = len(magic) + 8
	maxSize = 2 << 20

	// maxFiles bounds the files of a directory, those that were set aside included.
	maxFiles = 1000
)

// Dir is a directory of files, one for each session, which need not be there. Its
// methods may be called concurrently, for one session by one caller at a time.
type Dir string

// Save writes a session's file.
func (d Dir) Save(id string, data []byte) error {
	if len(data) > maxSize-header {
		return fmt.Errorf("it takes %d bytes, at most %d are kept", len(data), maxSize-header)
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	path := d.path(id)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if all, err := os.ReadDir(string(d)); err == nil && len(all) >= maxFiles {
			return fmt.Errorf("%s has %d files already: xsh restore --forget makes room", d, len(all))
		}
	}
	whole := append(make([]byte, 0, header+len(data)), magic...)
	whole = binary.LittleEndian.AppendUint32(whole, uint32(len(data)))
	whole = binary.LittleEndian.AppendUint32(whole, crc32.ChecksumIEEE(data))
	return replace(path, append(whole, data...))
}

// replace puts data in a file's place, on the disk and not only in memory.
func replace(path string, data []byte) error {
	next := path + ".new"
	os.Remove(next) // of one who was killed
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		os.Remove(next)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Remove removes a session's file. One that is not there is removed.
func (d Dir) Remove(id string) error {
	if err := os.Remove(d.path(id)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// IDs returns the sessions that have a file.
func (d Dir) IDs() ([]string, error) {
	all, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	for _, f := range all {
		name, ours := strings.CutSuffix(f.Name(), suffix)
		if id, bad := url.PathUnescape(name); ours && bad == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Load reads a session's file. One that is not whole or not ours is set aside,
// which the error says.
func (d Dir) Load(id string) ([]byte, error) {
	path := d.path(id)
	whole, err := read(path)
	if err != nil {
		return nil, err
	}
	why := ""
	switch {
	case len(whole) < header && strings.HasPrefix(magic, string(whole[:min(len(whole), len(magic))])):
		why = "is cut short"
	case len(whole) < header || string(whole[:len(magic)]) != magic:
		why = "is not one of ours"
	default:
		size, sum := binary.LittleEndian.Uint32(whole[len(magic):]), binary.LittleEndian.Uint32(whole[len(magic)+4:])
		data := whole[header:]
		if uint64(size) == uint64(len(data)) && sum == crc32.ChecksumIEEE(data) {
			return data, nil
		}
		why = "is cut short or was changed"
	}
	next := path + aside
	for n := 2; exists(next); n++ {
		next = fmt.Sprintf("%s%s-%d", path, aside, n)
	}
	if err := os.Rename(path, next); err != nil {
		return nil, fmt.Errorf("%s %s: %w", path, why, err)
	}
	return nil, fmt.Errorf("%s %s: it is now %s", path, why, filepath.Base(next))
}

// read reads a file of ours, and follows no symbolic link.
func read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (d Dir) path(id string) string {
	return filepath.Join(string(d), url.PathEscape(id)+suffix)
}
