package vt

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A conformance file holds cases. A case is a fresh terminal and steps, one a
// line: something that is done to it, or something that must then be true.
// testdata/README.md explains the words.

type conformanceCase struct {
	title string
	size  Size
	steps []step
}

type step struct {
	line  int
	word  string
	args  string   // the rest of the line
	block []string // the rows of a screen or scrollback, drawn between bars
}

func readConformance(t *testing.T, path string) []conformanceCase {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases := []conformanceCase{{}}
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		if err := addLine(&cases, n, sc.Text()); err != nil {
			t.Fatalf("%s:%d: %v", path, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func addLine(cases *[]conformanceCase, n int, line string) error {
	c := &(*cases)[len(*cases)-1]
	switch {
	case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
	case strings.HasPrefix(line, "== "):
		*cases = append(*cases, conformanceCase{title: line[3:], size: c.size})
	case strings.HasPrefix(line, "|"):
		if len(c.steps) == 0 {
			return fmt.Errorf("a row of nothing")
		}
		s := &c.steps[len(c.steps)-1]
		s.block = append(s.block, strings.TrimRight(strings.TrimSuffix(line[1:], "|"), " "))
	default:
		word, args, _ := strings.Cut(line, " ")
		if word == "size" {
			_, err := fmt.Sscanf(args, "%dx%d", &c.size.Rows, &c.size.Cols)
			return err
		}
		c.steps = append(c.steps, step{line: n, word: word, args: args})
	}
	return nil
}

// texts returns the quoted strings of the step's arguments.
func (s *step) texts() ([]string, error) {
	var out []string
	rest := strings.TrimSpace(s.args)
	for rest != "" {
		if rest[0] != '"' {
			return nil, fmt.Errorf("a quote expected at %s", rest)
		}
		text, n, err := unquote(rest)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
		rest = strings.TrimSpace(rest[n:])
	}
	return out, nil
}

// unquote reads the quoted string that s begins with, and returns it and how
// much of s it took. Beside Go's escapes it knows \e.
func unquote(s string) (string, int, error) {
	var b strings.Builder
	for i := 1; i < len(s); {
		switch {
		case s[i] == '"':
			return b.String(), i + 1, nil
		case strings.HasPrefix(s[i:], `\e`):
			b.WriteByte(0x1b)
			i += 2
		case strings.HasPrefix(s[i:], `\x`):
			v, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return "", 0, err
			}
			b.WriteByte(byte(v))
			i += 4
		default:
			r, _, tail, err := strconv.UnquoteChar(s[i:], '"')
			if err != nil {
				return "", 0, err
			}
			b.WriteString(string(r))
			i = len(s) - len(tail)
		}
	}
	return "", 0, fmt.Errorf("no closing quote in %s", s)
}

// input returns what the step writes, and whether it writes.
func (s *step) input() (string, bool, error) {
	args, n := s.args, 1
	switch s.word {
	case "write":
	case "write-repeat":
		count, text, _ := strings.Cut(args, " ")
		var err error
		if n, err = strconv.Atoi(count); err != nil {
			return "", true, err
		}
		args = text
	default:
		return "", false, nil
	}
	text, _, err := unquote(args)
	return strings.Repeat(text, n), true, err
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		`"a\e[1m"`:    "a\x1b[1m",
		`"\x9b\xff"`:  "\x9b\xff",
		`"\u009b\""`:  "\u009b\"",
		`"\e\\"`:      "\x1b\\",
		`"漢\n" more"`: "漢\n",
	} {
		got, _, err := unquote(in)
		if err != nil || got != want {
			t.Errorf("unquote(%s) = %q, %v; want %q", in, got, err, want)
		}
	}
	if _, _, err := unquote(`"a`); err == nil {
		t.Error("a string without an end was taken")
	}
}
