package vt

import "strconv"

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
		dst = t.image.appendPending(dst)
	}
	return dst
}

// appendPending appends data after which the image is as large as it is now.
func (s *sixelSize) appendPending(dst []byte) []byte {
	if !s.raster && s.height > 0 {
		dst = s.appendRaster(dst)
	}
	for range s.bands {
		dst = append(dst, '-')
	}
	if s.any {
		dst = append(dst, "?$"...) // nothing, but drawn
	}
	if s.raster {
		dst = s.appendRaster(dst)
	}
	return dst
}

// appendRaster appends the raster attributes, as far as they were read.
func (s *sixelSize) appendRaster(dst []byte) []byte {
	dst = append(dst, '"')
	for _, n := range s.params[:s.n] {
		dst = append(strconv.AppendInt(dst, int64(n), 10), ';')
	}
	if !s.raster {
		dst[len(dst)-1] = '$' // to the left, where it is: the last number ends
		return dst
	}
	if s.number > 0 {
		dst = strconv.AppendInt(dst, int64(s.number), 10)
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
			if s.raster {
				s.param()
			}
			s.number = 0
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
