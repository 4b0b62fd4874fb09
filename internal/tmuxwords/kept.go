package tmuxwords

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// kept is what words of one tmux server leave for those that come later. It is a file,
// read by every word and changed by one at a time; see [call.change].
type kept struct {
	// Panes are the sessions' IDs that were panes when the file was written. When none of
	// them is one any more the file is of a tmux server that is gone.
	Panes []string `json:"panes"`
	// Options are by whose they are: the server, session or window of all, or $N, @N, %N.
	Options map[string]map[string]option `json:"options,omitempty"`
	// Titles are those that select-pane -T gave, by %N.
	Titles   map[string]title    `json:"titles,omitempty"`
	Channels map[string]*channel `json:"channels,omitempty"`
	Buffers  []buffer            `json:"buffers,omitempty"` // the oldest first
	Named    int                 `json:"named,omitempty"`   // how many buffers got a name from us
}

// title is a pane's title that was given, in place of the program's own at that time.
type title struct {
	Text string `json:"text"`
	Over string `json:"over"`
}

// maxKept bounds the file: every word reads it.
const maxKept = 2 << 20

// lockWait is how long a word waits for others that change the file, which takes them
// milliseconds.
const lockWait = 10 * time.Second

func (c *call) dir() string  { return filepath.Join(c.Dir, c.Server) }
func (c *call) file() string { return filepath.Join(c.dir(), "kept.json") }

// read reads the file; one that is not there holds nothing.
func (c *call) read() (*kept, error) {
	data, err := os.ReadFile(c.file())
	if errors.Is(err, fs.ErrNotExist) {
		return &kept{}, nil
	} else if err != nil {
		return nil, err
	}
	k := &kept{}
	if err := json.Unmarshal(data, k); err != nil {
		return nil, fmt.Errorf("%s is damaged, remove it: %w", c.file(), err)
	}
	return k, nil
}

// change has do change what is kept, alone, and writes it.
func (c *call) change(do func() error) error {
	return c.alone(func() error {
		if err := do(); err != nil {
			return err
		}
		return c.write()
	})
}

// alone has do run while no other word changes anything: they wait. What do sees of the
// panes is from after the others were done.
func (c *call) alone(do func() error) error {
	if !c.locked {
		if err := os.MkdirAll(c.dir(), 0o700); err != nil {
			return err
		}
		lock, err := lockFile(c.ctx, filepath.Join(c.dir(), "lock"))
		if err != nil {
			return err
		}
		c.locked = true
		defer func() {
			c.locked = false
			lock.Close()
		}()
	}
	if err := c.look(); err != nil {
		return err
	}
	if len(c.panes) == 0 {
		return ErrNoServer
	}
	return do()
}

// write writes the file, without what belongs to panes that are gone.
func (c *call) write() error {
	k, there := c.kept, map[string]bool{ofServer: true, ofSessions: true, ofWindows: true}
	k.Panes = nil
	for _, p := range c.panes {
		k.Panes = append(k.Panes, p.ID)
		there[id('$', p.session)], there[id('@', p.window)], there[id('%', p.number)] = true, true, true
	}
	for of := range k.Options {
		if !there[of] || len(k.Options[of]) == 0 {
			delete(k.Options, of)
		}
	}
	for of := range k.Titles {
		if !there[of] {
			delete(k.Titles, of)
		}
	}
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if len(data) > maxKept {
		return fmt.Errorf("options, buffers and channels may hold %d bytes at most: delete-buffer and set-option -u make room", maxKept)
	}
	if before, err := os.ReadFile(c.file()); err == nil && bytes.Equal(before, data) {
		return nil
	}
	fresh := c.file() + ".new" // nobody else writes: we have the lock
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, c.file())
}

// lockFile waits until nobody else has the lock. It goes with the process as well.
func lockFile(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !slices.Contains([]error{unix.EWOULDBLOCK, unix.EINTR}, err) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("another tmux word holds %s", path)
		}
	}
}
