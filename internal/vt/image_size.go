package vt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
)

// pixels is an image's size.
type pixels struct{ wide, high int }

// cells returns how many rows and columns of cells the image takes. What is not 0 is
// given; what is not given keeps the image's proportions.
func (p pixels) cells(rows, cols int) (int, int) {
	known := p.wide > 0 && p.high > 0
	switch {
	case rows > 0 && cols > 0 || !known:
	case rows > 0:
		cols = parts(p.wide*rows*cellHeight, p.high*cellWidth)
	case cols > 0:
		rows = parts(p.high*cols*cellWidth, p.wide*cellHeight)
	default:
		rows, cols = parts(p.high, cellHeight), parts(p.wide, cellWidth)
	}
	return min(rows, maxImage/cellHeight), min(cols, maxImage/cellWidth)
}

// parts returns how many parts of size cover n.
func parts(n, size int) int { return (n + size - 1) / size }

// encodedSize returns the size that the header of an image in base64 tells, zero if
// there is none, or not in what is kept of it.
func encodedSize(data []byte) pixels {
	data = data[:len(data)&^3]
	b := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	n, _ := base64.StdEncoding.Decode(b, data) // what is before an error counts
	p := imageSize(b[:n])
	return pixels{min(p.wide, maxImage), min(p.high, maxImage)}
}

// imageSize reads the header of a PNG, GIF or JPEG.
func imageSize(b []byte) pixels {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) && len(b) >= 24:
		return pixels{int(binary.BigEndian.Uint32(b[16:])), int(binary.BigEndian.Uint32(b[20:]))}
	case (bytes.HasPrefix(b, []byte("GIF87a")) || bytes.HasPrefix(b, []byte("GIF89a"))) && len(b) >= 10:
		return pixels{int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))}
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		return jpegSize(b[2:])
	}
	return pixels{}
}

// jpegSize looks for the frame header, SOFn, among the segments of a JPEG.
func jpegSize(b []byte) pixels {
	for len(b) >= 9 && b[0] == 0xff {
		if b[1] == 0xff { // padding
			b = b[1:]
			continue
		}
		if c := b[1]; c >= 0xc0 && c <= 0xcf && c != 0xc4 && c != 0xc8 && c != 0xcc {
			return pixels{int(binary.BigEndian.Uint16(b[7:])), int(binary.BigEndian.Uint16(b[5:]))}
		}
		n := 2 + int(binary.BigEndian.Uint16(b[2:]))
		if n < 4 || n > len(b) {
			break
		}
		b = b[n:]
	}
	return pixels{}
}
