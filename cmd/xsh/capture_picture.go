package main

import (
	"bytes"
	"io"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/internal/picture"
	"github.com/xsh-project/xsh/pkg/exec"
)

// pictureFlags are those of a capture that is a picture.
type pictureFlags struct {
	SVG, PNG bool
	Font     string
}

func (f *pictureFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.SVG, "svg", false, "a picture as SVG")
	flags.BoolVar(&f.PNG, "png", false, "a picture as PNG")
	flags.StringVar(&f.Font, "font", "", "the `FILE` of the font of a PNG")
}

func (f *pictureFlags) picture() bool { return f.SVG || f.PNG }

// check refuses what makes no sense with a picture, before anything is asked for.
func (f *pictureFlags) check(a *app, o *captureOptions) error {
	switch {
	case f.Font != "" && !f.PNG:
		return usagef("--font goes with --png")
	case !f.picture():
		return nil
	case f.SVG && f.PNG, o.Output.value == "json", o.Escapes:
		return usagef("a picture is one of --svg and --png, and goes with neither -e nor -o json")
	case o.Selector.given:
		return usagef("a picture is of one session, and does not go with -l")
	case f.PNG && width(a.out) > 0:
		return withHint(usagef("a PNG is nothing for a terminal"), "xsh capture NAME --png > FILE.png")
	}
	return nil
}

// print prints the picture, or nothing of it.
func (f *pictureFlags) print(to io.Writer, s *exec.Screen) error {
	if f.SVG {
		return picture.SVG(to, s)
	}
	fonts := picture.Machine()
	if f.Font != "" {
		var err error
		if fonts, err = picture.Of(f.Font); err != nil {
			return err
		}
	}
	var data bytes.Buffer
	if err := picture.PNG(&data, s, fonts); err != nil {
		return err
	}
	_, err := to.Write(data.Bytes())
	return err
}
