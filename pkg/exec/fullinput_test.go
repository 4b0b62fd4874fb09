package exec_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
)

// full waits until the program takes no more input. The prober only watches, so that
// what it types goes nowhere.
func full(t *testing.T, prober *exec.Attachment) {
	t.Helper()
	for end := time.Now().Add(exectest.Patience); ; time.Sleep(time.Millisecond) {
		taken, err := prober.TryTypeAt(prober.Typed(), []byte("x"), false)
		switch {
		case err != nil:
			t.Fatal(err)
		case !taken:
			return
		case time.Now().After(end):
			t.Fatal("the input queue does not fill")
		}
	}
}

// TestAttachBehindAFullInputQueue: while a paste waits for a program that does not
// read, and its client has the turn, whoever attaches is shown the screen: nothing
// that an attach needs is held by what waits. The paste arrives whole in the end.
func TestAttachBehindAFullInputQueue(t *testing.T) {
	size := exec.Size{Rows: 24, Cols: 80}
	for name, cfg := range map[string]exec.ManagerConfig{"a fake terminal": fake(), "a pty": {}} {
		t.Run(name, func(t *testing.T) {
			leaktest.Check(t)
			st := newStage(t, size, cfg)
			st.print("what the screen shows")
			paste := "\x1b[200~" + strings.Repeat("paste ", 500_000) + "\x1b[201~"
			typist, _ := st.open(exec.AttachOptions{Size: size, Client: "typist"})
			pasted := make(chan error, 1)
			go func() { pasted <- typist.TypeAt(0, []byte(paste), false) }()
			prober, _ := st.open(exec.AttachOptions{ReadOnly: true})
			full(t, prober)

			ctx, cancel := context.WithTimeout(t.Context(), exectest.Patience)
			defer cancel()
			for who, o := range map[string]exec.AttachOptions{
				"the same size":         {Size: size},
				"another size":          {Size: exec.Size{Rows: 20, Cols: 66}},
				"a size of its own":     {Size: exec.Size{Rows: 10, Cols: 50}, NoResize: true},
				"one that watches":      {Size: exec.Size{Rows: 10, Cols: 50}, ReadOnly: true},
				"history behind":        {Size: size, ScreenFirst: true},
				"nobody":                {Headless: true},
				"the typist comes back": {Size: size, Client: "typist", InputOffset: int64(len(paste))},
			} {
				out := outlet{exectest.NewSink()}
				a, err := st.m.Open(ctx, st.id, o, out)
				if err != nil {
					t.Fatalf("%s: %v", who, err)
				}
				if !bytes.Contains(a.Replay(), []byte("what the screen shows")) {
					out.WaitText(t, st.id, "what the screen shows") // in a frame
				}
				if _, err := a.Detach(ctx); err != nil {
					t.Fatalf("%s: detach: %v", who, err)
				}
			}
			full(t, prober)
			if len(pasted) > 0 {
				t.Error("the paste was taken meanwhile: this test shows nothing")
			}
			if got := st.input("\x1b[201~"); got != paste {
				t.Errorf("the program read %d bytes of %d", len(got), len(paste))
			}
			if err := <-pasted; err != nil {
				t.Errorf("the paste: %v", err)
			}
		})
	}
}
