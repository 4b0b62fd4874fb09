package vt

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestAttach replays at hundreds of offsets of each recording into a fresh
// terminal, which must then hold what the first one holds; the rest of the
// recording goes to both, and they must agree again.
func TestAttach(t *testing.T) {
	for _, rec := range readRecordings(t) {
		t.Run(rec.Name, func(t *testing.T) {
			points := attachPoints(&rec)
			end := New(Size{rec.Rows, rec.Cols}, Config{})
			rec.play(end, 0, len(rec.raw))
			last := end.Snapshot()
			whole := New(Size{rec.Rows, rec.Cols}, Config{})
			at, failed := 0, 0
			for _, offset := range points {
				rec.play(whole, at, offset)
				at = offset
				if !checkAttach(t, &rec, whole.Snapshot(), last, offset) {
					failed++
				}
				if failed == 3 {
					t.Fatalf("%d offsets were to be tried", len(points))
				}
			}
		})
	}
}

// attachPoints are the golden cuts and pointsPerRecording offsets more, not quite
// evenly spread, so that they fall on all kinds of bytes.
func attachPoints(rec *recording) []int {
	var points []int
	for _, c := range rec.Cuts {
		points = append(points, c.Offset)
	}
	for i := range pointsPerRecording {
		points = append(points, (len(rec.raw)*i+i*i%97)/pointsPerRecording)
	}
	for _, e := range rec.Events {
		points = append(points, e.Offset, min(e.Offset+1, len(rec.raw)))
	}
	slices.Sort(points)
	return slices.Compact(points)
}

func checkAttach(t *testing.T, rec *recording, now, last *Snapshot, offset int) bool {
	replay := now.AppendReplay(nil, ReplayOptions{})
	fresh := New(now.Size(), Config{Effects: silent(t)})
	fresh.Write(replay)
	ok := report(t, offset, "now", diffSnapshots(now, fresh.Snapshot()))
	fresh.cfg.Effects = Effects{}
	rec.play(fresh, offset, len(rec.raw))
	return report(t, offset, "later", diffSnapshots(last, fresh.Snapshot())) && ok
}

// used is what a terminal may have been through before an attach: text, and modes
// that whoever set them forgot. Not in it: colours, the cursor's shape and key
// encodings, which are the user's own unless the session sets them.
const used = "old content\r\n\x1b[31;1;44mold content\r\n\x1b[?1h\x1b=\x1b[?1003h\x1b[?1006h\x1b[?2004h\x1b[?1004h" +
	"\x1b[4h\x1b[20h\x1b[?5h\x1b[?45h\x1b[?69h\x1b[2;9s\x1b[5;10r\x1b[?6h\x1b)0\x1b(0\x0e\x1b[?25l\x1b[?7l\x1b[3g" +
	"\x1b[1\"q\x1b]8;;http://old/\x1b\\\x1b]2;old title\a\x1b7\x1b]2;unfinished"

// TestAttachUsed attaches with terminals that are not fresh, at the golden cuts.
func TestAttachUsed(t *testing.T) {
	for _, rec := range readRecordings(t) {
		t.Run(rec.Name, func(t *testing.T) {
			for _, cut := range rec.Cuts {
				first := New(Size{rec.Rows, rec.Cols}, Config{})
				rec.play(first, 0, cut.Offset)
				now := first.Snapshot()
				attached := New(now.Size(), Config{})
				attached.Write([]byte(used))
				attached.Write(now.AppendReplay(nil, ReplayOptions{}))
				d := snapshotDiff{want: now, got: attached.Snapshot(), above: true}
				d.all()
				report(t, cut.Offset, "used", d.out)
				for i, l := range d.got.History(0, 2) {
					if !strings.Contains(l.Text(), "old content") {
						t.Errorf("line %d of what the terminal showed is now %q", i, l.Text())
					}
				}
			}
		})
	}
}

// silent are effects that must not come from a replay.
func silent(t *testing.T) Effects {
	return Effects{
		Reply: func(answer []byte) { t.Errorf("the replay asks: %q", answer) },
		Bell:  func() { t.Error("the replay rings the bell") },
	}
}

func report(t *testing.T, offset int, when string, problems []string) bool {
	t.Helper()
	if len(problems) > 0 {
		t.Errorf("attached at %d (offset, or line of the script), %s:\n%s", offset, when, clippedTo(problems))
	}
	return len(problems) == 0
}

// clipped joins the first problems; those of a flood would fill the screen.
func clippedTo(problems []string) string {
	var b strings.Builder
	for _, p := range problems[:min(5, len(problems))] {
		b.WriteString(p[:min(700, len(p))] + "\n")
	}
	return b.String()
}

// TestAttachConformance attaches after every byte of every conformance script.
func TestAttachConformance(t *testing.T) {
	files, _ := filepath.Glob("testdata/conformance/*.txt")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			for _, c := range readConformance(t, file) {
				attachToScript(t, c)
			}
		})
	}
}

// attachToScript writes the script to one terminal and attaches after every byte.
// Each terminal so made gets the rest of the script, and must end as the first.
func attachToScript(t *testing.T, c conformanceCase) {
	end := New(c.size, Config{})
	runFrom(end, c.steps, "")
	last := end.Snapshot()
	whole := New(c.size, Config{})
	for i, s := range c.steps {
		input, _, _ := s.input()
		if s.word == "resize" {
			runFrom(whole, c.steps[i:i+1], "")
		}
		stride := attachEvery + len(input)/200 // a flood is not looked at byte by byte
		for at := 0; at < len(input); at += stride {
			next := min(at+stride, len(input))
			whole.Write([]byte(input[at:next]))
			now := whole.Snapshot()
			fresh := New(now.Size(), Config{Effects: silent(t)})
			fresh.Write(now.AppendReplay(nil, ReplayOptions{}))
			problems := diffSnapshots(now, fresh.Snapshot())
			if len(problems) == 0 {
				fresh.cfg.Effects = Effects{}
				runFrom(fresh, c.steps[i+1:], input[next:])
				problems = diffSnapshots(last, fresh.Snapshot())
			}
			if !report(t, s.line, "after "+strconv.Quote(input[max(0, next-80):next]), problems) {
				return
			}
		}
	}
}

// runFrom writes rest and what the steps write.
func runFrom(term *Terminal, steps []step, rest string) {
	term.Write([]byte(rest))
	for _, s := range steps {
		if input, ok, _ := s.input(); ok {
			term.Write([]byte(input))
		}
		if s.word == "resize" {
			size, _ := s.ints("x", 2)
			term.Resize(Size{size[0], size[1]})
		}
	}
}
