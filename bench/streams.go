package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// streamSize is about how long a stream is; who wants more writes it again.
const streamSize = 8 << 20

// A stream is what programs of one kind print. The same ones come out each
// time.
type stream struct {
	name string
	want float64 // how many times the speed of xterm.js the model promises
	make func() []byte
}

var streams = []stream{
	{"plain", 3, plainStream},
	{"text", 2, textStream},
	{"sgr", 2, sgrStream},
	{"vim", 3, vimStream},
	{"utf8", 2, utf8Stream},
}

const (
	proseWords = "the quick brown fox jumps over lazy dogs while compiling module cache error warning note file line"
	buildWords = "error warning note main.go:12:3 func return nil err package test ok FAIL 0.003s"
	codeWords  = "static int total = 0; for (k < n) return s[k] /* note */ if else while"
	worldWords = "日本語 テキスト café naïve Привет мир ─── │ ✓ 한국어 emoji 😀 🚀 plain words here"
)

// repeat collects what more gives until that is enough.
func repeat(more func(b []byte) []byte) []byte {
	b := make([]byte, 0, streamSize+4096)
	for len(b) < streamSize {
		b = more(b)
	}
	return b
}

// source gives the same numbers each time.
func source() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// between returns a number from low to high, both included.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// plainStream is what seq prints: short lines.
func plainStream() []byte {
	n := 0
	return repeat(func(b []byte) []byte {
		n++
		return fmt.Appendf(b, "%d\r\n", n)
	})
}

// textStream is lines of words, some of them wider than a terminal.
func textStream() []byte { return lines(proseWords, 4, 20) }

// utf8Stream is lines of words in several scripts, with wide characters.
func utf8Stream() []byte { return lines(worldWords, 4, 16) }

// lines is lines of at least low and at most high words.
func lines(from string, low, high int) []byte {
	words, r := strings.Fields(from), source()
	return repeat(func(b []byte) []byte {
		for i := range between(r, low, high) {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, pick(r, words)...)
		}
		return append(b, "\r\n"...)
	})
}

// sgrStream is a log in colour, each word in one of its own.
func sgrStream() []byte {
	words, r := strings.Fields(buildWords), source()
	return repeat(func(b []byte) []byte {
		for range between(r, 4, 10) {
			b = appendColor(b, r)
			b = append(b, pick(r, words)...)
			b = append(b, "\x1b[0m "...)
		}
		return append(b, "\r\n"...)
	})
}

func appendColor(b []byte, r *rand.Rand) []byte {
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		return fmt.Appendf(b, "\x1b[%dm", between(r, 30, 37))
	case 4, 5:
		return fmt.Appendf(b, "\x1b[1;%dm", between(r, 90, 97))
	case 6, 7:
		return fmt.Appendf(b, "\x1b[38;5;%dm", between(r, 16, 255))
	default:
		return fmt.Appendf(b, "\x1b[38;2;%d;%d;%dm", r.IntN(256), r.IntN(256), r.IntN(256))
	}
}

// vimStream is what a full-screen editor sends: regions that scroll, cursor
// addressing, erasing, short coloured runs.
func vimStream() []byte {
	words, r := strings.Fields(codeWords), source()
	scrolls := []string{"\x1b[L", "\x1b[M", "\x1bM", "\n"}
	colors := []string{"33", "35", "36", "1", "38;5;130", "7"}
	first := true
	return repeat(func(b []byte) []byte {
		if first {
			b = append(b, "\x1b[?1049h\x1b[?1h\x1b=\x1b[H\x1b[2J"...)
			first = false
		}
		b = fmt.Appendf(b, "\x1b[?25l\x1b[%d;%dr\x1b[%d;1H", between(r, 1, 20), between(r, 21, 24), between(r, 1, 23))
		b = append(b, pick(r, scrolls)...)
		b = append(b, "\x1b[1;24r"...)
		for range between(r, 2, 12) {
			b = fmt.Appendf(b, "\x1b[%d;%dH", between(r, 1, 24), between(r, 1, 60))
			for range between(r, 1, 5) {
				b = fmt.Appendf(b, "\x1b[%sm%s\x1b[m ", pick(r, colors), pick(r, words))
			}
			if r.IntN(3) == 0 {
				b = append(b, "\x1b[K"...)
			}
		}
		return fmt.Appendf(b, "\x1b[%d;%dH\x1b[?25h", between(r, 1, 24), between(r, 1, 80))
	})
}
