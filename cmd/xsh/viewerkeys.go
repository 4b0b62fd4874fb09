package main

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/termin"
)

// viewerKeys tells the keys, for the help of commands and within the viewer. It fits
// a terminal of ten rows and forty columns.
const viewerKeys = `Left Right    a step of output
Up Down       a command, or a marker
PgUp PgDn     a twentieth of all
Home End      the first, the last moment
Space         play, pause     + - speed
/ n N         search, next, previous
q             leave           ? keys
`

// typed acts on what was typed.
func (v *viewer) typed(ctx context.Context, t termin.Token) {
	switch t.Kind {
	case termin.Text, termin.Press, termin.Repeat, termin.PasteText:
	default:
		return
	}
	v.said, v.dirty = "", true
	if t.Kind != termin.Text && t.Kind != termin.PasteText {
		v.pressed(ctx, t.Key)
		return
	}
	for _, r := range string(t.Bytes) {
		if v.typing {
			v.input += string(r)
		} else {
			v.pressed(ctx, termin.Key{Code: r})
		}
	}
}

// pressed acts on a key.
func (v *viewer) pressed(ctx context.Context, k termin.Key) {
	if k.Code == 'c' && k.Mods&termin.Ctrl != 0 {
		v.quit = true
		return
	}
	if v.typing {
		v.edit(ctx, k)
		return
	}
	was := v.i
	switch k.Code {
	case 'q', termin.KeyEscape:
		v.quit = !v.help
		v.help = false
	case '?':
		v.help = !v.help
	case termin.KeyRight, 'l':
		v.stepTo(v.i + 1)
	case termin.KeyLeft, 'h':
		v.stepTo(v.i - 1)
	case termin.KeyUp, 'k':
		v.stepTo(v.tl.PrevStop(v.i))
	case termin.KeyDown, 'j':
		v.stepTo(v.tl.NextStop(v.i))
	case termin.KeyPageUp:
		v.stepTo(v.i - max(1, v.tl.Len()/20))
	case termin.KeyPageDown:
		v.stepTo(v.i + max(1, v.tl.Len()/20))
	case termin.KeyHome, 'g':
		v.stepTo(0)
	case termin.KeyEnd, 'G':
		v.stepTo(v.tl.Len())
	case ' ':
		v.playOrPause()
	case '+', '=':
		v.speed = min(2*v.speed, 64)
	case '-':
		v.speed = max(v.speed/2, 1.0/16)
	case '/':
		v.typing, v.input = true, ""
	case 'n', 'N':
		v.find(ctx, k.Code == 'N')
	}
	if v.playing && v.i != was {
		v.start()
	}
}

func (v *viewer) stepTo(i int) { v.i = max(0, min(i, v.tl.Len())) }

// playOrPause plays from the beginning where there is no more to play.
func (v *viewer) playOrPause() {
	switch {
	case v.playing:
		v.playing = false
	case v.i == v.tl.Len() && v.live == nil:
		v.i = 0
		v.start()
	default:
		v.start()
	}
}

// edit acts on a key while one types what to search for.
func (v *viewer) edit(ctx context.Context, k termin.Key) {
	switch k.Code {
	case termin.KeyEscape:
		v.typing = false
	case termin.KeyBackspace:
		_, n := utf8.DecodeLastRuneInString(v.input)
		v.input = v.input[:len(v.input)-n]
	case termin.KeyEnter:
		v.typing = false
		if v.input == "" {
			return
		}
		// What is typed is text. Without a capital letter either case is meant.
		pattern := regexp.QuoteMeta(v.input)
		if v.input == strings.ToLower(v.input) {
			pattern = "(?i)" + pattern
		}
		v.search = regexp.MustCompile(pattern)
		v.find(ctx, false)
	}
}

// find goes to where the text came to be shown next, or before. Where there is no
// next one, as at the end, where one begins, it is the one before.
func (v *viewer) find(ctx context.Context, back bool) {
	if v.search == nil {
		v.said = "/ searches first"
		return
	}
	i, ok := 0, false
	if !back {
		i, ok = v.tl.SearchNext(ctx, v.search, v.i)
	}
	if !ok {
		i, ok = v.tl.SearchPrev(ctx, v.search, v.i)
	}
	if !ok {
		v.said = "not found: " + v.input
		return
	}
	v.i, v.playing, v.due = i, false, time.Time{}
}
