package termin

import (
	"strings"
	"testing"
)

// TestEncodeModes holds keys against what ctlseqs.txt and modified-keys.html of xterm
// and the kitty keyboard protocol say that they are.

func TestEncodeModes(t *testing.T) {
	modes := []Modes{{}, {AppCursor: true}, {OtherKeys: 1}, {OtherKeys: 2}, {Kitty: 1}, {Kitty: 1 | 8}, {Kitty: 31}}
	for _, c := range []struct {
		key  string
		want [7]string // in each of modes
	}{
		{"a", [7]string{"a", "a", "a", "a", "a", "\x1b[97u", "\x1b[97;;97u"}},
		{"A", [7]string{"A", "A", "A", "A", "A", "\x1b[97;2u", "\x1b[97:65;2;65u"}},
		{"?", [7]string{"?", "?", "?", "?", "?", "\x1b[47;2u", "\x1b[47:63;2;63u"}},
		{"é", [7]string{"é", "é", "é", "é", "é", "\x1b[233u", "\x1b[233;;233u"}},
		{"漢", [7]string{"漢", "漢", "漢", "漢", "漢", "\x1b[28450u", "\x1b[28450;;28450u"}},
		{"Space", [7]string{" ", " ", " ", " ", " ", "\x1b[32u", "\x1b[32;;32u"}},
		{"C-a", [7]string{"\x01", "\x01", "\x01", "\x1b[27;5;97~", "\x1b[97;5u", "\x1b[97;5u", "\x1b[97;5u"}},
		{"C-i", [7]string{"\t", "\t", "\t", "\x1b[27;5;105~", "\x1b[105;5u", "\x1b[105;5u", "\x1b[105;5u"}},
		{"C-S-a", [7]string{"\x01", "\x01", "\x1b[27;6;65~", "\x1b[27;6;65~", "\x1b[97;6u", "\x1b[97;6u", "\x1b[97:65;6u"}},
		{"C-M-a", [7]string{"\x1b\x01", "\x1b\x01", "\x1b\x01", "\x1b[27;7;97~", "\x1b[97;7u", "\x1b[97;7u", "\x1b[97;7u"}},
		{"M-x", [7]string{"\x1bx", "\x1bx", "\x1bx", "\x1b[27;3;120~", "\x1b[120;3u", "\x1b[120;3u", "\x1b[120;3u"}},
		{"M-X", [7]string{"\x1bX", "\x1bX", "\x1bX", "\x1b[27;4;88~", "\x1b[120;4u", "\x1b[120;4u", "\x1b[120:88;4u"}},
		{"M-[", [7]string{"\x1b[", "\x1b[", "\x1b[", "\x1b[27;3;91~", "\x1b[91;3u", "\x1b[91;3u", "\x1b[91;3u"}},
		{`C-\`, [7]string{"\x1c", "\x1c", "\x1c", "\x1b[27;5;92~", "\x1b[92;5u", "\x1b[92;5u", "\x1b[92;5u"}},
		{"C-Space", [7]string{"\x00", "\x00", "\x00", "\x1b[27;5;32~", "\x1b[32;5u", "\x1b[32;5u", "\x1b[32;5u"}},
		{"C-^", [7]string{"\x1e", "\x1e", "\x1e", "\x1b[27;6;94~", "\x1b[54;6u", "\x1b[54;6u", "\x1b[54:94;6u"}},
		{"C-1", [7]string{"1", "1", "\x1b[27;5;49~", "\x1b[27;5;49~", "\x1b[49;5u", "\x1b[49;5u", "\x1b[49;5u"}},
		{"C-2", [7]string{"\x00", "\x00", "\x00", "\x1b[27;5;50~", "\x1b[50;5u", "\x1b[50;5u", "\x1b[50;5u"}},
		{"C-;", [7]string{";", ";", "\x1b[27;5;59~", "\x1b[27;5;59~", "\x1b[59;5u", "\x1b[59;5u", "\x1b[59;5u"}},
		{"C-/", [7]string{"\x1f", "\x1f", "\x1f", "\x1b[27;5;47~", "\x1b[47;5u", "\x1b[47;5u", "\x1b[47;5u"}},
		{"Enter", [7]string{"\r", "\r", "\r", "\r", "\r", "\x1b[13u", "\x1b[13u"}},
		{"C-Enter", [7]string{"\r", "\r", "\x1b[27;5;13~", "\x1b[27;5;13~", "\x1b[13;5u", "\x1b[13;5u", "\x1b[13;5u"}},
		{"S-Enter", [7]string{"\r", "\r", "\x1b[27;2;13~", "\x1b[27;2;13~", "\x1b[13;2u", "\x1b[13;2u", "\x1b[13;2u"}},
		{"M-Enter", [7]string{"\x1b\r", "\x1b\r", "\x1b[27;3;13~", "\x1b[27;3;13~", "\x1b[13;3u", "\x1b[13;3u", "\x1b[13;3u"}},
		{"Tab", [7]string{"\t", "\t", "\t", "\t", "\t", "\x1b[9u", "\x1b[9u"}},
		{"S-Tab", [7]string{"\x1b[Z", "\x1b[Z", "\x1b[Z", "\x1b[Z", "\x1b[9;2u", "\x1b[9;2u", "\x1b[9;2u"}},
		{"C-Tab", [7]string{"\t", "\t", "\x1b[27;5;9~", "\x1b[27;5;9~", "\x1b[9;5u", "\x1b[9;5u", "\x1b[9;5u"}},
		{"M-S-Tab", [7]string{"\x1b\x1b[Z", "\x1b\x1b[Z", "\x1b[27;4;9~", "\x1b[27;4;9~", "\x1b[9;4u", "\x1b[9;4u", "\x1b[9;4u"}},
		{"Esc", [7]string{"\x1b", "\x1b", "\x1b", "\x1b", "\x1b[27u", "\x1b[27u", "\x1b[27u"}},
		{"S-Esc", [7]string{"\x1b", "\x1b", "\x1b", "\x1b[27;2;27~", "\x1b[27;2u", "\x1b[27;2u", "\x1b[27;2u"}},
		{"M-Esc", [7]string{"\x1b\x1b", "\x1b\x1b", "\x1b[27;3;27~", "\x1b[27;3;27~", "\x1b[27;3u", "\x1b[27;3u", "\x1b[27;3u"}},
		{"BSpace", [7]string{"\x7f", "\x7f", "\x7f", "\x7f", "\x7f", "\x1b[127u", "\x1b[127u"}},
		{"C-BSpace", [7]string{"\b", "\b", "\b", "\b", "\x1b[127;5u", "\x1b[127;5u", "\x1b[127;5u"}},
		{"M-BSpace", [7]string{"\x1b\x7f", "\x1b\x7f", "\x1b\x7f", "\x1b[27;3;127~", "\x1b[127;3u", "\x1b[127;3u", "\x1b[127;3u"}},
		{"Up", [7]string{"\x1b[A", "\x1bOA", "\x1b[A", "\x1b[A", "\x1b[A", "\x1b[A", "\x1b[A"}},
		{"C-Left", [7]string{"\x1b[1;5D", "\x1b[1;5D", "\x1b[1;5D", "\x1b[1;5D", "\x1b[1;5D", "\x1b[1;5D", "\x1b[1;5D"}},
		{"Home", [7]string{"\x1b[H", "\x1bOH", "\x1b[H", "\x1b[H", "\x1b[H", "\x1b[H", "\x1b[H"}},
		{"S-End", [7]string{"\x1b[1;2F", "\x1b[1;2F", "\x1b[1;2F", "\x1b[1;2F", "\x1b[1;2F", "\x1b[1;2F", "\x1b[1;2F"}},
		{"Insert", [7]string{"\x1b[2~", "\x1b[2~", "\x1b[2~", "\x1b[2~", "\x1b[2~", "\x1b[2~", "\x1b[2~"}},
		{"M-Delete", [7]string{"\x1b[3;3~", "\x1b[3;3~", "\x1b[3;3~", "\x1b[3;3~", "\x1b[3;3~", "\x1b[3;3~", "\x1b[3;3~"}},
		{"PageUp", [7]string{"\x1b[5~", "\x1b[5~", "\x1b[5~", "\x1b[5~", "\x1b[5~", "\x1b[5~", "\x1b[5~"}},
		{"F1", [7]string{"\x1bOP", "\x1bOP", "\x1bOP", "\x1bOP", "\x1b[P", "\x1b[P", "\x1b[P"}},
		{"F3", [7]string{"\x1bOR", "\x1bOR", "\x1bOR", "\x1bOR", "\x1b[13~", "\x1b[13~", "\x1b[13~"}},
		{"S-F3", [7]string{"\x1b[1;2R", "\x1b[1;2R", "\x1b[1;2R", "\x1b[1;2R", "\x1b[13;2~", "\x1b[13;2~", "\x1b[13;2~"}},
		{"F5", [7]string{"\x1b[15~", "\x1b[15~", "\x1b[15~", "\x1b[15~", "\x1b[15~", "\x1b[15~", "\x1b[15~"}},
		{"C-F12", [7]string{"\x1b[24;5~", "\x1b[24;5~", "\x1b[24;5~", "\x1b[24;5~", "\x1b[24;5~", "\x1b[24;5~", "\x1b[24;5~"}},
		{"F13", [7]string{"\x1b[25~", "\x1b[25~", "\x1b[25~", "\x1b[25~", "\x1b[57376u", "\x1b[57376u", "\x1b[57376u"}},
		{"Menu", [7]string{"\x1b[29~", "\x1b[29~", "\x1b[29~", "\x1b[29~", "\x1b[57363u", "\x1b[57363u", "\x1b[57363u"}},
		{"KP5", [7]string{"5", "5", "5", "5", "5", "\x1b[57404u", "\x1b[57404;;53u"}},
		{"KPEnter", [7]string{"\r", "\r", "\r", "\r", "\x1b[57414u", "\x1b[57414u", "\x1b[57414u"}},
		{"Super-a", [7]string{"\x1b[97;9u", "\x1b[97;9u", "\x1b[97;9u", "\x1b[97;9u", "\x1b[97;9u", "\x1b[97;9u", "\x1b[97;9u"}},
	} {
		k, err := ParseKey(c.key)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, m := range modes {
			if got := string(Encode(k, m)); got != c.want[i] {
				t.Errorf("%s in %+v is %q, want %q", c.key, m, got, c.want[i])
			}
		}
	}
}

func TestEncodeOtherModes(t *testing.T) {
	for _, c := range []struct {
		key  string
		m    Modes
		want string
	}{
		{"BSpace", Modes{Backarrow: true}, "\b"},
		{"C-BSpace", Modes{Backarrow: true}, "\x7f"},
		{"Enter", Modes{NewLine: true}, "\r\n"},
		{"KP0", Modes{AppKeypad: true}, "\x1bOp"},
		{"KP9", Modes{AppKeypad: true}, "\x1bOy"},
		{"KP.", Modes{AppKeypad: true}, "\x1bOn"},
		{"KP/", Modes{AppKeypad: true}, "\x1bOo"},
		{"KP*", Modes{AppKeypad: true}, "\x1bOj"},
		{"KP-", Modes{AppKeypad: true}, "\x1bOm"},
		{"KP+", Modes{AppKeypad: true}, "\x1bOk"},
		{"KPEnter", Modes{AppKeypad: true}, "\x1bOM"},
		{"KP=", Modes{AppKeypad: true}, "\x1bOX"},
		{"KP,", Modes{AppKeypad: true}, "\x1bOl"},
		{"KPEnter", Modes{}, "\r"},
		{"KPBegin", Modes{AppCursor: true}, "\x1bOE"},
		{"Up", Modes{AppCursor: true, Kitty: 1}, "\x1b[A"},
		{"Up", Modes{AppCursor: true, Kitty: 4}, "\x1bOA"},
		{"C-c", Modes{Kitty: 2}, "\x03"}, // events alone change no press
		{"C-S-c", Modes{Kitty: 2}, "\x1b[99;6u"},
		{"C-^", Modes{Kitty: 2}, "\x1e"},
		{"M-X", Modes{Kitty: 4}, "\x1b[120:88;4u"},
		{"Esc", Modes{Kitty: 2}, "\x1b"},
		{"C-c", Modes{Kitty: 1, OtherKeys: 2}, "\x1b[99;5u"}, // kitty's protocol goes first
		{"a", Modes{Kitty: 16}, "a"},
	} {
		k, err := ParseKey(c.key)
		if err != nil {
			t.Error(err)
		} else if got := string(Encode(k, c.m)); got != c.want {
			t.Errorf("%s in %+v is %q, want %q", c.key, c.m, got, c.want)
		}
	}
}

func TestEncodeRelease(t *testing.T) {
	for _, c := range []struct {
		key   string
		kitty int
		want  string
	}{
		{"a", 0, ""},
		{"C-a", 1, ""},
		{"C-a", 1 | 2, "\x1b[97;5:3u"},
		{"a", 1 | 2, ""},
		{"Enter", 1 | 2, ""},
		{"Enter", 1 | 2 | 8, "\x1b[13;1:3u"},
		{"A", 2 | 4 | 8 | 16, "\x1b[97:65;2:3u"},
		{"Up", 1 | 2, "\x1b[1;1:3A"},
		{"F5", 1 | 2, "\x1b[15;1:3~"},
	} {
		k, _ := ParseKey(c.key)
		if got := string(EncodeRelease(k, Modes{Kitty: c.kitty})); got != c.want {
			t.Errorf("letting %s go with flags %d is %q, want %q", c.key, c.kitty, got, c.want)
		}
	}
}

// TestEncodedKeysAreRead has every key read back from every encoding, as the one
// token that it is.
func TestEncodedKeysAreRead(t *testing.T) {
	for _, mods := range []string{"", "C-", "M-", "S-", "C-M-", "C-S-"} {
		for code, name := range index().names {
			k, err := ParseKey(mods + name)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, m := range []Modes{{}, {AppCursor: true, AppKeypad: true}, {OtherKeys: 2}, {Kitty: 1}, {Kitty: 31}} {
				in := Encode(k, m)
				var s Tokenizer
				tokens := s.Flush(s.Scan(nil, in))
				last := tokens[len(tokens)-1]
				if len(tokens) != 1 && in[1] != esc || !last.typed() || last.Kind == Press && last.Key.Code == 0 {
					t.Errorf("%s%s in %+v is %q, which is read as %+v", mods, name, m, in, tokens)
				}
				if m.Kitty == 31 && (last.Key.Code != code || last.Key.Mods != k.Mods) {
					t.Errorf("%s%s is %q, which is read as %v", mods, name, in, last.Key)
				}
			}
		}
	}
}

func TestEncodePaste(t *testing.T) {
	for _, c := range []struct{ text, plain, bracketed string }{
		{"", "", ""},
		{"one\ntwo\r\nthree\r", "one\rtwo\rthree\r", "one\rtwo\rthree\r"},
		{"\ta\x1b[31m", "\ta\x1b[31m", "\ta\x1b[31m"},
		{"a\x1b[201~b", "a\x1b[201~b", "ab"},
		{"a\x1b[20\x1b[201~1~b", "a\x1b[20\x1b[201~1~b", "ab"},
		{"\x1b[201~\x1b[201~", "\x1b[201~\x1b[201~", ""},
		{"1~", "1~", "1~"},
	} {
		if got := string(EncodePaste([]byte(c.text), false)); got != c.plain {
			t.Errorf("%q is %q, want %q", c.text, got, c.plain)
		}
		got := EncodePaste([]byte(c.text), true)
		if want := pasteStart + c.bracketed + pasteEnd; string(got) != want {
			t.Errorf("%q in brackets is %q, want %q", c.text, got, want)
		}
		var s Tokenizer
		for _, token := range s.Scan(nil, got)[1:] {
			if token.Kind != PasteText && token.Kind != PasteEnd {
				t.Errorf("%q in brackets is typed as %q", c.text, token.Bytes)
			}
		}
	}
}

func TestParseKey(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a", "a"}, {"A", "A"}, {"é", "é"}, {"^", "^"}, {"-", "-"}, {"+", "+"}, {"<", "<"},
		{"C-c", "ctrl-c"}, {"C-C", "ctrl-c"}, {"^C", "ctrl-c"}, {"ctrl+c", "ctrl-c"}, {"CONTROL-c", "ctrl-c"},
		{"M-x", "alt-x"}, {"M-X", "alt-X"}, {"meta-x", "alt-x"}, {"A-x", "alt-x"}, {"Alt+x", "alt-x"},
		{"C-M-x", "ctrl-alt-x"}, {"M-C-x", "ctrl-alt-x"}, {"C-S-x", "ctrl-shift-x"},
		{"S-a", "A"}, {"S-5", "%"}, {"S-é", "É"}, {"C--", "ctrl--"}, {"C-^", "ctrl-^"}, {"M-^", "alt-^"},
		{"Enter", "enter"}, {"RET", "enter"}, {"C-<return>", "ctrl-enter"}, {"<f5>", "f5"},
		{"BSpace", "backspace"}, {"backspace", "backspace"}, {"DC", "delete"}, {"IC", "insert"},
		{"PPage", "pageup"}, {"NPage", "pagedown"}, {"PgUp", "pageup"}, {"Next", "pagedown"},
		{"BTab", "shift-tab"}, {"S-Tab", "shift-tab"}, {"LF", "ctrl-j"}, {"NUL", "ctrl-space"},
		{"f1", "f1"}, {"F35", "f35"}, {"S-F3", "shift-f3"}, {"KP0", "kp0"}, {"kp*", "kp*"}, {"C-Left", "ctrl-left"},
		{"super-l", "super-l"}, {"SPC", "space"}, {"Escape", "esc"},
	} {
		k, err := ParseKey(c.in)
		if err != nil || k.String() != c.want {
			t.Errorf("ParseKey(%q) = %v, %v; want %s", c.in, k, err, c.want)
			continue
		}
		if again, err := ParseKey(k.String()); err != nil || again != k {
			t.Errorf("%v read back is %v, %v", k, again, err)
		}
	}
}

func TestParseKeyErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `unknown key ""`},
		{"Entr", `unknown key "Entr"; did you mean "enter"?`},
		{"C-Lefft", `unknown key "C-Lefft"; did you mean "C-left"?`},
		{"PageUpp", `did you mean "pageup"?`},
		{"Escpae", `did you mean "escape"?`},
		{"F36", `did you mean "f`},
		{"hello", `a key is a character, or a name like`},
		{"C-", `unknown key "C-"`},
		{"ctrl-ab", `unknown key "ctrl-ab"`},
		{"\x01", `unknown key "\x01"`},
		{"\xff", `unknown key "\xff"`},
		{"S-漢", `depends on the keyboard`},
	} {
		if k, err := ParseKey(c.in); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseKey(%q) = %v, %v; want an error with %q", c.in, k, err, c.want)
		}
	}
}
