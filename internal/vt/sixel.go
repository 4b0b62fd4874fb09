package vt

// sixelSize reckons the extent of a sixel image while its data passes.
type sixelSize struct {
	bands  int // rows of six pixels begun
	number int // being read
	params [4]int
	n      int
	raster bool // reading the raster attributes
	height int  // that they say, in pixels
	any    bool // something was drawn
}

// appendPending appends the unfinished sequence. Of an image that is coming, the
// part that has passed is left blank, so that the rest comes in its place.
func (t *Terminal) appendPending(dst []byte) []byte {
	dst = t.parser.appendPending(dst)
	if t.parser.state == stString && t.parser.stream {
		for range t.image.bands {
			dst = append(dst, '-')
		}
	}
	return dst
}

// feed takes the next data of the image.
func (s *sixelSize) feed(b []byte) {
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			s.number = min(10*s.number+int(c-'0'), maxImage)
			continue
		case c == ';':
			s.param()
			continue
		}
		s.endRaster()
		switch {
		case c == '"':
			s.raster, s.n = true, 0
		case c == '-':
			s.bands = min(s.bands+1, maxImage)
		case c >= '?' && c <= '~':
			s.any = true
		}
		s.number = 0
	}
}

func (s *sixelSize) param() {
	if s.n < len(s.params) {
		s.params[s.n] = s.number
		s.n++
	}
	s.number = 0
}

// endRaster takes the height from raster attributes: the fourth number.
func (s *sixelSize) endRaster() {
	if !s.raster {
		return
	}
	s.param()
	if s.n == 4 {
		s.height = s.params[3]
	}
	s.raster = false
}

// rows is how many rows of cells the image covers.
func (s *sixelSize) rows() int {
	px := max(6*s.bands, s.height)
	if s.any {
		px = max(px, 6*s.bands+6)
	}
	if s.height > 0 {
		px = max(s.height, 6*s.bands)
	}
	return (px + cellHeight - 1) / cellHeight
}

// sixelEnd moves the cursor as an image does that has ended: to the row of its
// last line, the column kept. Under DECSDM an image does not move it.
func (t *Terminal) sixelEnd() {
	t.image.endRaster()
	if t.on(modeSixelDisplay) {
		return
	}
	t.imageDown(t.image.rows())
}
