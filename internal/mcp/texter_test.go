package mcp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/mask"
)

// readAll reads output in pages, of which each is looked at with what came before.
func readAll(t *testing.T, raw []byte, room int, m *mask.Mask) (pages []string) {
	t.Helper()
	for at := 0; at < len(raw); {
		page := newTexter(raw[max(0, at-lead):at], room, m)
		used := page.read(raw[at:], true)
		if used <= 0 {
			t.Fatalf("page at %d of %d takes nothing", at, len(raw))
		}
		if page.out.Len() > room {
			t.Fatalf("page at %d has %d bytes, room is %d", at, page.out.Len(), room)
		}
		pages = append(pages, page.out.String())
		at += used
	}
	return pages
}

func TestPagesHaveAllOnce(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var raw bytes.Buffer
		for range rnd.IntN(60) {
			switch rnd.IntN(7) {
			case 0:
				raw.WriteString("\r\n")
			case 1:
				fmt.Fprintf(&raw, "\x1b[%d;%dm", rnd.IntN(9), rnd.IntN(99))
			case 2:
				raw.WriteString("\x1b]0;a title of two\a")
			case 3:
				raw.WriteString("äöü€😀")
			case 4:
				raw.WriteString(strings.Repeat("x", rnd.IntN(90)))
			default:
				fmt.Fprintf(&raw, "word%d ", rnd.IntN(1000))
			}
		}
		want := readAll(t, raw.Bytes(), 1<<20, nil)
		for _, m := range []*mask.Mask{nil, defaultMask(t)} {
			got := strings.Join(readAll(t, raw.Bytes(), 20+rnd.IntN(100), m), "")
			if got != strings.Join(want, "") {
				t.Fatalf("seed %d: pages have\n%q\nwant\n%q", seed, got, want)
			}
		}
	}
}

func defaultMask(t *testing.T) *mask.Mask {
	t.Helper()
	m, err := mask.New(mask.Default)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyzABCD"

// A secret across the border of two pages, or in the middle of which somebody begins
// to read, is hidden as any other.
func TestSecretsAcrossPages(t *testing.T) {
	raw := []byte(strings.Repeat("a line\n", 3) + "token " + secret + " and more\n")
	for room := 10; room < 100; room++ {
		all := strings.Join(readAll(t, raw, room, defaultMask(t)), "")
		if room > len(secret) && all != strings.ReplaceAll(string(raw), secret, strings.Repeat("*", len(secret))) {
			t.Fatalf("room %d: %q", room, all)
		}
	}
	for at := range raw {
		page := newTexter(raw[:at], 1000, defaultMask(t))
		page.read(raw[at:], true)
		if strings.Contains(page.out.String(), secret[30:]) {
			t.Fatalf("from %d: %q", at, page.out.String())
		}
	}
}

// What has no end yet comes with the next page, as far as it may become something else.
func TestUnfinishedLine(t *testing.T) {
	for _, test := range []struct {
		raw, text string
		used      int
		hides     bool
	}{
		{"Continue? ", "Continue? ", 10, true},
		{"> ", "> ", 2, false},
		{"one\nGITHUB ghp_0123", "one\nGITHUB ", 11, true},
		{"one\nghp_0123", "one\nghp_0123", 12, false},
		{"caf\xc3", "caf", 3, false},
		{"red\x1b[3", "red", 3, false},
		{"red\x1b]0;a ti", "red", 3, false},
		{"red\x1b]0;a ti", "", 0, true},
	} {
		var m *mask.Mask
		if test.hides {
			m = defaultMask(t)
		}
		page := newTexter(nil, 1000, m)
		if used := page.read([]byte(test.raw), false); used != test.used || page.out.String() != test.text {
			t.Errorf("%q: %q of %d bytes, want %q of %d", test.raw, page.out.String(), used, test.text, test.used)
		}
	}
}

// A line of a megabyte is read in pieces.
func TestLongLine(t *testing.T) {
	raw := append(bytes.Repeat([]byte("0123456789"), 100_000), '\n')
	all := strings.Join(readAll(t, raw, 14<<10, nil), "")
	if all != string(raw) {
		t.Fatalf("%d bytes of %d", len(all), len(raw))
	}
}
