package exec_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// disk is a Store in memory.
type disk struct {
	mu      sync.Mutex
	data    map[string][]byte
	err     error         // of each Save
	hang    chan struct{} // not nil: Save waits until it is closed
	changed chan struct{} // closed at each change
}

func newDisk() *disk {
	return &disk{data: make(map[string][]byte), changed: make(chan struct{})}
}

func (d *disk) Save(id string, data []byte) error {
	if d.hang != nil {
		<-d.hang
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.data[id] = data
		close(d.changed)
		d.changed = make(chan struct{})
	}
	return d.err
}

func (d *disk) Remove(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.data, id)
	return nil
}

func (d *disk) IDs() (ids []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.data {
		ids = append(ids, id)
	}
	return ids, nil
}

func (d *disk) Load(id string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if data, ok := d.data[id]; ok {
		return data, nil
	}
	return nil, fs.ErrNotExist
}

// record returns what is stored of a session, nil if that is nothing.
func (d *disk) record(t *testing.T, id string) *xshpb.StoredSession {
	t.Helper()
	data, err := d.Load(id)
	if err != nil {
		return nil
	}
	var r xshpb.StoredSession
	if err := proto.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// await waits for a record that is as it should be.
func (d *disk) await(t *testing.T, id string, ok func(*xshpb.StoredSession) bool) {
	t.Helper()
	for deadline := time.After(time.Minute); ; {
		d.mu.Lock()
		changed := d.changed
		d.mu.Unlock()
		if r := d.record(t, id); r != nil && ok(r) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("stored is %v", d.record(t, id))
		}
	}
}

func storingManager(t *testing.T, store exec.Store, keeper exec.Keeper) *exec.Manager {
	l := local.New(local.Config{Grace: 50 * time.Millisecond})
	m := exec.NewManager(exec.ManagerConfig{Store: store, Keeper: keeper, Handlers: map[string]exec.Handler{l.ID(): l}})
	t.Cleanup(m.Close)
	return m
}

// begin starts a session that is kept on disk.
func begin(t *testing.T, m *exec.Manager, name string, persist exec.Persist, script string) *exec.Session {
	t.Helper()
	s, err := m.CreateSession(nil, exec.SessionOptions{
		Name: name, TTY: true, Size: small, SizePolicy: exec.SizeFixed, TTL: time.Hour, Persist: persist, Labels: map[string]string{"a": "b"},
		ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Command: []string{"/bin/sh", "-c", script},
		ResourceData: map[string]any{local.DataDir: t.TempDir(), local.DataEnv: []string{"SECRET=hunter2", "PATH=/usr/bin:/bin"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRestore: what the disk has when the machine goes down is started again, by a
// manager and by a client of one.
func TestRestore(t *testing.T) {
	for _, who := range []string{"manager", "client"} {
		t.Run(who, func(t *testing.T) {
			leaktest.Check(t)
			d := newDisk()
			first := storingManager(t, d, nil)
			was := begin(t, first, "one", exec.PersistHistory, "echo here; echo there; cat")
			if _, err := first.Wait(within(t), "one", exec.WaitOptions{For: exec.WaitText, Pattern: "there"}); err != nil {
				t.Fatal(err)
			}
			first.Preserve()
			first.Close()
			if r := d.record(t, was.ID); r == nil || strings.Contains(r.String(), "hunter2") || r.GetHistory() != "here\nthere" {
				t.Fatalf("stored %v", r)
			}
			m := storingManager(t, d, nil)
			var restorer exec.Restorer = m
			if who == "client" {
				restorer = exec.NewPluginClient(dial(t, listen(t, m)))
			}
			list, problems, err := restorer.Stored(within(t))
			if err != nil || len(list) != 1 || len(problems) != 0 || list[0].Session.Name != "one" || list[0].StoredAt.IsZero() {
				t.Fatalf("stored %+v, %q, %v", list, problems, err)
			}
			s, err := restorer.Restore(within(t), "one", exec.SessionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if s.ID != was.ID || s.Name != was.Name || s.Size != was.Size || s.SizePolicy != exec.SizeFixed || s.TTL != time.Hour || s.Labels["a"] != "b" || s.Dir != was.Dir ||
				!slices.Equal(s.Command, was.Command) || s.Persist != exec.PersistHistory {
				t.Errorf("restored %+v of %+v", s, was)
			}
			screen, err := m.Wait(within(t), "one", exec.WaitOptions{For: exec.WaitText, Pattern: `(?s)restored.*there`})
			if err != nil {
				t.Errorf("%+v, %v", screen, err)
			}
			if _, err := restorer.Restore(within(t), was.ID, exec.SessionOptions{}); !errors.Is(err, exec.ErrSessionNotFound) {
				t.Errorf("one that runs: %v", err)
			}
			if err := restorer.ForgetStored(within(t), "one"); !errors.Is(err, exec.ErrSessionNotFound) {
				t.Errorf("forget one that runs: %v", err)
			}
			next, err := restorer.RestartWith(within(t), "one", []string{"cat", "\xff"}, "/")
			if err != nil || !slices.Equal(next.RestartWith, []string{"cat", "\xff"}) || next.RestartDir != "/" {
				t.Errorf("restart with %+v, %v", next, err)
			}
			if next, err = restorer.RestartWith(within(t), "one", nil, "/"); err != nil || next.RestartWith != nil || next.RestartDir != "" {
				t.Errorf("restart as before %+v, %v", next, err)
			}
		})
	}
}

// TestPreserve: a program that the system ended a moment before it told the server
// ends with the machine; one that somebody ended, or that ended by itself, does not.
func TestPreserve(t *testing.T) {
	d := newDisk()
	m := storingManager(t, d, nil)
	ids := map[string]string{}
	for name, script := range map[string]string{
		"runs": "cat", "signalled": "kill -TERM $$", "hung-up": "kill -HUP $$", "failed": "exit 1", "faulty": "kill -SEGV $$", "closed": "cat",
	} {
		ids[name] = begin(t, m, name, exec.PersistSession, script).ID
	}
	if err := m.CloseSession(nil, "closed"); err != nil {
		t.Fatal(err)
	}
	for name, id := range ids {
		if name != "runs" {
			if _, err := m.Wait(within(t), id, exec.WaitOptions{}); err != nil {
				t.Fatal(err)
			}
			if d.record(t, id) != nil {
				t.Errorf("%s is stored though it has ended", name)
			}
		}
	}
	m.Preserve()
	m.Close()
	for name, id := range ids {
		stays := name == "runs" || name == "signalled" || name == "hung-up"
		r := d.record(t, id)
		if (r != nil) != stays {
			t.Errorf("%s is stored: %v, want %v", name, r != nil, stays)
		}
		if r != nil && (r.GetSession().GetExit() != nil || len(r.GetSession().GetCommand()) != 3) {
			t.Errorf("%s: %v", name, r)
		}
	}
}

// TestStoredByNewer: what a newer version has stored is told of and left alone.
func TestStoredByNewer(t *testing.T) {
	d := newDisk()
	m := storingManager(t, d, nil)
	newer, err := proto.Marshal(&xshpb.StoredSession{Version: 99, Session: (&exec.Session{ID: "n", Name: "new"}).ToProto()})
	if err != nil {
		t.Fatal(err)
	}
	d.Save("n", newer)
	d.Save("other", newer) // under a name that is not its own
	list, problems, err := m.Stored(nil)
	want := []string{
		`what is stored of session "n" is of version 99, this xsh reads up to 1: a newer one may restore it`,
		`what is stored of session "other" is not one of ours`,
	}
	if len(list) != 0 || err != nil || !slices.Equal(problems, want) {
		t.Errorf("%v, %q, %v", list, problems, err)
	}
	if _, err := m.Restore(within(t), "n", exec.SessionOptions{}); !errors.Is(err, exec.ErrSessionNotFound) || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("restore: %v", err)
	}
	if ids, _ := d.IDs(); len(ids) != 2 {
		t.Errorf("left %q", ids)
	}
}

// TestStoreThatFails: a disk that takes nothing, or does not answer, ends no
// session and keeps none from beginning; the session says so.
func TestStoreThatFails(t *testing.T) {
	d := newDisk()
	d.err = errors.New("no space left on device")
	m := storingManager(t, d, nil)
	s := begin(t, m, "full", exec.PersistSession, "cat")
	if s.PersistProblem != "no space left on device" {
		t.Errorf("full: %q", s.PersistProblem)
	}
	d.mu.Lock()
	d.err = nil
	d.mu.Unlock()
	if _, err := m.Label(nil, "full", map[string]string{"x": "y"}, nil); err != nil {
		t.Fatal(err)
	}
	d.await(t, s.ID, func(r *xshpb.StoredSession) bool { return r.GetSession().GetLabels()["x"] == "y" })

	hanging := newDisk()
	hanging.hang = make(chan struct{})
	m = storingManager(t, hanging, nil)
	s = begin(t, m, "hangs", exec.PersistSession, "cat")
	if s.PersistProblem != "the disk does not answer" {
		t.Errorf("hangs: %q", s.PersistProblem)
	}
	if _, err := m.Kill(within(t), "hangs", exec.StreamSignalNone); err != nil {
		t.Errorf("kill: %v", err)
	}
	close(hanging.hang)
	m.Close()
	if hanging.record(t, s.ID) != nil {
		t.Error("stored though it has ended")
	}

	m = storingManager(t, nil, nil)
	if s = begin(t, m, "none", exec.PersistHistory, "cat"); !strings.HasPrefix(s.PersistProblem, "there is no directory for it") {
		t.Errorf("no store: %q", s.PersistProblem)
	}
	if list, problems, err := m.Stored(nil); list != nil || problems != nil || err != nil {
		t.Errorf("no store: %v, %q, %v", list, problems, err)
	}
	_, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: local.Plugin, ResourceKey: local.Resource, Persist: "all"})
	if !errors.Is(err, exec.ErrTerminalError) {
		t.Errorf("an unknown kind: %v", err)
	}
}

// TestStoredHistoryIsBounded: the newest lines, whole ones, without what stands on
// an alternate screen.
func TestStoredHistoryIsBounded(t *testing.T) {
	d := newDisk()
	m := storingManager(t, d, nil)
	line := strings.Repeat("x", 30)
	s := begin(t, m, "much", exec.PersistHistory,
		fmt.Sprintf(`i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo "$i %s"; done; printf '\033[?1049haway'; cat`, line))
	if _, err := m.Wait(within(t), "much", exec.WaitOptions{For: exec.WaitText, Pattern: "away"}); err != nil {
		t.Fatal(err)
	}
	m.Preserve()
	h := d.record(t, s.ID).GetHistory()
	lines := strings.Split(h, "\n")
	if len(h) > 256<<10 || len(h) < 200<<10 || lines[len(lines)-1] != "9000 "+line || !strings.HasSuffix(lines[0], " "+line) || strings.Contains(h, "away") {
		t.Errorf("%d bytes, from %.20q to %q", len(h), lines[0], lines[len(lines)-1])
	}
}

// TestStoredAcrossServers: who has adopted a session goes on to store it, and who has
// handed it over stores it no more. Those that no manager could adopt are not for a
// restore.
func TestStoredAcrossServers(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	d := newDisk()
	first := storingManager(t, d, h)
	s := begin(t, first, "one", exec.PersistSession, "cat")
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	if _, err := first.RestartWith(nil, "one", []string{"cat", "-u"}, "/"); err != nil {
		t.Fatal(err)
	}
	first.Suspend()
	first.Abandon()
	d.Remove(s.ID) // to see who stores it
	first.Preserve()
	if d.record(t, s.ID) != nil {
		t.Error("the server before has stored it")
	}
	second := storingManager(t, d, h)
	if errs := second.Adopt(h.all()); len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := second.Rename(nil, "one", "two"); err != nil {
		t.Fatal(err)
	}
	d.await(t, s.ID, func(r *xshpb.StoredSession) bool { return r.GetSession().GetName() == "two" })
	r := d.record(t, s.ID)
	if diff := cmp.Diff([][]byte{[]byte("cat"), []byte("-u")}, r.GetSession().GetRestartWith()); diff != "" {
		t.Errorf("stored %v", r)
	}
	third := storingManager(t, d, aside{h, s.ID})
	if list, problems, err := third.Stored(nil); len(list)+len(problems) != 0 || err != nil {
		t.Errorf("set aside: %v, %q, %v", list, problems, err)
	}
	second.Preserve()
}

// aside is a keeper that has a session that no manager could adopt.
type aside struct {
	*holder
	id string
}

func (a aside) SetAside() []string { return []string{a.id} }
