package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/xsh-project/xsh/internal/ctlseq"
	"github.com/xsh-project/xsh/pkg/exec"
)

// maxExpected bounds the text that one Expect matches against; of more, the newest
// counts.
const maxExpected = 1 << 20

// Expect waits until what is printed behind the last match of Expect matches a
// regular expression, and returns the match and its groups. Control sequences are
// not part of the text, and lines end in \n.
func (c *Console) Expect(ctx context.Context, pattern string) ([]string, error) {
	doing := fmt.Sprintf("expect %q", pattern)
	re, err := regexp.Compile("(?m)" + pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	c.mu.Lock()
	from := c.expected
	c.mu.Unlock()
	ask := exec.LogsOptions{Follow: true}
	if from >= 0 {
		ask.From = &from
	}
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	logs, err := c.of.Logs(reading, c.id, ask)
	if err != nil {
		return nil, c.failed(ctx, doing, err)
	}
	defer logs.Close()
	var text stripped
	for {
		data, offset, _, err := logs.Next()
		if errors.Is(err, io.EOF) {
			err = exec.NewSessionClosedError(c.id)
		}
		if err != nil {
			return nil, c.failed(ctx, doing, err)
		}
		text.add(data, offset)
		if at := re.FindSubmatchIndex(text.text); at != nil {
			c.mu.Lock()
			c.expected = text.behind(at[1])
			c.mu.Unlock()
			return groups(text.text, at), nil
		}
	}
}

func groups(text []byte, at []int) []string {
	var all []string
	for i := 0; i < len(at); i += 2 {
		group := ""
		if at[i] >= 0 {
			group = string(text[at[i]:at[i+1]])
		}
		all = append(all, group)
	}
	return all
}

// stripped is output without its control sequences, with the offset that each byte
// of it had.
type stripped struct {
	text    []byte
	offsets []int64
	from    int64 // where it begins
	begun   bool
	seq     ctlseq.Scanner
}

// behind is the offset behind the first n bytes of the text.
func (s *stripped) behind(n int) int64 {
	if n == 0 {
		return s.from
	}
	return s.offsets[n-1] + 1
}

func (s *stripped) add(data []byte, offset int64) {
	if !s.begun {
		s.from, s.begun = offset, true
	}
	for i, b := range data {
		if s.keeps(b) {
			s.text = append(s.text, b)
			s.offsets = append(s.offsets, offset+int64(i))
		}
	}
	if over := len(s.text) - maxExpected; over > 0 {
		s.from = s.behind(over)
		s.text = append(s.text[:0], s.text[over:]...)
		s.offsets = append(s.offsets[:0], s.offsets[over:]...)
	}
}

// keeps takes the next byte and reports whether it is text.
func (s *stripped) keeps(b byte) bool {
	return s.seq.Next(b) == ctlseq.Text && (b >= 0x20 && b != 0x7f || b == '\n' || b == '\t')
}
