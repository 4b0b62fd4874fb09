package exec_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// TestNoTextIsLost: what was printed is found, whatever came behind it and however much,
// before anybody looked; and nothing is found that was not printed.
func TestNoTextIsLost(t *testing.T) {
	plain := strings.Repeat("the quick brown fox jumps over the lazy dog\r\n", 4000)
	colours := strings.Repeat("\x1b[32mthe quick\x1b[0m \x1b(B\x1b[mbrown fox\x1b[K\r\n", 3000)
	for name, behind := range map[string]string{
		"a flood":          plain,
		"colours":          colours,
		"titles":           strings.Repeat("\x1b]2;a title\a\x1b]133;A\x1b\\line\r\n", 5000),
		"empty lines":      strings.Repeat("\n", 100000),
		"one line":         strings.Repeat("word ", 30000),
		"scrolling":        strings.Repeat("\x1b[99S", 3000) + plain,
		"erasing":          "\x1b[2J" + plain,
		"clearing it":      "\x1bc" + plain,
		"its line":         "\r\x1b[K" + plain,
		"another screen":   "\x1b[?1049h" + plain,
		"writing over it":  "\x1b[H" + strings.Repeat("x", 200) + plain,
		"nothing":          "",
		"wide characters":  strings.Repeat("漢字", 10000),
		"returns and all":  strings.Repeat("progress\r", 1000) + plain,
		"a sequence alone": "\x1b[3" + "1m" + plain,
	} {
		t.Run(name, func(t *testing.T) {
			for _, before := range []string{"", plain, colours, strings.Repeat("\n", 50000)} {
				st := newStage(t, small, fake())
				st.print(before)
				at := st.written
				st.print("a nee")
				st.print("dle lies here\r\n" + behind)
				st.end <- nil
				w, err := st.m.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: `^a (needle) lies`, Since: new(int64)})
				if err != nil || w.Match != "a needle lies" || w.Offset < at {
					t.Fatalf("behind %d bytes: %+v, %v", len(before), w, err)
				}
				_, err = st.m.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: `^b (needle)? lies`, Since: new(int64)})
				if !errors.Is(err, exec.ErrSessionClosed) {
					t.Fatalf("what was not printed: %v", err)
				}
			}
		})
	}
}

// TestTextIsFoundWhereverItIsCut: what comes in pieces of any length is found like what
// comes at once, at about the same place.
func TestTextIsFoundWhereverItIsCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var all bytes.Buffer
	for i := range 3000 {
		switch rng.IntN(8) {
		case 0:
			fmt.Fprintf(&all, "\x1b[%dm", 30+rng.IntN(8))
		case 1:
			fmt.Fprintf(&all, "\x1b]2;%d\a", i)
		}
		fmt.Fprintf(&all, "line %d of many\x1b[m\r\n", i)
	}
	st := newStage(t, small, fake())
	type found struct {
		n   int
		w   *exec.Waited
		err error
	}
	results := make(chan found)
	const waits = 8
	for i := range waits {
		n := i * 3000 / waits
		go func() {
			w, err := st.m.Wait(within(t), st.id, exec.WaitOptions{
				For: exec.WaitText, Pattern: fmt.Sprintf(`line %d of m[a]ny$`, n), Since: new(int64),
			})
			results <- found{n, w, err}
		}()
	}
	for data := all.Bytes(); len(data) > 0; {
		n := min(len(data), 1+rng.IntN(9000))
		st.write(data[:n])
		data = data[n:]
	}
	for range waits {
		f := <-results
		if f.err != nil || f.w.Match != fmt.Sprintf("line %d of many", f.n) {
			t.Errorf("line %d: %+v, %v", f.n, f.w, f.err)
		}
	}
}

// TestBlanksOfALine: a line that was wrapped keeps the blanks where it was, and has none
// at its end, but for those before the cursor.
func TestBlanksOfALine(t *testing.T) {
	st := newStage(t, exec.Size{Rows: 4, Cols: 10}, fake())
	st.print("four five six\r\nend   \r\nname:  ")
	for pattern, want := range map[string]string{
		`four five six$`: "four five six", // wrapped behind a blank
		`^end$`:          "end",
		`name:  $`:       "name:  ",
	} {
		w, err := st.m.Wait(within(t), st.id, exec.WaitOptions{For: exec.WaitText, Pattern: pattern})
		if err != nil || w.Match != want {
			t.Errorf("%q: %+v, %v", pattern, w, err)
		}
	}
}
