package main

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// momentFlag is a flag that takes a place in a session's output: an offset, a time
// of day or a date, or how long ago that was.
type momentFlag struct {
	text   string
	offset *int64
	time   time.Time
}

// momentHelp tells what such a flag takes, for the help of commands that have one.
const momentHelp = `MOMENT is how long ago it was, such as -5m or -1h30m; a time, such as 14:05,
14:05:30, "2006-01-02 15:04" or 2006-01-02T15:04:05Z; or an offset of the
output, a whole number, as xsh capture -o json and xsh events tell it.`

// given tells whether the flag was set.
func (m *momentFlag) given() bool { return m.text != "" }

// String implements pflag.Value.
func (m *momentFlag) String() string { return m.text }

// Type implements pflag.Value.
func (m *momentFlag) Type() string { return "moment" }

// Set implements pflag.Value.
func (m *momentFlag) Set(text string) error {
	at, err := parseMoment(text, time.Now())
	if err != nil {
		return withHint(err, `want -5m, 14:05, "2006-01-02 15:04" or an offset of the output`)
	}
	*m = at
	return nil
}

func parseMoment(text string, now time.Time) (momentFlag, error) {
	m := momentFlag{text: text}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 && text[0] != '+' {
		m.offset = &n
		return m, nil
	}
	if d, err := time.ParseDuration(strings.TrimPrefix(text, "-")); err == nil && d >= 0 && text[0] != '+' {
		m.time = now.Add(-d)
		return m, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			m.time = t
			return m, nil
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			m.time = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, now.Location())
			if m.time.After(now) { // of yesterday
				m.time = m.time.AddDate(0, 0, -1)
			}
			return m, nil
		}
	}
	return momentFlag{}, errors.New("bad moment " + strconv.Quote(text))
}

// momentText is a time as xsh prints it beside output, to the tenth of a second that
// is known.
func momentText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02T15:04:05.0Z07:00")
}
