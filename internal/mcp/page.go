package mcp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/pkg/exec"
)

// page is a piece of a session's output as plain text.
type page struct {
	text string
	facts
}

// facts are a page's offsets.
type facts struct {
	Offset     int64 `json:"offset"`
	NextOffset int64 `json:"next_offset"`
	// More is how many bytes there were behind the page when it was read.
	More int64  `json:"more_bytes"`
	Lost *lost  `json:"lost,omitempty"`
	Go   string `json:"go_on,omitempty"`
}

// lost is output that is not kept any more.
type lost struct {
	From  int64 `json:"from"`
	Until int64 `json:"until"`
}

// reading says what page is read.
type reading struct {
	from  int64 // an offset; a negative one is that many bytes before the end
	until int64 // the offset behind the last byte; negative where that is the end
	room  int
	whole bool // the last line is one, though it has no end: nothing comes behind until
}

const (
	// lead is how much before a page is looked at, to know in which state the program
	// left its terminal and whether it is in the middle of a secret.
	lead = 8 << 10

	// rawPerText is how many bytes of output are read for one of text: most of what
	// a program with colours and progress bars prints is no text.
	rawPerText = 16
	minRaw     = 256 << 10

	// readTries is how often a page is begun anew because a program printed more
	// than what is kept while it was read.
	readTries = 5
)

// readPage reads a page. Where its beginning is not kept any more it begins with the
// oldest that is, and says so.
func readPage(ctx context.Context, d exec.LogReader, id string, r reading, m *mask.Mask) (*page, error) {
	begin, end, err := bounds(ctx, d, id)
	if err != nil {
		return nil, err
	}
	fromEnd := r.from < 0
	if fromEnd {
		r.from = max(begin, end+r.from)
	}
	if r.from > end {
		return nil, fmt.Errorf("offset %d is behind the end of the output, %d", r.from, end)
	}
	asked := r.from
	for range readTries {
		r.from = max(r.from, begin)
		p, err := readFrom(ctx, d, id, begin, end, r, fromEnd, m)
		var gone *exec.LostError
		if errors.As(err, &gone) {
			if begin, end, err = bounds(ctx, d, id); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if p.Offset > asked && !fromEnd {
			p.Lost = &lost{asked, p.Offset}
		}
		return p, nil
	}
	return nil, fmt.Errorf("the program prints faster than its output can be read: wait until it is quiet, or read from a negative offset")
}

// bounds returns the offsets of the output that is kept.
func bounds(ctx context.Context, d exec.LogReader, id string) (begin, end int64, err error) {
	for _, at := range []struct {
		o      exec.LogsOptions
		offset *int64
	}{{exec.LogsOptions{Until: new(int64)}, &begin}, {exec.LogsOptions{FromEnd: true}, &end}} {
		logs, err := d.Logs(ctx, id, at.o)
		if err != nil {
			return 0, 0, err
		}
		*at.offset = logs.Begin()
		logs.Close()
	}
	return begin, end, nil
}

// readFrom reads the page at r.from, of output that is kept from begin to end. How much
// output makes a page is known when it is text: little is read first, and more where
// that does not fill the page.
func readFrom(ctx context.Context, d exec.LogReader, id string, begin, end int64, r reading, fromEnd bool, m *mask.Mask) (*page, error) {
	until := end
	if r.until >= 0 {
		until = max(r.from, min(end, r.until))
	}
	from := max(begin, r.from-lead)
	limit := min(until, r.from+int64(max(minRaw, r.room*rawPerText)))
	for raw := int64(2 * r.room); ; raw *= 4 {
		most := min(limit, r.from+raw)
		p, full, err := readPart(ctx, d, id, from, most, r, fromEnd && r.from > begin, most == until, m)
		if err != nil {
			return nil, err
		}
		if !full && most < limit {
			continue
		}
		p.More = until - p.NextOffset
		if most < until || full {
			p.Go = fmt.Sprintf("there is more: read on with history and offset %d", p.NextOffset)
		}
		return p, nil
	}
}

// readPart makes a page of the output from r.from to most, and reports whether that
// filled it. It looks at the output from from on. Where a page is to begin with a line,
// what stands before the first one is left out. With last, nothing comes behind most.
func readPart(ctx context.Context, d exec.LogReader, id string, from, most int64, r reading, line, last bool, m *mask.Mask) (p *page, full bool, err error) {
	logs, err := d.Logs(ctx, id, exec.LogsOptions{From: &from, Until: &most})
	if err != nil {
		return nil, false, err
	}
	defer logs.Close()
	raw, err := io.ReadAll(logs)
	if err != nil {
		return nil, false, err
	}
	at := min(int(r.from-from), len(raw))
	if line && at > 0 && raw[at-1] != '\n' {
		if i := bytes.IndexByte(raw[at:], '\n'); i >= 0 {
			at += i + 1
		}
	}
	t := newTexter(raw[:at], r.room, m)
	used := t.read(raw[at:], r.whole && last)
	p = &page{text: t.out.String(), facts: facts{Offset: from + int64(at)}}
	p.NextOffset = p.Offset + int64(used)
	return p, t.full, nil
}
