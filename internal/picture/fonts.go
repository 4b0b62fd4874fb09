package picture

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Fonts are what a PNG's characters come from.
type Fonts struct {
	regular, bold *sfnt.Font // bold is nil where the regular one is drawn twice
	// others are asked for what the first does not have, in their order.
	others []*sfnt.Font
}

// Carried returns the one font that this program has with it.
func Carried() *Fonts {
	f, err := opentype.Parse(gomono.TTF)
	if err != nil {
		panic(err) // it is a part of the program
	}
	return &Fonts{regular: f}
}

// Of returns the font of a file, with the machine's for what it lacks.
func Of(file string) (*Fonts, error) {
	f, err := load(file)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", file, err)
	}
	own := Machine()
	return &Fonts{regular: f, others: append([]*sfnt.Font{own.regular}, own.others...)}, nil
}

// monospaced and wide are files of fonts that machines have, the best first: those
// that text is shown in, and those with the characters of two columns.
var (
	monospaced = [][2]string{
		{"DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"},
		{"JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf"},
		{"LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf"},
		{"NotoSansMono-Regular.ttf", "NotoSansMono-Bold.ttf"},
		{"UbuntuMono-R.ttf", "UbuntuMono-B.ttf"},
		{"Menlo.ttc", ""},
	}
	wide = []string{
		"NotoSansMonoCJK-Regular.ttc", "NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
		"DroidSansFallbackFull.ttf", "unifont.ttf", "unifont.otf", "PingFang.ttc", "Hiragino Sans GB.ttc", "DejaVuSans.ttf", "Symbola.ttf", "NotoEmoji-Regular.ttf",
	}
)

// Machine returns the fonts that this machine has, and the carried one where there
// is no other.
func Machine() *Fonts {
	found := fontFiles()
	var fonts Fonts
	for _, pair := range monospaced {
		if f, err := load(found[pair[0]]); err == nil {
			fonts.regular = f
			fonts.bold, _ = load(found[pair[1]])
			break
		}
	}
	for _, name := range wide {
		if f, err := load(found[name]); err == nil {
			fonts.others = append(fonts.others, f)
		}
	}
	carried := Carried()
	if fonts.regular == nil {
		fonts.regular = carried.regular
	}
	return &fonts
}

// maxFontFiles bounds how many files are looked at, and maxFontBytes how large a font
// may be.
const (
	maxFontFiles = 20000
	maxFontBytes = 64 << 20
)

// fontFiles finds the files that are asked for where fonts stand, by their names.
func fontFiles() map[string]string {
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	if runtime.GOOS == "darwin" {
		dirs = []string{"/System/Library/Fonts", "/Library/Fonts"}
	}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, "Library/Fonts"))
	}
	found, seen := map[string]string{}, 0
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if seen++; seen > maxFontFiles {
				return fs.SkipAll
			}
			if err == nil && d.Type().IsRegular() && found[d.Name()] == "" {
				found[d.Name()] = path
			}
			return nil
		})
	}
	return found
}

// load reads a font, of a collection the first.
func load(file string) (*sfnt.Font, error) {
	st, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxFontBytes {
		return nil, fmt.Errorf("it has %d bytes, and no font of a terminal has", st.Size())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if slices.Contains([]string{".ttc", ".otc"}, strings.ToLower(filepath.Ext(file))) {
		all, err := opentype.ParseCollection(data)
		if err != nil {
			return nil, err
		}
		return all.Font(0)
	}
	return opentype.Parse(data)
}

// face is a font at a size.
type face struct {
	font.Face
	font *sfnt.Font
}

// faces are Fonts at a size.
type faces struct {
	regular, bold face // bold's Face is nil where there is none
	others        []face
	buf           sfnt.Buffer
}

func (f *Fonts) at(pixels float64) (*faces, error) {
	var all faces
	make := func(font *sfnt.Font) (face, error) {
		if font == nil {
			return face{}, nil
		}
		made, err := opentype.NewFace(font, &opentype.FaceOptions{Size: pixels, DPI: 72})
		return face{made, font}, err
	}
	var err error
	if all.regular, err = make(f.regular); err != nil {
		return nil, err
	}
	if all.bold, err = make(f.bold); err != nil {
		return nil, err
	}
	for _, font := range f.others {
		other, err := make(font)
		if err != nil {
			return nil, err
		}
		all.others = append(all.others, other)
	}
	return &all, nil
}

// find returns the face that has a character; none is what no font has. twice says
// that it is to be drawn bold and is not.
func (f *faces) find(r rune, bold bool) (found font.Face, twice bool) {
	list := append([]face{f.regular}, f.others...)
	if bold && f.bold.Face != nil {
		list = append([]face{f.bold}, list...)
	}
	for i, c := range list {
		if index, err := c.font.GlyphIndex(&f.buf, r); err == nil && index != 0 {
			return c.Face, bold && (i > 0 || f.bold.Face == nil)
		}
	}
	return nil, false
}
