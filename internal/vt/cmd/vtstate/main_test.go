package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// state runs vtstate and decodes what it prints.
func state(t *testing.T, input string, args ...string) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := run(args, strings.NewReader(input), &out, &out); err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	return d
}

func firstLine(d map[string]any) string {
	return d["screen"].([]any)[0].(map[string]any)["t"].(string)
}

func TestState(t *testing.T) {
	d := state(t, "hello\x1b[c", "--rows", "5", "--cols", "20", "--scrollback", "10", "--replies")
	if d["rows"] != 5.0 || d["cols"] != 20.0 || firstLine(d) != "hello" {
		t.Errorf("state %v", d)
	}
	if d["replies"] != "\x1b[?62;22c" {
		t.Errorf("replies %q", d["replies"])
	}
}

func TestResizeAndCut(t *testing.T) {
	d := state(t, "abcdefgh", "--rows", "5", "--cols", "20", "--resize", "3:4x2", "--cut", "5")
	if d["rows"] != 4.0 || d["cols"] != 2.0 || firstLine(d) != "ab" {
		t.Errorf("state %v", d)
	}
	if c := d["cursor"].(map[string]any); c["row"] != 2.0 || c["wrap_pending"] != false {
		t.Errorf("cursor %v", c)
	}
}

func TestReplayLeadsToTheSameState(t *testing.T) {
	const input = "one\r\ntwo\x1b[31m\x1b[?1049hthree\x1b[?2004h\x1b[3"
	size := []string{"--rows", "5", "--cols", "20"}
	var replay bytes.Buffer
	if err := run(append(size, "--replay"), strings.NewReader(input), &replay, &replay); err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(state(t, input, size...))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(state(t, replay.String(), size...))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("after the replay\n%s\nwant\n%s", got, want)
	}
}

func TestBench(t *testing.T) {
	for _, amount := range []string{"--bench", "--bench=1"} {
		var out bytes.Buffer
		args := []string{amount, "--rows", "5", "--cols", "20", "--scrollback", "10"}
		if err := run(args, strings.NewReader("hello\r\n"), &out, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "MB per CPU second") {
			t.Errorf("%s: printed %q", amount, out.String())
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{{"--resize", "x"}, {"--nosuch"}, {"--bench"}, {"--bench=x"}, {"--bench=0"}} {
		if err := run(args, strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
