package jsonedit

import (
	"encoding/json"
	"strings"
	"testing"
)

var (
	stop  = Edit{"hooks", "Stop", `{"hooks": [{"type": "command", "command": "a"}]}`}
	start = Edit{"hooks", "Start", `{"hooks": [{"type": "command", "command": "b"}]}`}
)

// What was added is taken away to the byte, whatever stood there before.
func TestAddAndRemove(t *testing.T) {
	for _, text := range []string{
		"{}", "{ }\n", "{\n}\n", `{"model": "x"}`, "{\n\t\"n\": 1.50e1,\n\t\"model\" : \"a\\\"}{\"\n}\n",
		`{"hooks": {}}`, `{"hooks":{"Stop":[]}}`, `{"z": [1, {"hooks": 2}], "hooks": {"Stop": [{"matcher": "x"}], "Other": [ ] }, "a": null}`,
		"{\n  \"hooks\": {\n    \"Start\": [\n      {\n        \"hooks\": []\n      }\n    ]\n  },\n  \"b\": true\n}\r\n",
	} {
		added := text
		for _, e := range []Edit{stop, start} {
			var err error
			if added, err = Add(added, e); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		if !json.Valid([]byte(added)) || strings.Count(added, `"command": "a"`) != 1 || strings.Count(added, `"command": "b"`) != 1 {
			t.Fatalf("%s is made %s", text, added)
		}
		if again, err := Add(added, stop); err != nil || again != added {
			t.Errorf("added twice: %s, %v", again, err)
		}
		removed := added
		for _, e := range []Edit{start, stop} {
			removed, _ = Remove(removed, e)
		}
		if removed != text {
			t.Errorf("%q\nis left as %q", text, removed)
		}
		if same, err := Remove(text, stop); err != nil || same != text {
			t.Errorf("removed what is not there: %q, %v", same, err)
		}
	}
}

// What was written anew by another program is found as well.
func TestRemoveWhatWasReformatted(t *testing.T) {
	text := `{"hooks":{"Stop":[{"x":1},{"hooks":[{"command":"a","type":"command"}]},{"y":2}]}}`
	got, err := Remove(text, stop)
	if want := `{"hooks":{"Stop":[{"x":1},{"y":2}]}}`; err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhatIsNotUnderstood(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "no plain JSON",
		"{ // why\n}":              "no plain JSON",
		`{"hooks": {}} {}`:         "no plain JSON",
		`[1]`:                      "it holds no object",
		`{"hooks": []}`:            `"hooks" holds no object`,
		`{"hooks": {"Stop": "x"}}`: `"Stop" holds no list`,
	} {
		for _, do := range []func(string, Edit) (string, error){Add, Remove} {
			if _, err := do(text, stop); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", text, err, want)
			}
		}
	}
}
