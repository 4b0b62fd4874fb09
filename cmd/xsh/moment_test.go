package main

import (
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	zone := time.FixedZone("", 3600)
	now := time.Date(2026, 3, 4, 12, 30, 0, 0, zone)
	offset := int64(-1)
	for text, want := range map[string]any{
		"0":                         int64(0),
		"123":                       int64(123),
		"-5m":                       now.Add(-5 * time.Minute),
		"1h30m":                     now.Add(-90 * time.Minute),
		"12:29":                     time.Date(2026, 3, 4, 12, 29, 0, 0, zone),
		"12:31":                     time.Date(2026, 3, 3, 12, 31, 0, 0, zone),
		"01:02:03":                  time.Date(2026, 3, 4, 1, 2, 3, 0, zone),
		"2026-01-02":                time.Date(2026, 1, 2, 0, 0, 0, 0, zone),
		"2026-01-02 15:04":          time.Date(2026, 1, 2, 15, 4, 0, 0, zone),
		"2026-01-02T15:04:05":       time.Date(2026, 1, 2, 15, 4, 5, 0, zone),
		"2026-01-02T15:04:05Z":      time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC),
		"2026-01-02T15:04:05+02:00": time.Date(2026, 1, 2, 13, 4, 5, 0, time.UTC),
		"-5":                        nil, "+5": nil, "--5m": nil, "": nil, "5x": nil, "25:00": nil, "2026-13-01": nil, "yesterday": nil, "9e9": nil,
	} {
		got, err := parseMoment(text, now)
		switch want := want.(type) {
		case nil:
			if err == nil {
				t.Errorf("%q is %+v", text, got)
			}
		case int64:
			offset = -1
			if got.offset != nil {
				offset = *got.offset
			}
			if err != nil || offset != want {
				t.Errorf("%q: offset %d, %v", text, offset, err)
			}
		case time.Time:
			if err != nil || !got.time.Equal(want) || got.offset != nil {
				t.Errorf("%q: %v, %v, want %v", text, got.time, err, want)
			}
		}
	}
}
