package termin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var kindNames = map[Kind]string{
	Text: "text", Press: "press", Repeat: "repeat", Release: "release",
	PasteStart: "paste-start", PasteText: "pasted", PasteEnd: "paste-end",
	MousePress: "button", MouseRelease: "button-up", MouseMotion: "motion", MouseWheel: "wheel",
	FocusIn: "focus-in", FocusOut: "focus-out", Answer: "answer", Report: "report", Other: "other",
}

// tokensString writes tokens as kind, key, query and bytes. It joins what cuts of
// the input may tear: text, pastes and long answers.
func tokensString(tokens []Token) string {
	var out strings.Builder
	for len(tokens) > 0 {
		t := tokens[0]
		text := string(t.Bytes)
		for tokens = tokens[1:]; len(tokens) > 0 && tokens[0].Kind == t.Kind; tokens = tokens[1:] {
			if t.Kind != Text && t.Kind != PasteText && !tokens[0].Continued {
				break
			}
			text += string(tokens[0].Bytes)
		}
		out.WriteString(kindNames[t.Kind])
		if t.Key != (Key{}) {
			fmt.Fprintf(&out, "(%v", Key{Code: t.Key.Code, Mods: t.Key.Mods})
			if t.Key.Mods&(CapsLock|NumLock) != 0 {
				out.WriteString(" locked")
			}
			out.WriteString(")")
		}
		if t.Answer != 0 {
			fmt.Fprint(&out, t.Answer)
		}
		fmt.Fprintf(&out, "%q ", text)
	}
	return strings.TrimSuffix(out.String(), " ")
}

// bytewise cuts in into its bytes.
func bytewise(in string) []string { return slices.Collect(cut(in, []byte{0})) }

func TestTokens(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ls é漢", `text"ls é漢"`},
		{"\r\t\x7f\x00\x08\x0a", `press(enter)"\r" press(tab)"\t" press(backspace)"\x7f" press(ctrl-space)"\x00" press(ctrl-h)"\b" press(ctrl-j)"\n"`},
		{"\x03\x1c\x1f", `press(ctrl-c)"\x03" press(ctrl-\)"\x1c" press(ctrl-_)"\x1f"`},
		{"\x1b", `press(esc)"\x1b"`},
		{"\x1b\x1b[A", `press(esc)"\x1b" press(up)"\x1b[A"`},
		{"\x1bx\x1bX\x1b\x01\x1b\r", `press(alt-x)"\x1bx" press(alt-X)"\x1bX" press(ctrl-alt-a)"\x1b\x01" press(alt-enter)"\x1b\r"`},
		{"\x1bé\x1b漢x", `press(alt-é)"\x1bé" press(alt-漢)"\x1b漢" text"x"`},
		{"\x1b\xc3x", `other"\x1b\xc3" text"x"`},
		{"\x1b[A\x1bOA\x1b[1;5A\x1b[1;69D", `press(up)"\x1b[A" press(up)"\x1bOA" press(ctrl-up)"\x1b[1;5A" press(ctrl-left locked)"\x1b[1;69D"`},
		{"\x1b[1;1:3A\x1b[1;5:2B", `release(up)"\x1b[1;1:3A" repeat(ctrl-down)"\x1b[1;5:2B"`},
		{"\x1bOP\x1b[P\x1b[1;2P\x1bO2P\x1b[[A\x1b[11~", `press(f1)"\x1bOP" press(f1)"\x1b[P" press(shift-f1)"\x1b[1;2P" press(shift-f1)"\x1bO2P" press(f1)"\x1b[[A" press(f1)"\x1b[11~"`},
		{"\x1b[15~\x1b[24;5~\x1b[34~", `press(f5)"\x1b[15~" press(ctrl-f12)"\x1b[24;5~" press(f20)"\x1b[34~"`},
		{"\x1b[H\x1b[7~\x1b[1~\x1b[4~\x1bOF", `press(home)"\x1b[H" press(home)"\x1b[7~" press(home)"\x1b[1~" press(end)"\x1b[4~" press(end)"\x1bOF"`},
		{"\x1b[Z\x1b[1;6Z", `press(shift-tab)"\x1b[Z" press(ctrl-shift-tab)"\x1b[1;6Z"`},
		{"\x1b[a\x1bOa\x1b[7$\x1b[7^\x1b[7@x", `press(shift-up)"\x1b[a" press(ctrl-up)"\x1bOa" press(shift-home)"\x1b[7$" press(ctrl-home)"\x1b[7^" press(ctrl-shift-home)"\x1b[7@" text"x"`},
		{"\x1b[97u\x1b[97;5u\x1b[97:65;2;65u\x1b[13;2u", `press(a)"\x1b[97u" press(ctrl-a)"\x1b[97;5u" press(shift-a)"\x1b[97:65;2;65u" press(shift-enter)"\x1b[13;2u"`},
		{"\x1b[97;1:2u\x1b[97;1:3u\x1b[57442;5:1u", `repeat(a)"\x1b[97;1:2u" release(a)"\x1b[97;1:3u" press(ctrl-` + "\ue062" + `)"\x1b[57442;5:1u"`},
		{"\x1b[0;;12354:12356u", `press(` + "\x00" + `)"\x1b[0;;12354:12356u"`},
		{"\x1b[57376u\x1b[57414u\x1b[57427~", `press(f13)"\x1b[57376u" press(kpenter)"\x1b[57414u" press(kpbegin)"\x1b[57427~"`},
		{"\x1b[27;5;92~\x1b[27;2;65~", `press(ctrl-\)"\x1b[27;5;92~" press(shift-A)"\x1b[27;2;65~"`},
		{"\x1bOM\x1bOp\x1bOk", `press(kpenter)"\x1bOM" press(kp0)"\x1bOp" press(kp+)"\x1bOk"`},
		{"\x1bO[", `press(alt-O)"\x1bO" text"["`},
		{"\x1b[R\x1b[1;2R\x1b[1;2:1R", `press(f3)"\x1b[R" press(shift-f3)5"\x1b[1;2R" press(shift-f3)"\x1b[1;2:1R"`},
		{"\x1b[200~a\x1b[A\r\x1b[201~b", `paste-start"\x1b[200~" pasted"a\x1b[A\r" paste-end"\x1b[201~" text"b"`},
		{"\x1b[200~\x1b[201\x1b[201~", `paste-start"\x1b[200~" pasted"\x1b[201" paste-end"\x1b[201~"`},
		{"\x1b[200~\x1b[20\x1b]11;x", `paste-start"\x1b[200~" pasted"\x1b[20\x1b]11;x"`},
		{"\x1b[<0;1;1M\x1b[<0;1;1m\x1b[<35;9;9M\x1b[<32;9;9M\x1b[<64;1;1M\x1b[<128;1;1M", `button"\x1b[<0;1;1M" button-up"\x1b[<0;1;1m" motion"\x1b[<35;9;9M" motion"\x1b[<32;9;9M" wheel"\x1b[<64;1;1M" button"\x1b[<128;1;1M"`},
		{"\x1b[M !!x\x1b[M#!!\x1b[MC!!\x1b[M`!!\x1b[M \xff\x80", `button"\x1b[M !!" text"x" button-up"\x1b[M#!!" motion"\x1b[MC!!" wheel"\x1b[M` + "`" + `!!" button"\x1b[M \xff\x80"`},
		{"\x1b[32;5;5M\x1b[35;5;5M\x1b[67;5;5M\x1b[96;5;5M", `button"\x1b[32;5;5M" button-up"\x1b[35;5;5M" motion"\x1b[67;5;5M" wheel"\x1b[96;5;5M"`},
		{"\x1b[I\x1b[O", `focus-in"\x1b[I" focus-out"\x1b[O"`},
		{"\x1b[?997;1n\x1b[48;24;80;480;640t\x1b[0n", `report25"\x1b[?997;1n" report"\x1b[48;24;80;480;640t" answer4"\x1b[0n"`},
		{"\x1b]11;rgb:0/0/0\a\x1b]x\x1b]7;y\a", `answer14"\x1b]11;rgb:0/0/0\a" press(alt-])"\x1b]" text"x" press(alt-])"\x1b]" text"7;y" press(ctrl-g)"\a"`},
		{"\x1b[1;2\x03\x1b[?1é", `other"\x1b[1;2" press(ctrl-c)"\x03" other"\x1b[?1" text"é"`},
		{"\x1b[?1;2h\x1b[1 q", `other"\x1b[?1;2h" other"\x1b[1 q"`},
	} {
		for _, reads := range [][]string{{c.in}, bytewise(c.in)} {
			var s Tokenizer
			got := tokensString(append(scanAll(&s, reads...), s.Flush(nil)...))
			if got != c.want {
				t.Errorf("%q in %d reads is\n%s, want\n%s", c.in, len(reads), got, c.want)
			}
		}
	}
}

// TestLeads: what the user does makes a client the leader, what a terminal tells
// by itself does not.
func TestLeads(t *testing.T) {
	for in, want := range map[string]bool{
		"a": true, "\r": true, "\x1b[A": true, "\x1b[97;5u": true, "\x1b[97;5:2u": true, "\x1b[1;2R": true,
		"\x1b[200~": true, "\x1b[<0;1;1M": true, "\x1b[M !!": true, "\x1b[<64;1;1M": true, "\x1b[I": true,
		"\x1b[97;5:3u": false, "\x1b[1;1:3A": false, "\x1b[<0;1;1m": false, "\x1b[<35;1;1M": false, "\x1b[<32;1;1M": false,
		"\x1b[M#!!": false, "\x1b[MC!!": false, "\x1b[O": false, "\x1b[?997;1n": false, "\x1b[?997;2n": false,
		"\x1b[48;24;80;480;640t": false, "\x1b[0n": false, "\x1b[24;80R": false, "\x1b]11;rgb:0/0/0\x1b\\": false,
		"\x1bP>|xterm\x1b\\": false, "\x1b[?1;2h": false, "\x1b[1 q": true, "\x1b_Gi=31;OK\x1b\\": false,
	} {
		var s Tokenizer
		tokens := s.Scan(nil, []byte(in))
		if len(tokens) != 1 || tokens[0].Leads() != want {
			t.Errorf("%q is %s; want that it leads: %v", in, tokensString(tokens), want)
		}
	}
}

func TestAnswerKind(t *testing.T) {
	for in, want := range map[string]QueryKind{
		"":                        QueryAnswerback,
		"\x1b[48;24;80;384;640t":  QueryInBandSize,
		"\x1b[?997;1n":            QueryColorScheme,
		"\x1b[1;2R":               QueryCursor,
		"\x1b]11;rgb:0/0/0\x1b\\": QueryBackground,
		"\x1b]52;c;YQ==\a":        QueryClipboard,
		"\x1b]52;c;" + strings.Repeat("YQ==", 5000) + "\a": QueryClipboard,
		"a":         0,
		"\x1b[A":    0,
		"\x1b[47;t": 0,
	} {
		if got := AnswerKind([]byte(in)); got != want {
			t.Errorf("%.40q answers query %d, want %d", in, got, want)
		}
	}
}

// A paste of a megabyte comes out as it went in, whatever it is made of and
// however it is cut, with little held. Were the cost that of the square of its
// length, this would not end in a lifetime.
func TestLongPaste(t *testing.T) {
	for _, line := range []string{"some words and a newline\r", "\x1b[201", "\x1b\x1b\x1b", "\x1b]11;", "\r", "\x1b[<0;1;1M"} {
		for _, size := range []int{7, 64 << 10} {
			testLongPaste(t, pasteStart+strings.Repeat(line, (1<<20)/len(line))+pasteEnd, size)
			testLongPaste(t, strings.Repeat(line, (1<<20)/len(line)), size)
		}
	}
}

func testLongPaste(t *testing.T, in string, size int) {
	t.Helper()
	in = in[:min(len(in), size<<14)] // small reads are slow
	var s Tokenizer
	d := receive(mustParse(t, DefaultDetachKey))
	var tokens []Token
	n, passed, held := 0, 0, 0
	for rest := []byte(in); len(rest) > 0; {
		chunk := rest[:min(size, len(rest))]
		rest = rest[len(chunk):]
		tokens = s.Scan(tokens[:0], chunk)
		for _, token := range tokens {
			n += len(token.Bytes)
		}
		pieces, _ := d.Scan(chunk)
		for _, p := range pieces {
			passed += len(p.Bytes)
		}
		held = max(held, len(s.Pending()))
	}
	n += len(s.Pending())
	passed += d.kept()
	if n != len(in) || passed != len(in) || held > maxAnswer {
		t.Errorf("%.20q in reads of %d: %d and %d of %d bytes came out, %d were held", in, size, n, passed, len(in), held)
	}
}
