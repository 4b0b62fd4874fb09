package termin

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table in docs/keys.md anew")

// TestKeysPage holds the table of docs/keys.md against the encoder.
func TestKeysPage(t *testing.T) {
	const page, begin, end = "../../docs/keys.md", "<!-- keys -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, behind, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	want := before + begin + keysTable(t) + end + behind
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Errorf("%s is not what the encoder does: go test ./internal/termin -run KeysPage -update writes it anew; the table would be\n%s", page, keysTable(t))
	}
}

// keysTable is the table as the page has it: the keys that have names, and then some
// with modifiers, each kind of key that a mode treats in its own way.
func keysTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n| Key | plain | application | other 1 | other 2 | kitty 1 | kitty 31 |\n|---|---|---|---|---|---|---|\n")
	for _, k := range keyNames {
		tableRow(t, &b, strings.Join(k.names, ", "), Key{Code: k.code})
	}
	for i := range KeyF35 - KeyF1 + 1 {
		tableRow(t, &b, fmt.Sprintf("f%d", i+1), Key{Code: KeyF1 + i})
	}
	for i := range rune(10) {
		tableRow(t, &b, fmt.Sprintf("kp%d", i), Key{Code: KeypadDigit0 + i})
	}
	b.WriteString("\nWith modifiers:\n\n| Key | plain | application | other 1 | other 2 | kitty 1 | kitty 31 |\n|---|---|---|---|---|---|---|\n")
	for _, base := range []string{"a", "i", "1", "2", "8", "/", ";", "[", "é", "Space", "Enter", "Tab", "Esc", "BSpace", "Up", "Home", "Delete", "PgUp", "F1", "F3", "F5", "F13", "KP5", "KPEnter"} {
		for _, mods := range []string{"S-", "C-", "M-", "C-S-", "C-M-", "M-S-", "Super-"} {
			k, err := ParseKey(mods + base)
			if err != nil {
				t.Fatal(err)
			}
			tableRow(t, &b, mods+base, k)
		}
	}
	b.WriteString("\n")
	return b.String()
}

func tableRow(t *testing.T, b *strings.Builder, name string, k Key) {
	plain := Encode(k, Modes{})
	fmt.Fprintf(b, "| %s | `%s` |", name, caret(plain))
	for _, m := range []Modes{{AppCursor: true, AppKeypad: true}, {OtherKeys: 1}, {OtherKeys: 2}, {Kitty: 1}, {Kitty: 31}} {
		switch sent := Encode(k, m); {
		case len(sent) == 0:
			t.Errorf("%s in %+v is nothing", name, m)
		case string(sent) == string(plain):
			b.WriteString(" |")
		default:
			fmt.Fprintf(b, " `%s` |", caret(sent))
		}
	}
	b.WriteString("\n")
}

// caret writes control characters as cat -v does, and a blank so that it is seen.
func caret(sent []byte) string {
	var b strings.Builder
	for _, c := range string(sent) {
		switch {
		case c < 0x20:
			b.WriteString("^" + string(c+'@'))
		case c == ' ':
			b.WriteString("␠")
		case c == 0x7f:
			b.WriteString("^?")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
