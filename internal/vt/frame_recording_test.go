package vt

import "testing"

// framePoints is in how many places of a recording its frames are compared.
const framePoints = 20

func TestFramesOfRecordings(t *testing.T) {
	for _, rec := range readRecordings(t) {
		t.Run(rec.Name, func(t *testing.T) {
			t.Parallel()
			size := Size{rec.Rows, rec.Cols}
			clients := []*frameClient{
				newFrameClient(size, FrameCaps{Sync: true}),
				newFrameClient(Size{size.Rows - 9, size.Cols - 33}, FrameCaps{}),
				newFrameClient(Size{size.Rows + 5, size.Cols + 20}, FrameCaps{}),
				newFrameClient(Size{size.Rows * 2, size.Cols / 2}, FrameCaps{}),
			}
			terminal := New(size, Config{})
			for i := range framePoints {
				n := len(rec.raw)
				rec.play(terminal, n*i/framePoints, n*(i+1)/framePoints)
				s := terminal.Snapshot()
				for _, c := range clients {
					c.show(t, s)
				}
			}
			for _, c := range clients {
				c.leave(t)
			}
		})
	}
}
