package picture_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/picture"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

var update = flag.Bool("update", false, "rewrite the golden pictures; look at them after")

// shown is a screen on which a program has printed text.
func shown(t *testing.T, rows, cols int, text string) *exec.Screen {
	t.Helper()
	print := func(ctx *types.PluginContext, _ exec.SessionOptions, tty *os.File, stop chan error, _ <-chan exec.SessionResizeInput) error {
		_, err := io.WriteString(tty, strings.ReplaceAll(text, "\n", "\r\n")+"\a") // the bell ends it
		go func() {
			<-ctx.Ctx().Done()
			stop <- nil
		}()
		return err
	}
	m := exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{"test/print": {Plugin: "test", Resource: "print", TTYHandler: print}}})
	t.Cleanup(m.Close)
	s, err := m.CreateSession(nil, exec.SessionOptions{ResourcePlugin: "test", ResourceKey: "print", Size: exec.Size{Rows: rows, Cols: cols}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	who := &types.PluginContext{Context: ctx}
	from := int64(0)
	if _, err := m.Wait(who, s.ID, exec.WaitOptions{For: exec.WaitBell, Since: &from}); err != nil {
		t.Fatal(err)
	}
	screen, err := m.Capture(who, s.ID, exec.CaptureOptions{Styles: true})
	if err != nil {
		t.Fatal(err)
	}
	return screen
}

// sample has all that a picture can show. The wide characters are of no font that
// this program has with it.
const sample = "\x1b[1mbold\x1b[m \x1b[3mitalic\x1b[m \x1b[4munder\x1b[m \x1b[4:3;58;5;9mcurly\x1b[m \x1b[4:2mdouble\x1b[m " +
	"\x1b[4:4mdotted\x1b[m \x1b[4:5mdashed\x1b[m\n\x1b[9mstrike\x1b[m \x1b[53mover\x1b[m \x1b[7minverse\x1b[m \x1b[2mdim\x1b[m \x1b[8mhidden\x1b[m <&>\n" +
	"\x1b[31mred \x1b[92mbright \x1b[38;5;208m208 \x1b[38;2;90;160;255mrgb\x1b[m \x1b[48;5;24;97m on 24 \x1b[48;2;200;80;20m on rgb \x1b[m\n" +
	"┌──┬──┐ ╔══╦══╗ ╭──┬──╮ ┏━━┳━━┓ ╓──╥──╖ ╒══╤══╕ ┎─┒\n" +
	"│  │  │ ║  ║  ║ │  │  │ ┃  ┃  ┃ ║  ║  ║ │  │  │ ┠─┨\n" +
	"├──┼──┤ ╠══╬══╣ ├──┼──┤ ┣━━╋━━┫ ╟──╫──╢ ╞══╪══╡ ╿ ╽\n" +
	"└──┴──┘ ╚══╩══╝ ╰──┴──╯ ┗━━┻━━┛ ╙──╨──╜ ╘══╧══╛ ╼ ╾\n" +
	"┄┅┆┇┈┉┊┋╌╍╎╏ ╱╲╳ ░▒▓█ ▁▂▃▄▅▆▇█ ▏▎▍▌▋▊▉█ ▖▗▘▙▚▛▜▝▞▟ ▀▐▔▕\n" +
	"\x1b[44;97m main \x1b[0;34;42m\ue0b0\x1b[30m ok \x1b[0;32m\ue0b0\x1b[m \ue0b1 \ue0b2 \ue0b3 \ue0b8\ue0ba\ue0bc\ue0be ⠁⠇⡇⣇⣷⣿ \U0001fb00\U0001fb1d\U0001fb3b\n" +
	"日本語 wide 한국어 | e\u0301moji 😀 👩\u200d💻 ❤\ufe0f | \u0e33\n$ "

// TestGolden compares pictures with those that somebody has looked at. The PNG is
// compared by its dots, in the font that the program carries.
func TestGolden(t *testing.T) {
	screen := shown(t, 12, 58, sample)
	var asSVG, asPNG bytes.Buffer
	if err := picture.SVG(&asSVG, screen); err != nil {
		t.Fatal(err)
	}
	if err := picture.PNG(&asPNG, screen, picture.Carried()); err != nil {
		t.Fatal(err)
	}
	svgFile, pngFile := filepath.Join("testdata", "sample.svg"), filepath.Join("testdata", "sample.png")
	if *update {
		for file, data := range map[string][]byte{svgFile: asSVG.Bytes(), pngFile: asPNG.Bytes()} {
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want, err := os.ReadFile(svgFile)
	if err != nil || !bytes.Equal(want, asSVG.Bytes()) {
		t.Errorf("the SVG is not %s (%v): run with -update and look at it", svgFile, err)
	}
	file, err := os.Open(pngFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	golden, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(&asPNG)
	if err != nil || !alike(got, golden) {
		t.Errorf("the PNG is not %s (%v): run with -update and look at it", pngFile, err)
	}
}

// alike compares two pictures; edges may be a little lighter or darker, as another
// processor's arithmetic has them.
func alike(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	near := func(x, y uint32) bool { return max(x, y)-min(x, y) <= 8<<8 }
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			r, g, bl, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if !near(r, r2) || !near(g, g2) || !near(bl, b2) {
				return false
			}
		}
	}
	return true
}

// TestSVGIsText: it is XML, whatever a program prints, and its text is the screen's.
func TestSVGIsText(t *testing.T) {
	var out bytes.Buffer
	hostile := "<script>alert('x')</script> &amp; \u202e\u0085 ]]> \x1b]2;ti<t>le\x07\x1b[31mred"
	if err := picture.SVG(&out, shown(t, 4, 60, hostile)); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for d := xml.NewDecoder(&out); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "script" {
				t.Error("a program's text is an element")
			}
		case xml.CharData:
			text.Write(token)
		}
	}
	for _, want := range []string{"<script>alert('x')</script> &amp;", "red", "ti<t>le"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in %q", want, text.String())
		}
	}
	if regexp.MustCompile("[\u0080-\u009f\u202a-\u202e]").MatchString(text.String()) {
		t.Errorf("control characters in %q", text.String())
	}
}

// TestTooLarge: what would take too much memory is refused.
func TestTooLarge(t *testing.T) {
	screen := shown(t, 2, 500, "x")
	for range 5000 {
		screen.History = append(screen.History, exec.ScreenLine{Runs: []exec.Run{{Text: "x", Width: 1}}})
	}
	if err := picture.PNG(io.Discard, screen, picture.Carried()); err == nil {
		t.Error("a picture of 500 columns and 5,000 rows was drawn")
	}
	if err := picture.SVG(io.Discard, screen); err != nil {
		t.Error(err)
	}
}

// TestFontFiles: what is no font is told, and a file that is one is used.
func TestFontFiles(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.ttf")
	if err := os.WriteFile(bad, []byte("no font"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{bad, bad + ".none"} {
		if _, err := picture.Of(file); err == nil || !strings.HasPrefix(err.Error(), "font "+file+": ") {
			t.Errorf("%s: %v", file, err)
		}
	}
}
