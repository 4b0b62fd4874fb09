package cast

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer writes a recording. Each of its calls that has something to write makes one
// Write to the file below, of whole lines: a recording that breaks off is one up to there.
type Writer struct {
	w       io.Writer
	version int
	last    time.Duration // of the last event, in microseconds
	rest    []byte        // of output: the beginning of a character
	line    []byte
}

// headerLine is the first line of a file, of either version.
type headerLine struct {
	Version   int               `json:"version"`
	Term      *termField        `json:"term,omitempty"`
	Width     int               `json:"width,omitempty"`
	Height    int               `json:"height,omitempty"`
	Timestamp float64           `json:"timestamp,omitempty"`
	IdleLimit float64           `json:"idle_time_limit,omitempty"`
	Command   string            `json:"command,omitempty"`
	Title     string            `json:"title,omitempty"`
	Env       map[string]string `json:"env,omitempty"`
}

type termField struct {
	Cols int    `json:"cols"`
	Rows int    `json:"rows"`
	Type string `json:"type,omitempty"`
}

// NewWriter writes the header and returns what writes the events.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	line := headerLine{Version: h.Version, IdleLimit: h.IdleLimit.Seconds(), Command: h.Command, Title: h.Title}
	if !h.Begun.IsZero() {
		line.Timestamp = float64(h.Begun.Unix())
	}
	switch h.Version {
	case 0, V3:
		line.Version = V3
		line.Term = &termField{Cols: h.Size.Cols, Rows: h.Size.Rows, Type: h.Term}
	case V2:
		line.Width, line.Height = h.Size.Cols, h.Size.Rows
		if h.Term != "" {
			line.Env = map[string]string{"TERM": h.Term}
		}
	default:
		return nil, fmt.Errorf("there is no writing asciicast version %d", h.Version)
	}
	text, err := json.Marshal(line)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return nil, err
	}
	return &Writer{w: w, version: line.Version}, nil
}

// Output writes what the terminal was given. Bytes that are no UTF-8 become U+FFFD,
// since the format has no others; a character that is cut in two waits for its end.
func (w *Writer) Output(at time.Duration, data []byte) error {
	if len(w.rest) > 0 {
		data = append(w.rest, data...)
		w.rest = nil
	}
	whole := len(data) - cutRune(data)
	w.rest = append(w.rest, data[whole:]...)
	if whole == 0 {
		return nil
	}
	return write(w, at, Output, data[:whole])
}

// Event writes any other event. One that the version does not have is left out.
func (w *Writer) Event(e Event) error {
	if e.Code == Exit && w.version == V2 {
		return nil
	}
	return write(w, e.At, e.Code, []byte(e.Data))
}

// Close writes a character that has no end. It does not close the file.
func (w *Writer) Close() error {
	if len(w.rest) == 0 {
		return nil
	}
	return write(w, w.last, Output, w.rest)
}

// write writes one event. Time does not go back.
func write(w *Writer, at time.Duration, code string, data []byte) error {
	at = max(at.Truncate(time.Microsecond), w.last)
	since := at
	if w.version == V3 {
		since -= w.last
	}
	w.last = at
	b := append(w.line[:0], '[')
	b = strconv.AppendFloat(b, since.Seconds(), 'f', 6, 64)
	b = append(b, ", \""...)
	b = append(b, code...)
	b = append(b, "\", "...)
	b = appendText(b, data)
	b = append(b, "]\n"...)
	if w.line = b; cap(b) > maxKeptLine {
		w.line = nil
	}
	_, err := w.w.Write(b)
	return err
}

// maxKeptLine bounds the memory that is kept for the next line.
const maxKeptLine = 1 << 20

// cutRune is how many bytes at the end of data begin a character that has more.
func cutRune(data []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(data); n++ {
		c := data[len(data)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(data[len(data)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// appendText appends data as a string of JSON, in which all that acts on a terminal
// is escaped.
func appendText(b, data []byte) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for len(data) > 0 {
		n := plainRun(data)
		b = append(b, data[:n]...)
		if data = data[n:]; len(data) == 0 {
			break
		}
		switch c := data[0]; {
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < utf8.RuneSelf:
			b = append(b, `\u00`...)
			b = append(b, digits[c>>4], digits[c&15])
		default:
			r, size := utf8.DecodeRune(data)
			if r < 0xa0 {
				b = append(b, `\u00`...)
				b = append(b, digits[r>>4], digits[r&15])
			} else {
				b = utf8.AppendRune(b, r)
			}
			data = data[size-1:]
		}
		data = data[1:]
	}
	return append(b, '"')
}

// plainRun returns how many bytes data begins with that JSON takes as they are:
// printable ASCII without quotes and backslashes. That is nearly all of a flood, so it
// looks at eight at a time: the lowest bit of special is that of the first byte that
// is another, though higher ones may be wrong, since what is subtracted is carried.
func plainRun(data []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(data)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(data[n:])
		quote, backslash, del := x^ones*'"', x^ones*'\\', x^ones*0x7f
		special := (x | (x-ones*' ')&^x | (quote-ones)&^quote | (backslash-ones)&^backslash | (del-ones)&^del) & highs
		if special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for n < len(data) && data[n] >= ' ' && data[n] < 0x7f && data[n] != '"' && data[n] != '\\' {
		n++
	}
	return n
}
