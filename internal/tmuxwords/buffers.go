package tmuxwords

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// buffer is a paste buffer.
type buffer struct {
	Name  string `json:"name"`
	Given bool   `json:"given,omitempty"` // the name, by who made it
	Data  []byte `json:"data"`
}

// maxBuffer is the most that a buffer takes from a file.
const maxBuffer = maxKept / 2

// buffer returns where the buffer is that -b names, else the newest without a given name;
// -1 is nowhere.
func (c *call) buffer() int {
	name, named := c.flags['b']
	for i, b := range slices.Backward(c.kept.Buffers) {
		if named && b.Name == name || !named && !b.Given {
			return i
		}
	}
	return -1
}

// errNoBuffer says which buffer is not there.
func (c *call) errNoBuffer() error {
	if name, named := c.flags['b']; named {
		return fmt.Errorf("no buffer %s", name)
	}
	return errors.New("no buffers")
}

func (c *call) setBuffer() error { return c.putBuffer([]byte(c.args[0]), c.has('a')) }

func (c *call) loadBuffer() error {
	in := c.In
	if path := c.args[0]; path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxBuffer+1))
	if err != nil {
		return err
	}
	return c.putBuffer(data, false)
}

// putBuffer puts data into the buffer that is meant, at its end or in place of what it
// had; without a name into a new one.
func (c *call) putBuffer(data []byte, atEnd bool) error {
	if len(data) > maxBuffer {
		return fmt.Errorf("a buffer holds %d bytes at most", maxBuffer)
	}
	return c.change(func() error {
		if len(data) == 0 {
			return nil
		}
		b := buffer{Name: c.flags['b'], Given: c.has('b'), Data: data}
		i := c.buffer()
		if i >= 0 && b.Given {
			if atEnd {
				b.Data = append(c.kept.Buffers[i].Data, data...)
			}
			b.Name, b.Given = c.kept.Buffers[i].Name, c.kept.Buffers[i].Given
			c.kept.Buffers = slices.Delete(c.kept.Buffers, i, i+1)
		} else if !b.Given {
			b.Name = fmt.Sprintf("buffer%d", c.kept.Named)
			c.kept.Named++
		}
		c.kept.Buffers = append(c.kept.Buffers, b)
		unnamed := 0
		for i, b := range slices.Backward(c.kept.Buffers) {
			if b.Given {
				continue
			}
			if unnamed++; unnamed > c.numberOption("buffer-limit", pane{}) {
				c.kept.Buffers = slices.Delete(c.kept.Buffers, i, i+1)
			}
		}
		return nil
	})
}

func (c *call) showBuffer() error {
	i := c.buffer()
	if i < 0 {
		return c.errNoBuffer()
	}
	_, err := c.Out.Write(c.kept.Buffers[i].Data)
	return err
}

func (c *call) deleteBuffer() error {
	return c.change(func() error {
		i := c.buffer()
		if i < 0 {
			return c.errNoBuffer()
		}
		c.kept.Buffers = slices.Delete(c.kept.Buffers, i, i+1)
		return nil
	})
}

func (c *call) listBuffers() error {
	format, given := c.flags['F']
	for _, b := range slices.Backward(c.kept.Buffers) {
		sample := b.Data
		if len(sample) > 50 {
			sample = sample[:50]
		}
		text := strings.ToValidUTF8(string(sample), "?")
		if !given {
			format = `#{buffer_name}: #{buffer_size} bytes: "#{buffer_sample}"`
		}
		known := map[string]string{"buffer_name": b.Name, "buffer_size": fmt.Sprint(len(b.Data)), "buffer_sample": text}
		line, err := c.expandWith(format, func(name string) (string, bool) { v, is := known[name]; return v, is })
		if err != nil {
			return err
		}
		if err := c.println(line); err != nil {
			return err
		}
	}
	return nil
}

// pasteBuffer types a buffer: with -p as a paste, between the marks that the program may
// have asked for.
func (c *call) pasteBuffer() error {
	p, err := c.target("pane")
	if err != nil {
		return err
	}
	i := c.buffer()
	if i < 0 {
		if !c.has('b') {
			return nil // as tmux does
		}
		return c.errNoBuffer()
	}
	data := c.kept.Buffers[i].Data
	input := exec.Input{Text: data}
	separator, given := c.flags['s']
	switch {
	case c.has('p') && (c.has('r') || given):
		return errors.New("paste-buffer -p with -r or -s is not understood: lines of a paste end with Enter")
	case c.has('p'):
		input = exec.Input{Paste: data}
	case given:
		input.Text = bytes.ReplaceAll(data, []byte("\n"), []byte(separator))
	case !c.has('r'):
		input.Text = bytes.ReplaceAll(data, []byte("\n"), []byte("\r"))
	}
	if _, err := c.sessions.Type(c.request(), p.ID, input); err != nil {
		return err
	}
	if c.has('d') {
		return c.deleteBuffer()
	}
	return nil
}
