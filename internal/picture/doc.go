// Package picture draws what a session shows: as an SVG whose text is text, and as a
// PNG. A Screen becomes rows of cells, each with its text and colours; SVG writes
// them, and PNG draws them. Lines, blocks, Braille and the signs of powerline are
// drawn by shape, so that they meet, whatever the font; all other characters come
// from fonts, and what no font has is a box. Nothing here is kept between calls.
package picture
