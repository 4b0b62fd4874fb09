package tmuxwords

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// channel is one of wait-for. Who waits reads from a named pipe, to which whoever wakes
// it writes: a pipe that nobody reads any more is of a word that was killed.
type channel struct {
	Woken   bool     `json:"woken,omitempty"` // by a signal for which nobody waited
	Locked  bool     `json:"locked,omitempty"`
	Waiting []string `json:"waiting,omitempty"` // pipes of those who wait for a signal
	Locking []string `json:"locking,omitempty"` // and for the lock, in their order
}

// serverLook is how often who waits looks whether there is still a pane: with the last
// one tmux's server ends, and with it all waiting.
const serverLook = 5 * time.Second

func (c *call) waitFor() error {
	name := c.args[0]
	return c.change(func() error {
		ch := c.kept.Channels[name]
		if ch == nil {
			ch = &channel{}
		}
		var err error
		switch {
		case c.has('S'):
			ch.signal()
		case c.has('L') && !ch.Locked:
			ch.Locked = true
		case c.has('L'):
			ch.Locking, err = c.waitLater(ch.Locking)
		case c.has('U') && !ch.Locked:
			return fmt.Errorf("channel %s not locked", name)
		case c.has('U'):
			ch.unlock()
		case ch.Woken:
			ch.Woken = false
		default:
			ch.Waiting, err = c.waitLater(ch.Waiting)
		}
		if c.kept.Channels == nil {
			c.kept.Channels = map[string]*channel{}
		}
		if c.kept.Channels[name] = ch; !ch.Woken && !ch.Locked && len(ch.Waiting) == 0 {
			delete(c.kept.Channels, name)
		}
		return err
	})
}

// signal wakes all who wait; with nobody there the next one need not wait. A second
// signal for which nobody waits undoes the first, as in tmux.
func (ch *channel) signal() {
	woken := false
	for _, pipe := range ch.Waiting {
		woken = wake(pipe) || woken
	}
	ch.Waiting = nil
	ch.Woken = !woken && !ch.Woken
}

// unlock hands the lock to the next who waits for it.
func (ch *channel) unlock() {
	for len(ch.Locking) > 0 {
		next := ch.Locking[0]
		ch.Locking = ch.Locking[1:]
		if wake(next) {
			return
		}
	}
	ch.Locked = false
}

// wake wakes who reads a pipe, if somebody does.
func wake(pipe string) bool {
	defer os.Remove(pipe)
	f, err := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = f.Write([]byte{1})
	return err == nil
}

// waitLater has the word wait when the lock of the file and the connection are given
// up. It returns those who waited, without those that are gone, and its own pipe.
func (c *call) waitLater(before []string) (pipes []string, err error) {
	for _, pipe := range before {
		if f, err := os.OpenFile(pipe, os.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			f.Close()
			pipes = append(pipes, pipe)
		} else {
			os.Remove(pipe)
		}
	}
	own := filepath.Join(c.dir(), fmt.Sprintf("wait.%d.%d", os.Getpid(), time.Now().UnixNano()))
	if err := unix.Mkfifo(own, 0o600); err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	// For writing as well: else the first read would be at the end of the pipe.
	f, err := os.OpenFile(own, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	c.after = func() error {
		defer f.Close()
		defer os.Remove(own)
		return c.await(f)
	}
	return append(pipes, own), nil
}

// await waits until somebody writes to the pipe, as long as there are panes.
func (c *call) await(pipe *os.File) error {
	defer context.AfterFunc(c.ctx, func() { pipe.SetReadDeadline(time.Unix(1, 0)) })()
	for gone := 0; ; {
		until := time.Now().Add(serverLook)
		pipe.SetReadDeadline(until)
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		_, err := pipe.Read(make([]byte, 1))
		for errors.Is(err, unix.EAGAIN) && c.ctx.Err() == nil { // on macOS a read of a pipe does not wait
			if time.Now().After(until) {
				err = os.ErrDeadlineExceeded
				break
			}
			time.Sleep(20 * time.Millisecond)
			_, err = pipe.Read(make([]byte, 1))
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		err = c.With(c.ctx, false, func(sessions Sessions) error {
			c.sessions = sessions
			if err := c.look(); err != nil || len(c.panes) > 0 {
				return err
			}
			return ErrNoServer
		})
		if gone++; !errors.Is(err, ErrNoServer) {
			gone = 0
		} else if gone == 2 { // between two servers there is none for a moment
			return errors.New("server exited")
		}
	}
}
