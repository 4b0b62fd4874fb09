package vt

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestConformance runs each script twice: each write at once, and byte by byte.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d conformance files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			for _, c := range readConformance(t, file) {
				newConformance(t, file, c.size).run(c, false)
				newConformance(t, file, c.size).run(c, true)
			}
		})
	}
}

// conformance is a terminal that a script is run on.
type conformance struct {
	t       *testing.T
	file    string
	term    *Terminal
	replies string
	kept    string
}

func newConformance(t *testing.T, file string, size Size) *conformance {
	c := &conformance{t: t, file: file}
	c.term = New(size, Config{Effects: Effects{
		Reply: func(answer []byte) { c.replies += string(answer) },
	}})
	return c
}

func (c *conformance) run(script conformanceCase, bytewise bool) {
	if len(script.steps) == 0 {
		c.t.Errorf("%s: the case %q is empty", c.file, script.title)
	}
	for _, s := range script.steps {
		if problem := c.step(&s, bytewise); problem != "" {
			how := "at once"
			if bytewise {
				how = "byte by byte"
			}
			c.t.Errorf("%s:%d (%s): %s %s: %s", c.file, s.line, how, s.word, s.args, problem)
		}
	}
}

// step runs one step and says what is wrong, "" for nothing.
func (c *conformance) step(s *step, bytewise bool) string {
	if input, ok, err := s.input(); ok {
		if err != nil {
			return err.Error()
		}
		c.write(input, bytewise)
		return ""
	}
	if s.word == "resize" {
		size, err := s.ints("x", 2)
		if err != nil {
			return err.Error()
		}
		c.term.Resize(Size{size[0], size[1]})
		return ""
	}
	return c.expect(s)
}

func (c *conformance) write(input string, bytewise bool) {
	if !bytewise {
		c.term.Write([]byte(input))
		return
	}
	for i := range len(input) {
		c.term.Write([]byte(input[i : i+1]))
	}
}
