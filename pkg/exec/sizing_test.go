package exec_test

import (
	"errors"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// What size a session has among its clients, as they come, type, take other sizes and
// go, by each policy.
func TestSizePolicy(t *testing.T) {
	low, tall := exec.Size{Rows: 10, Cols: 80}, exec.Size{Rows: 30, Cols: 40}
	for policy, want := range map[exec.SizePolicy][6]exec.Size{
		//                 low    and tall, low types                                low is 12x90           tall leaves
		"":                {low, tall, low, {Rows: 12, Cols: 90}, {Rows: 12, Cols: 90}, {Rows: 12, Cols: 90}},
		exec.SizeLeader:   {low, tall, low, {Rows: 12, Cols: 90}, {Rows: 12, Cols: 90}, {Rows: 12, Cols: 90}},
		exec.SizeLargest:  {low, {Rows: 30, Cols: 80}, {Rows: 30, Cols: 80}, {Rows: 30, Cols: 90}, {Rows: 12, Cols: 90}, {Rows: 12, Cols: 90}},
		exec.SizeSmallest: {low, {Rows: 10, Cols: 40}, {Rows: 10, Cols: 40}, {Rows: 12, Cols: 40}, {Rows: 12, Cols: 90}, {Rows: 12, Cols: 90}},
		exec.SizeFixed:    {small, small, small, small, small, small},
	} {
		t.Run(string(policy), func(t *testing.T) {
			st := newStageOf(t, exec.SessionOptions{Size: small, SizePolicy: policy}, fake())
			watch, fits := st.view("watch", large), st.view("fits", large)
			watch.attach(exec.AttachOptions{Size: large, ReadOnly: true})
			fits.attach(exec.AttachOptions{Size: large, NoResize: true})
			a, b := st.view("a", low), st.view("b", tall)
			a.attach(exec.AttachOptions{Size: low})
			got := [6]exec.Size{st.size()}
			b.attach(exec.AttachOptions{Size: tall})
			got[1] = st.size()
			a.typeBytes([]byte("x"))
			st.input("x")
			got[2] = st.size()
			a.resize(exec.Size{Rows: 12, Cols: 90})
			got[3] = st.size()
			st.print("\x1b[Htext\x1b[3;3H")
			a.waitShows(exec.Size{Rows: 12, Cols: 90})
			b.waitShows(tall)
			watch.waitShows(large)
			b.leave()
			got[4] = st.size()
			a.leave()
			got[5] = st.size()
			if got != want {
				t.Errorf("sizes %v, want %v", got, want)
			}
		})
	}
}

// A policy can be changed while clients are attached, and another size be given.
func TestSetSizePolicy(t *testing.T) {
	st := newStage(t, small, fake())
	a, b := st.view("a", small), st.view("b", large)
	a.attach(exec.AttachOptions{Size: small})
	b.attach(exec.AttachOptions{Size: large})
	for _, c := range []struct {
		policy exec.SizePolicy
		want   exec.Size
	}{{exec.SizeSmallest, small}, {exec.SizeLargest, large}, {exec.SizeFixed, large}, {exec.SizeSmallest, small}, {exec.SizeLeader, large}} {
		s, err := st.m.SetSizePolicy(nil, st.id, c.policy)
		if err != nil || s.SizePolicy != c.policy || s.Size != c.want {
			t.Errorf("%s: %+v, %v; want %v", c.policy, s, err, c.want)
		}
	}
	if _, err := st.m.SetSizePolicy(nil, st.id, exec.SizeFixed); err != nil {
		t.Error(err)
	}
	other := exec.Size{Rows: 7, Cols: 70}
	if err := st.m.ResizeSession(nil, st.id, 7, 70); err != nil || st.size() != other {
		t.Errorf("a kept size is %v when another was asked for, %v", st.size(), err)
	}
	a.typeBytes([]byte("x"))
	st.input("x")
	if st.size() != other {
		t.Errorf("a kept size is %v when somebody has typed", st.size())
	}

	if _, err := st.m.SetSizePolicy(nil, st.id, "some"); !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("an unknown policy: %v", err)
	}
	if _, err := st.m.SetSizePolicy(nil, "nosuch", exec.SizeFixed); !errors.Is(err, exec.ErrSessionNotFound) {
		t.Errorf("of no session: %v", err)
	}
	st.end <- nil
	a.waitClosed()
	if _, err := st.m.SetSizePolicy(nil, st.id, exec.SizeLeader); !errors.Is(err, exec.ErrSessionClosed) {
		t.Errorf("of an ended session: %v", err)
	}
}
