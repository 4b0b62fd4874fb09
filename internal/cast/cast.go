package cast

import "time"

// Versions that can be written and read.
const (
	V2 = 2
	V3 = 3
)

// Size is a terminal's size in cells.
type Size struct{ Rows, Cols int }

// Header is what a file says of its recording. What is zero is not said.
type Header struct {
	Version   int // zero is V3 for a Writer
	Size      Size
	Begun     time.Time // to the second
	Title     string
	Command   string
	Term      string        // the value of TERM
	IdleLimit time.Duration // longer pauses are to be played as if they were this long
}

// Codes of events. A Reader gives out others as well, which a player passes over.
const (
	Output = "o"
	Input  = "i"
	Resize = "r" // Data is COLSxROWS
	Marker = "m" // Data is its label
	Exit   = "x" // Data is the program's status; version 3 alone has it
)

// Event is something that happened to the terminal.
type Event struct {
	At   time.Duration // since the beginning
	Code string
	Data string
}
