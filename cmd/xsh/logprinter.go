package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/xsh-project/xsh/internal/mask"
	"github.com/xsh-project/xsh/pkg/exec"
)

// logPrinter prints a log, as it was printed or line by line as plain text.
type logPrinter struct {
	to    io.Writer
	plain io.WriteCloser         // nil where all is printed as it is
	raw   *mask.Output[struct{}] // then it goes through this
	lines *mask.Lines

	times bool      // lines have the time at which they began
	begun time.Time // of the line at hand
	open  bool      // the last line has no end yet
}

func newLogPrinter(to io.Writer, m *mask.Mask, raw, times bool) *logPrinter {
	p := &logPrinter{to: to, lines: m.Lines(), times: times}
	if raw {
		p.raw = mask.NewOutput(m, 0, func(_ struct{}, data []byte) error {
			_, err := p.to.Write(data)
			return err
		})
	} else {
		p.plain = exec.PlainText(plainLines{p})
	}
	return p
}

// print prints a piece.
func (p *logPrinter) print(piece exec.LogPiece) error {
	if len(piece.Data) == 0 {
		return nil
	}
	p.open = piece.Data[len(piece.Data)-1] != '\n'
	if p.plain == nil {
		return p.raw.Add(struct{}{}, piece.Data)
	}
	if !p.times {
		_, err := p.plain.Write(piece.Data)
		return err
	}
	for line := range bytes.SplitAfterSeq(piece.Data, []byte{'\n'}) {
		if p.begun.IsZero() {
			p.begun = piece.Time
		}
		if _, err := p.plain.Write(line); err != nil {
			return err
		}
		if bytes.HasSuffix(line, []byte{'\n'}) {
			p.begun = time.Time{}
		}
	}
	return nil
}

// Write prints what came at no time in particular.
func (p *logPrinter) Write(data []byte) (int, error) {
	return len(data), p.print(exec.LogPiece{Data: data})
}

// printAll prints what a reader has.
func (p *logPrinter) printAll(logs *exec.Logs) error {
	for {
		piece, err := logs.NextPiece()
		if err == nil {
			err = p.print(piece)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Close prints a last line that has no end.
func (p *logPrinter) Close() error {
	if p.plain == nil {
		return p.raw.Flush()
	}
	return p.plain.Close()
}

// plainLines takes the lines of a logPrinter's plain text, and prints them so that
// they act on no terminal.
type plainLines struct{ *logPrinter }

// Write implements io.Writer; it is given whole lines.
func (p plainLines) Write(data []byte) (int, error) {
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		if i < len(lines)-1 || line != "" {
			line = p.lines.Hide(line)
		}
		parts := strings.Split(line, "\t")
		for k := range parts {
			parts[k] = tamed(parts[k])
		}
		lines[i] = strings.Join(parts, "\t")
		if p.times && i < len(lines)-1 {
			lines[i] = momentText(p.begun) + " " + lines[i]
		}
	}
	if _, err := io.WriteString(p.to, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(data), nil
}
