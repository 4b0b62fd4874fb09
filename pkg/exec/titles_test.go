package exec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/termreset"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
)

// TestTitleGoesWithItsProgram has a program that pushed the user's title set its own,
// and its client be drawn the screen anew in the midst of what the program prints. When
// the program pops the title again, the user's is there, as it is after a detach.
func TestTitleGoesWithItsProgram(t *testing.T) {
	clock := exectest.NewClock(time.Now())
	for name, disturb := range map[string]func(*stage, *viewer){
		"the client's size changes while a screen crosses": func(st *stage, v *viewer) {
			v.stop()
			for range 64 { // more than is on its way at once: it is told of the size later
				st.print("\r\n")
			}
			v.resize(small)
			st.print("\x1b[2Jdrawn for the new size")
			v.gate.Unlock()
			v.waitShows(small)
		},
		"what it has not seen is no longer held": func(st *stage, v *viewer) {
			v.gate.Lock()
			for range 8 {
				st.print(strings.Repeat("x", 64<<10) + "\r\n")
			}
			v.gate.Unlock()
			v.waitShows(large)
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fake()
			cfg.Clock, cfg.Settings = clock, settings.Map{exec.SettingBufferBytes: 64 << 10}
			st := newStage(t, large, cfg)
			st.print("\x1b[22;0t\x1b]2;the program's\a")
			v := st.view("v", large)
			v.term.Write([]byte("\x1b]2;the user's\a" + termreset.Begin))
			v.attach(exec.AttachOptions{Size: large, SyncOutput: true})
			st.print(" ") // its stream is read from here on
			v.waitAt(st.written)
			disturb(st, v)
			st.print("\x1b[23;0tended")
			v.waitText("ended")
			if title := v.snapshot().Title(); title != "the user's" {
				t.Errorf("behind the program the title is %q", title)
			}
			v.leave()
			v.term.Write([]byte(termreset.End))
			if title := v.snapshot().Title(); title != "the user's" {
				t.Errorf("behind the detach the title is %q", title)
			}
		})
	}
}
