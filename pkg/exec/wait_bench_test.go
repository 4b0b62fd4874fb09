package exec_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// BenchmarkFloodBesideWait prints through a terminal while somebody waits for a text that
// never comes, or nobody.
func BenchmarkFloodBesideWait(b *testing.B) {
	texts := map[string]string{
		"lines": "the quick brown fox jumps over the lazy dog and the quick brown fox is gone now\r\n",
		"short": "y\r\n",
	}
	for name, line := range texts {
		text := bytes.Repeat([]byte(line), 4<<20/len(line))
		for _, pattern := range []string{"", "never there", `^never \w+$`, `[xz]{3}`} {
			b.Run(name+" "+pattern, func(b *testing.B) {
				st := newStage(b, exec.Size{Rows: 24, Cols: 80}, exec.ManagerConfig{})
				ctx, cancel := context.WithCancel(b.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					if pattern != "" {
						st.m.Wait(&types.PluginContext{Context: ctx}, st.id, exec.WaitOptions{For: exec.WaitText, Pattern: pattern})
					}
				}()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if _, err := io.Copy(st.tty, bytes.NewReader(text)); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				cancel()
				<-done
			})
		}
	}
}
