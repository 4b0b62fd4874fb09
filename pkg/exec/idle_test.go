package exec_test

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// BenchmarkIdleSessions tells what a session costs while nothing happens, with
// a shell's prompt on its screen.
func BenchmarkIdleSessions(b *testing.B) {
	for b.Loop() {
		const sessions = 1000
		before, goroutines := residentKB(b), runtime.NumGoroutine()
		stages := make([]*stage, sessions)
		for i := range stages {
			stages[i] = newStage(b, exec.Size{Rows: 24, Cols: 80}, exec.ManagerConfig{})
			stages[i].write([]byte("\x1b]0;user@host: ~\a\x1b[01;32muser@host\x1b[00m:\x1b[01;34m~\x1b[00m$ "))
		}
		for _, st := range stages {
			st.settle()
		}
		runtime.GC()
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/sessions, "goroutines/session")
		debug.FreeOSMemory()
		b.ReportMetric(float64(residentKB(b)-before)/1024, "MB/1000_sessions")
		b.ReportMetric(0, "ns/op")
		for _, st := range stages {
			st.m.Close()
		}
	}
}

// residentKB is the memory that this process has, as Linux tells it.
func residentKB(b *testing.B) int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		b.Skip("no /proc")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			var kb int
			fmt.Sscan(text, &kb)
			return kb
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
