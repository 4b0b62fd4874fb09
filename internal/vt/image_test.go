package vt

import (
	"strings"
	"testing"
)

func TestInTransfer(t *testing.T) {
	for _, c := range []struct {
		input string
		want  bool
	}{
		{"text", false},
		{"\x1b]2;title", false},
		{"\x1b[3", false},
		{"\x1bPq", true},
		{"\x1bPq~~~\x1b\\", false},
		{"\x1b_Ga=T", true},
		{"\x1b_Ga=T,m=1;AAAA\x1b\\", true},
		{"\x1b_Ga=T,m=1;AAAA\x1b\\\x1b_Gm=0;AAAA\x1b\\", false},
		{"\x1b_Ga=t,i=1,m=1;AAAA\x1b\\", true},
		{"\x1b_Ga=t,i=1,m=1;AAAA\x1b\\\x1bc", false},
		{"\x1b]1337;File=inline=1:AAAA", true},
		{"\x1b]1337;File=inline=1:AAAA\a", false},
		{"\x1b]1337;MultipartFile=inline=1\a", true},
		{"\x1b]1337;MultipartFile=inline=1\a\x1b]1337;FileEnd\a", false},
		{"\x1b]52;c;" + strings.Repeat("A", 2*maxString), true},
		{"\x1b]52;c;" + strings.Repeat("A", 2*maxString) + "\a", false},
	} {
		term := New(Size{5, 20}, Config{})
		term.Write([]byte(c.input))
		if got := term.InTransfer(); got != c.want {
			t.Errorf("after %.40q it is %v, want %v", c.input, got, c.want)
		}
	}
}
