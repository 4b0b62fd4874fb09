package jsonescape

import (
	"encoding/json"
	"testing"
	"unicode"
)

func TestEscape(t *testing.T) {
	const text = "a\u009bb\u202e\x7f ü 漢 \U0001f600\U000e0001"
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		`"a\u009bb\u202e\u007f \u00fc \u6f22 \ud83d\ude00\udb40\udc01"`: ASCII(data),
		`"a\u009bb\u202e\u007f ü 漢 ` + "\U0001f600" + `\udb40\udc01"`:   string(Escape(data, func(r rune) bool { return !unicode.IsPrint(r) })),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil || back != text {
			t.Errorf("%s reads as %q, %v", got, back, err)
		}
	}
}
