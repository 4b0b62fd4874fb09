package vt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// stream makes about size bytes of output of a kind that programs print.
func stream(kind string, size int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the quick brown fox jumps over lazy dogs while compiling module cache error warning note file line")
	wide := strings.Fields("日本語 テキスト café naïve Привет мир ─── │ ✓ 한국어 emoji 😀 🚀 plain words here")
	var b []byte
	for i := 0; len(b) < size; i++ {
		switch kind {
		case "plain":
			b = fmt.Appendf(b, "%d\r\n", i)
		case "text":
			for range 4 + rnd.IntN(16) {
				b = append(append(b, words[rnd.IntN(len(words))]...), ' ')
			}
			b = append(b, "\r\n"...)
		case "utf8":
			for range 4 + rnd.IntN(12) {
				b = append(append(b, wide[rnd.IntN(len(wide))]...), ' ')
			}
			b = append(b, "\r\n"...)
		case "sgr":
			for range 4 + rnd.IntN(6) {
				b = fmt.Appendf(b, "\x1b[38;2;%d;%d;%dm%s\x1b[0m ", rnd.IntN(256), rnd.IntN(256), rnd.IntN(256), words[rnd.IntN(len(words))])
			}
			b = append(b, "\r\n"...)
		case "screen":
			b = fmt.Appendf(b, "\x1b[?25l\x1b[%d;24r\x1b[%d;1H\x1b[L\x1b[1;24r", 1+rnd.IntN(20), 20+rnd.IntN(4))
			for range 8 {
				b = fmt.Appendf(b, "\x1b[%d;%dH\x1b[%dm%s\x1b[m\x1b[K", 1+rnd.IntN(24), 1+rnd.IntN(60), 31+rnd.IntN(6), words[rnd.IntN(len(words))])
			}
			b = append(b, "\x1b[?25h"...)
		}
	}
	return b
}

func BenchmarkWrite(b *testing.B) {
	for _, kind := range []string{"plain", "text", "sgr", "screen", "utf8"} {
		b.Run(kind, func(b *testing.B) {
			data := stream(kind, 1<<20)
			t := New(Size{24, 80}, Config{})
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				t.Write(data)
			}
		})
	}
}

// full returns a terminal with a full history of full lines.
func full() *Terminal {
	t := New(Size{24, 80}, Config{})
	line := strings.Repeat("0123456789", 7) + "abcdefgh"
	for i := range DefaultScrollback + 24 {
		t.Write(fmt.Appendf(nil, "%s%02d\r\n", line, i%100))
	}
	return t
}

func BenchmarkReplay(b *testing.B) {
	colored := New(Size{24, 80}, Config{})
	colored.Write(stream("sgr", 4<<20))
	text := full().Snapshot()
	for _, c := range []struct {
		name string
		s    *Snapshot
		o    ReplayOptions
	}{
		{"history", text, ReplayOptions{}},
		{"colors", colored.Snapshot(), ReplayOptions{}},
		{"screen", text, ReplayOptions{History: -1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.s.AppendReplay(nil, c.o)
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	t := full()
	b.ReportAllocs()
	for b.Loop() {
		t.Snapshot()
	}
}

func BenchmarkResize(b *testing.B) {
	t := full()
	for i := 0; b.Loop(); i++ {
		t.Resize(Size{24, 60 + i%2*20})
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestMemory(t *testing.T) {
	before := heap()
	terms := make([]*Terminal, 100)
	for i := range terms {
		terms[i] = New(Size{24, 80}, Config{})
	}
	each := (heap() - before) / len(terms)
	t.Logf("a fresh terminal takes %d bytes", each)
	if each > 20<<10 {
		t.Errorf("a fresh terminal takes %d bytes, want at most 20 KiB", each)
	}
	runtime.KeepAlive(terms)

	before = heap()
	f := full()
	size := heap() - before
	t.Logf("10,000 full lines of 80 columns take %d bytes", size)
	if size > 2<<20 {
		t.Errorf("10,000 full lines of 80 columns take %d bytes, want at most 2 MiB", size)
	}
	runtime.KeepAlive(f)
}
