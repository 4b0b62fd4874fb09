package main

import (
	"encoding/json"
	"testing"
)

func TestJSONHidesNothing(t *testing.T) {
	const text = "a\u009b31m\u202eb\x7f\x1b\u2028\U000e0001 ü 漢 \U0001f600"
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	got := harmlessJSON(data)
	if want := `"a\u009b31m\u202eb\u007f\u001b\u2028\udb40\udc01 ü 漢 ` + "\U0001f600" + `"`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back string
	if err := json.Unmarshal(got, &back); err != nil || back != text {
		t.Errorf("it reads as %q, %v", back, err)
	}
}
