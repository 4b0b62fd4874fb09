package vt

import (
	"strings"
	"testing"
)

func TestAnswersToQueries(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"DA1", "\x1b[c", "\x1b[?62;22c"},
		{"DA1 with an argument", "\x1b[1c", ""},
		{"DECID", "\x1bZ", "\x1b[?62;22c"},
		{"DA2", "\x1b[>c", "\x1b[>1;10;0c"},
		{"DA3", "\x1b[=c", "\x1bP!|00000000\x1b\\"},
		{"DSR", "\x1b[5n", "\x1b[0n"},
		{"CPR", "ab\x1b[6n", "\x1b[1;3R"},
		{"CPR in origin mode", "\x1b[5;10r\x1b[?6h\x1b[2;2H\x1b[6n", "\x1b[2;2R"},
		{"DECXCPR", "ab\x1b[?6n", "\x1b[?1;3;1R"},
		{"printer", "\x1b[?15n", "\x1b[?13n"},
		{"colour scheme", "\x1b[?996n", "\x1b[?997;1n"},
		{"colour scheme on white", "\x1b]11;white\a\x1b[?996n", "\x1b[?997;2n"},
		{"DECRQM", "\x1b[?25$p", "\x1b[?25;1$y"},
		{"DECRQM of ANSI modes", "\x1b[4h\x1b[4$p\x1b[99$p", "\x1b[4;1$y\x1b[99;0$y"},
		{"DECRQM of grapheme clusters", "\x1b[?2027h\x1b[?2027$p", "\x1b[?2027;1$y"},
		{"DECRQM of synchronised output", "\x1b[?2026$p", "\x1b[?2026;2$y"},
		{"DECRQSS, pen", "\x1b[1;4;38;5;100;48;2;1;2;3m\x1bP$qm\x1b\\", "\x1bP1$r0;1;4;38:5:100;48:2::1:2:3m\x1b\\"},
		{"DECRQSS, plain pen", "\x1bP$qm\x1b\\", "\x1bP1$r0m\x1b\\"},
		{"DECRQSS, curly underline", "\x1b[4:3;58:5:9m\x1bP$qm\x1b\\", "\x1bP1$r0;4:3;58:5:9m\x1b\\"},
		{"DECRQSS, margins", "\x1b[3;9r\x1bP$qr\x1b\\", "\x1bP1$r3;9r\x1b\\"},
		{"DECRQSS, left and right", "\x1b[?69h\x1b[5;10s\x1bP$qs\x1b\\", "\x1bP1$r5;10s\x1b\\"},
		{"DECRQSS, cursor", "\x1b[4 q\x1bP$q q\x1b\\", "\x1bP1$r4 q\x1b\\"},
		{"DECRQSS, protection", "\x1b[1\"q\x1bP$q\"q\x1b\\", "\x1bP1$r1\"q\x1b\\"},
		{"DECRQSS, lines and columns", "\x1bP$qt\x1b\\\x1bP$q$|\x1b\\", "\x1bP1$r24t\x1b\\\x1bP1$r80$|\x1b\\"},
		{"DECRQSS, unknown", "\x1bP$qz\x1b\\", "\x1bP0$r\x1b\\"},
		{"XTGETTCAP", "\x1bP+q436f;524742;7a7a\x1b\\", "\x1bP1+r436f=323536\x1b\\\x1bP1+r524742=382F382F38\x1b\\\x1bP0+r7a7a\x1b\\"},
		{"XTVERSION", "\x1b[>q", "\x1bP>|xsh\x1b\\"},
		{"DECREQTPARM", "\x1b[x", "\x1b[2;1;1;128;128;1;0x"},
		{"palette", "\x1b]4;1;?\a", "\x1b]4;1;rgb:cdcd/0000/0000\a"},
		{"palette, changed, ended by ST", "\x1b]4;1;#123\x1b\\\x1b]4;1;?\x1b\\", "\x1b]4;1;rgb:1010/2020/3030\x1b\\"},
		{"palette, several", "\x1b]4;0;?;15;?\a", "\x1b]4;0;rgb:0000/0000/0000\a\x1b]4;15;rgb:ffff/ffff/ffff\a"},
		{"foreground and background", "\x1b]10;?;?\a", "\x1b]10;rgb:e5e5/e5e5/e5e5\a\x1b]11;rgb:0000/0000/0000\a"},
		{"cursor colour, set", "\x1b]12;rgb:1/2/3\a\x1b]12;?\a", "\x1b]12;rgb:1111/2222/3333\a"},
		{"size in cells", "\x1b[18t", "\x1b[8;24;80t"},
		{"size in pixels, unknown", "\x1b[14t\x1b[15t\x1b[16t\x1b]1337;ReportCellSize\a", ""},
		{"the title is not told", "\x1b]2;rm -rf\a\x1b[21t", "\x1b]l\x1b\\"},
		{"kitty keyboard", "\x1b[>5u\x1b[?u\x1b[<u\x1b[?u", "\x1b[?5u\x1b[?0u"},
		{"modifyOtherKeys", "\x1b[>4;2m\x1b[?4m", "\x1b[>4;2m"},
		{"kitty graphics", "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", "\x1b_Gi=31;ENOTSUPPORTED:no images here\x1b\\"},
		{"XTSMGRAPHICS", "\x1b[?1;1;0S", "\x1b[?1;3S"},
		{"DECCIR", "\x1b[1$w", "\x1bP1$u1;1;1;@;@;@;0;2;O;BBBB\x1b\\"},
		{"DECTABSR", "\x1b[3g\x1b[9G\x1bH\x1b[17G\x1bH\x1b[2$w", "\x1bP2$u9/17\x1b\\"},
		{"clipboard is not read", "\x1b]52;c;?\a", ""},
		{"ENQ", "\x05", ""},
		{"the size in band", "\x1b[?2048h", "\x1b[48;24;80;0;0t"},
		{"XTPUSHSGR", "\x1b[1m\x1b[#{\x1b[0;3m\x1b[#}\x1bP$qm\x1b\\", "\x1bP1$r0;1m\x1b\\"},
	} {
		if got := answers(c.input); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A size in pixels is told as it is known, of a cell without what is left over.
func TestSizeInPixels(t *testing.T) {
	for _, c := range []struct {
		wide, high int
		want       string
	}{
		{725, 410, "\x1b[4;410;725t\x1b[5;410;725t\x1b[6;17;9t\x1b]1337;ReportCellSize=17.0;9.0\x1b\\\x1b[48;24;80;410;725t"},
		{0, 0, "\x1b[48;24;80;0;0t"},
		{79, 410, "\x1b[48;24;80;0;0t"}, // no pixel for each column
	} {
		var got strings.Builder
		term := New(Size{24, 80}, Config{Effects: Effects{
			Reply:  func(answer []byte) { got.Write(answer) },
			Pixels: func() (int, int) { return c.wide, c.high },
		}})
		term.Write([]byte("\x1b[14t\x1b[15t\x1b[16t\x1b]1337;ReportCellSize\a\x1b[?2048h"))
		if got.String() != c.want {
			t.Errorf("%dx%d: %q, want %q", c.wide, c.high, got.String(), c.want)
		}
	}
}

func TestNothingIsAnsweredUnlessAsked(t *testing.T) {
	term := New(Size{5, 10}, Config{})
	term.Write([]byte("\x1b[c\x1b[6n\x1b]10;?\a\x1bP$qm\x1b\\\x05\a"))
	if got := term.Snapshot().Text()[0]; got != "" {
		t.Errorf("screen shows %q", got)
	}
}

func TestReplayAsksNothing(t *testing.T) {
	term := New(Size{5, 20}, Config{})
	term.Write([]byte("\x1b]52;c;aGVsbG8=\a\x1b[c\x1b[6n\x1b]10;?\a\x1b]2;title\a\a\x1b[?1049hx\x1b[?1003;1006h\x1b[>1u"))
	replay := string(term.Snapshot().AppendReplay(nil, ReplayOptions{}))
	if strings.ContainsRune(replay, '\a') || strings.Contains(replay, "]52") || strings.Contains(replay, "?\x1b\\") {
		t.Errorf("replay rings, or touches the clipboard, or asks: %q", replay)
	}
	asked := 0
	reader := New(Size{5, 20}, Config{Effects: Effects{
		Reply: func([]byte) { asked++ },
		Bell:  func() { asked++ },
	}})
	reader.Write([]byte(replay))
	if asked > 0 {
		t.Errorf("replay was answered %d times: %q", asked, replay)
	}
}
