package exec

import (
	"os"
	"reflect"
	"testing"

	"github.com/creack/pty"
	"google.golang.org/protobuf/proto"

	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

func TestBytesCrossTheWire(t *testing.T) {
	o := SessionOptions{
		Command: []string{"a", "\xff\xfe"},
		Pixels:  Pixels{Width: 640, Height: 480},
		ResourceData: map[string]any{
			"dir": "/d\xfcr", "env": []string{"A=1", "B=\xe4"}, "any": []any{"\xf6"}, "one": []string{"\xdf"},
			"text": "täxt", "n": 7.0, "mixed": []any{"x", 1.0},
		},
	}
	p, err := o.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	data, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	got := &execpb.SessionOptions{}
	if err := proto.Unmarshal(data, got); err != nil {
		t.Fatal(err)
	}
	want := o
	want.ResourceData = map[string]any{
		"dir": "/d\xfcr", "env": []any{"A=1", "B=\xe4"}, "any": []any{"\xf6"}, "one": []any{"\xdf"},
		"text": "täxt", "n": 7.0, "mixed": []any{"x", 1.0},
	}
	if back := *NewSessionOptionsFromProto(got); !reflect.DeepEqual(back, want) {
		t.Errorf("got %+v, want %+v", back, want)
	}
	if got.GetCommand()[1] != "\uFFFD" {
		t.Errorf("who does not know of bytes is told %q", got.GetCommand())
	}
	s := &Session{Command: []string{"\xff"}, TTY: "1:2:3", Stopped: true}
	if data, err = proto.Marshal(s.ToProto()); err != nil {
		t.Fatal(err)
	}
	back := &execpb.Session{}
	if err := proto.Unmarshal(data, back); err != nil {
		t.Fatal(err)
	}
	if got := NewSessionFromProto(back); !reflect.DeepEqual(got.Command, s.Command) || got.TTY != s.TTY || !got.Stopped {
		t.Errorf("got %+v", got)
	}
}

func TestTerminalID(t *testing.T) {
	_, one, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.OpenFile(one.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	id := func(f *os.File) string {
		id, err := TerminalID(f)
		if err != nil {
			t.Error(err)
		}
		return id
	}
	if id(one) != id(again) || id(one) == id(two) {
		t.Errorf("%s, opened again %s, another %s", id(one), id(again), id(two))
	}
	if id, err := TerminalID(os.Stdin); err == nil && id == "" {
		t.Error("an empty one")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := TerminalID(r); err == nil {
		t.Error("a pipe is a terminal")
	}
	for _, f := range []*os.File{one, two, again} {
		f.Close()
	}
}
