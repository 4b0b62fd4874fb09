package vt

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// frameResize is a resize of a recording: before the byte at Offset.
type frameResize struct{ Offset, Rows, Cols int }

// frameRecording is what a frame test needs of a recording of a real program.
type frameRecording struct {
	Rows, Cols int
	Events     []frameResize
	raw        []byte
}

func loadFrameRecording(t *testing.T, meta string) frameRecording {
	t.Helper()
	text, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	var rec frameRecording
	if err := json.Unmarshal(text, &rec); err != nil {
		t.Fatalf("%s: %v", meta, err)
	}
	if rec.raw, err = os.ReadFile(strings.TrimSuffix(meta, ".json") + ".raw"); err != nil {
		t.Fatal(err)
	}
	return rec
}

// play writes the recording to a terminal, and calls at after every step bytes.
func (rec *frameRecording) play(step int, at func(t *Terminal)) {
	terminal := New(Size{rec.Rows, rec.Cols}, Config{})
	events := rec.Events
	for from := 0; from < len(rec.raw); {
		to := min(from+step, len(rec.raw))
		if len(events) > 0 && events[0].Offset <= to {
			to = max(events[0].Offset, from)
		}
		terminal.Write(rec.raw[from:to])
		if len(events) > 0 && events[0].Offset == to {
			terminal.Resize(Size{events[0].Rows, events[0].Cols})
			events = events[1:]
		}
		at(terminal)
		from = to
	}
}

func TestFramesOfRecordings(t *testing.T) {
	recordings, err := filepath.Glob("testdata/recordings/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(recordings) == 0 {
		t.Skip("no recordings in testdata")
	}
	for _, meta := range recordings {
		t.Run(strings.TrimSuffix(filepath.Base(meta), ".json"), func(t *testing.T) {
			t.Parallel()
			rec := loadFrameRecording(t, meta)
			size := Size{rec.Rows, rec.Cols}
			clients := []*frameClient{
				newFrameClient(size, FrameCaps{Sync: true}),
				newFrameClient(Size{size.Rows - 9, size.Cols - 33}, FrameCaps{}),
				newFrameClient(Size{size.Rows + 5, size.Cols + 20}, FrameCaps{}),
				newFrameClient(Size{size.Rows * 2, size.Cols / 2}, FrameCaps{}),
			}
			step := max(97, len(rec.raw)/20)
			rec.play(step, func(terminal *Terminal) {
				s := terminal.Snapshot()
				for _, c := range clients {
					c.show(t, s)
				}
			})
			for _, c := range clients {
				c.leave(t)
			}
		})
	}
}
