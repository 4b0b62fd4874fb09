package exec_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/settings"
)

// A leader that is drawn frames has what the program does beside its screen: in order,
// once, and whole. A follower has no part in it.
func TestAsidesReachTheLeaderInFrames(t *testing.T) {
	st := newStage(t, small, fake())
	long := strings.Repeat("QUJD", 8<<10)
	st.print("\a\x1b]52;c;b2xk\a") // before anybody came
	a, b := st.view("a", large), st.view("b", large)
	a.attach(exec.AttachOptions{Size: large, NoResize: true})
	b.attach(exec.AttachOptions{Size: large, ReadOnly: true})
	st.print("\x1b]52;c;" + long + "\a\x1b]777;notify;a;b\x1b\\\a\x1b]99;i=1;c\x1b\\\x1b]9;4;1;50\a\x1b]52;c;?\aend")
	a.waitShows(large)
	b.waitShows(large)
	a.waitText("\x1b]52;c;" + long + "\x1b\\\x1b]777;notify;a;b\x1b\\\a\x1b]99;i=1;c\x1b\\")
	a.waitText("\x1b]9;4;1;50\x1b\\")
	b.waitText("\x1b]9;4;1;50\x1b\\")

	// Back at the session's size, what came in between is there once.
	a.resize(small)
	a.waitShows(small)
	st.print("\x1b]52;p;bmV3\adone")
	a.waitText("\x1b]52;p;bmV3") // as it was printed, or beside the screen if that is still on its way
	a.waitText("done")
	a.leave()
	b.leave()
	if n := bytes.Count(a.text, []byte("\x1b]52;")); n != 2 || bytes.Count(a.text, []byte("notify;")) != 1 {
		t.Errorf("the leader had %d clipboards: %.2000q", n, a.text)
	}
	for _, text := range []string{"\x1b]52;", "notify", "\x1b]99;", "\x07"} {
		if bytes.Contains(b.text, []byte(text)) {
			t.Errorf("the follower had %q", text)
		}
	}
}

// A follower that tails the log has what the program printed but for the clipboard,
// however it is cut; who leads changes with who types.
func TestClipboardIsTheLeaders(t *testing.T) {
	for policy, may := range map[string][2]bool{
		"": {true, false}, exec.ClipboardLeader: {true, false}, exec.ClipboardAll: {true, true}, exec.ClipboardNone: {false, false},
	} {
		cfg := fake()
		if policy != "" {
			cfg.Settings = settings.Map{exec.SettingClipboard: policy}
		}
		st := newStage(t, small, cfg)
		follower, leader := st.view("follower", small), st.view("leader", small)
		follower.attach(exec.AttachOptions{Size: small})
		leader.attach(exec.AttachOptions{Size: small})
		for _, piece := range []string{"\x1b", "]5", "2;c", ";QUJD\a", "\x1b]052;c;QUJD\x1b\\"} {
			st.print(piece)
			follower.waitAt(st.written)
		}
		st.print("52;c;end")
		for i, v := range []*viewer{leader, follower} {
			v.waitText("52;c;end")
			if got := bytes.Contains(v.text, []byte("\x1b]52;c;QUJD\a\x1b]052;c;QUJD\x1b\\")); got != may[i] {
				t.Errorf("%q: %s: %q", policy, v.name, v.text)
			}
		}
		follower.typeBytes([]byte("x"))
		st.input("x")
		st.print("\x1b]52;c;WFla\a.")
		for i, v := range []*viewer{follower, leader} {
			v.waitText("WFla\a.")
			if got := bytes.Contains(v.text, []byte("\x1b]52;c;WFla")); got != may[i] {
				t.Errorf("%q: when the other has typed, %s: %q", policy, v.name, v.text)
			}
		}
	}
}
