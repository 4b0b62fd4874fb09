package cast

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Reader reads a recording.
type Reader struct {
	Header Header

	r    *bufio.Reader
	at   time.Duration
	line int
}

// ErrCut is returned by Next for a last line that has no end: the recording broke off
// there, and what came before is whole.
var ErrCut = errors.New("the file is cut short")

// maxLine bounds a line: a file that has none is not read to its end.
const maxLine = 64 << 20

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	c := &Reader{r: bufio.NewReaderSize(r, 64<<10)}
	text, err := c.next()
	if err != nil && !errors.Is(err, ErrCut) {
		if errors.Is(err, io.EOF) {
			err = errNoCast
		}
		return nil, err
	}
	var h headerLine
	if jsonErr := json.Unmarshal(text, &h); jsonErr != nil || h.Version == 0 {
		return nil, errNoCast
	}
	c.Header = Header{
		Version: h.Version, Title: h.Title, Command: h.Command, Term: h.Env["TERM"],
		IdleLimit: seconds(h.IdleLimit), Size: Size{Rows: h.Height, Cols: h.Width},
	}
	switch {
	case h.Version != V2 && h.Version != V3:
		return nil, fmt.Errorf("it is of asciicast version %d; versions 2 and 3 can be read", h.Version)
	case h.Version == V3 && h.Term != nil:
		c.Header.Size, c.Header.Term = Size{Rows: h.Term.Rows, Cols: h.Term.Cols}, h.Term.Type
	}
	if s := c.Header.Size; s.Rows <= 0 || s.Cols <= 0 || s.Rows > math.MaxUint16 || s.Cols > math.MaxUint16 {
		return nil, fmt.Errorf("line 1: a terminal of %d rows and %d columns", s.Rows, s.Cols)
	}
	if h.Timestamp > 0 && h.Timestamp < math.MaxInt32*100 {
		c.Header.Begun = time.Unix(int64(h.Timestamp), 0)
	}
	return c, nil
}

var errNoCast = errors.New("it is no asciicast file")

// Next returns the next event, io.EOF behind the last, and ErrCut if that has no end.
func (c *Reader) Next() (Event, error) {
	for {
		text, err := c.next()
		if errors.Is(err, io.EOF) {
			return Event{}, err
		}
		if line := bytes.TrimSpace(text); err == nil && (len(line) == 0 || line[0] == '#') {
			continue
		}
		e, since, bad := parseEvent(text)
		switch {
		case bad != nil && errors.Is(err, ErrCut):
			return Event{}, fmt.Errorf("line %d: %w", c.line, ErrCut)
		case err != nil && !errors.Is(err, ErrCut):
			return Event{}, err
		case bad != nil:
			return Event{}, fmt.Errorf("line %d: %w", c.line, bad)
		}
		if c.Header.Version == V3 {
			since += c.at
		}
		c.at = max(c.at, since) // time does not go back
		e.At = c.at
		return e, nil
	}
}

// next returns the next line, with ErrCut if it has no end.
func (c *Reader) next() ([]byte, error) {
	var line []byte
	c.line++
	for {
		part, err := c.r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, ErrCut
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxLine:
			return nil, fmt.Errorf("line %d is longer than %d bytes", c.line, maxLine)
		}
	}
}

func parseEvent(text []byte) (e Event, at time.Duration, err error) {
	var fields []json.RawMessage
	var s float64
	err = json.Unmarshal(text, &fields)
	if err != nil || len(fields) != 3 || json.Unmarshal(fields[0], &s) != nil || json.Unmarshal(fields[1], &e.Code) != nil || json.Unmarshal(fields[2], &e.Data) != nil {
		return e, 0, errors.New("it is no event of an asciicast")
	}
	if s < 0 || s > maxTime.Seconds() {
		return e, 0, fmt.Errorf("its time, %v seconds, makes no sense", s)
	}
	return e, seconds(s), nil
}

// maxTime bounds times, of which many are added.
const maxTime = 10 * 365 * 24 * time.Hour

func seconds(s float64) time.Duration {
	if s < 0 || s > maxTime.Seconds() || math.IsNaN(s) {
		return 0
	}
	return time.Duration(math.Round(s * float64(time.Second)))
}

// ParseSize reads the data of a Resize.
func ParseSize(data string) (Size, error) {
	var s Size
	var rest string
	if n, _ := fmt.Sscanf(data+" .", "%dx%d %s", &s.Cols, &s.Rows, &rest); n != 3 || rest != "." ||
		s.Rows <= 0 || s.Cols <= 0 || s.Rows > math.MaxUint16 || s.Cols > math.MaxUint16 {
		return Size{}, fmt.Errorf("%q is no size such as 80x24", data)
	}
	return s, nil
}

// String is the size as the data of a Resize has it.
func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Cols, s.Rows) }
