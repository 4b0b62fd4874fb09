package exec_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// recording is what a real program printed; internal/vt tells more of them.
type recording struct {
	name string
	size exec.Size
	raw  []byte
}

// recordings returns those without a change of size.
func recordings(t testing.TB) []recording {
	t.Helper()
	const dir = "../../internal/vt/testdata/recordings/"
	files, err := filepath.Glob(dir + "*.raw")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	var recs []recording
	for _, file := range files {
		var meta struct {
			Rows, Cols int
			Events     []any
		}
		text, err := os.ReadFile(strings.TrimSuffix(file, ".raw") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &meta); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(meta.Events) == 0 {
			name := strings.TrimSuffix(filepath.Base(file), ".raw")
			recs = append(recs, recording{name, exec.Size{Rows: meta.Rows, Cols: meta.Cols}, raw})
		}
	}
	return recs
}

// sameState fails unless the two terminals are in the same state.
func sameState(t testing.TB, what string, want, got *vt.Snapshot) {
	t.Helper()
	if diff := stateDiff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func stateDiff(want, got *vt.Snapshot) string {
	a, b := want.Describe(true), got.Describe(true)
	for _, d := range []map[string]any{a, b} {
		// What the first line of all goes on from is not there any more.
		for _, part := range []string{"scrollback", "screen"} {
			lines := d[part].([]map[string]any)
			if len(lines) > 0 {
				delete(lines[0], "w")
			}
		}
	}
	return cmp.Diff(a, b)
}

// whole is a terminal that saw all the output.
func whole(size exec.Size, output []byte) *vt.Snapshot {
	term := vt.New(vt.Size(size), vt.Config{})
	term.Write(output)
	return term.Snapshot()
}

func TestReplayContinuesWithTheStream(t *testing.T) {
	for i, rec := range recordings(t) {
		t.Run(rec.name, func(t *testing.T) {
			cfg := fake()
			if i%4 == 0 {
				cfg = exec.ManagerConfig{} // a real pty
			}
			replayAndStream(t, newStage(t, rec.size, cfg), rec.size, rec.raw, rand.New(rand.NewPCG(1, uint64(i))))
		})
	}
}

func TestReplayOfRandomOutput(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(2, seed))
		size := exec.Size{Rows: 5 + rng.IntN(20), Cols: 10 + rng.IntN(80)}
		replayAndStream(t, newStage(t, size, fake()), size, randomOutput(rng, size, 20_000), rng)
	}
}

// replayAndStream writes output in pieces; clients attach and detach between
// them. Each that is there at its end must show what the session does.
func replayAndStream(t *testing.T, st *stage, size exec.Size, output []byte, rng *rand.Rand) {
	var there []*viewer
	names := 0
	attach := func() {
		names++
		v := st.view(fmt.Sprint("client", names), size)
		v.attach(exec.AttachOptions{
			Size: size, ReadOnly: rng.IntN(2) == 0, ScreenFirst: rng.IntN(2) == 0, SyncOutput: rng.IntN(2) == 0,
		})
		there = append(there, v)
	}
	for rest := output; len(rest) > 0; {
		n := min(len(rest), 1+rng.IntN(1+len(output)/12))
		st.write(rest[:n])
		rest = rest[n:]
		switch k := rng.IntN(4); {
		case k < 2 && len(there) < 8:
			attach()
		case k == 2 && len(there) > 0:
			i := rng.IntN(len(there))
			there[i].leave()
			there = append(there[:i], there[i+1:]...)
		}
	}
	attach()
	snap := st.settle()
	sameState(t, "the session and a terminal that saw all", whole(size, output), snap)
	for _, v := range there {
		v.waitSame(snap)
	}
}
