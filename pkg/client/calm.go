package client

// calm keeps a program's output from clearing the scrollback of the terminal (CSI 3 J),
// which programs that redraw all they have do dozens of times a minute. The sequence
// may be cut anywhere. It is cancelled rather than taken out, so that the bytes stay
// as many as the server sent, which it counts.
type calm struct {
	state calmState
}

type calmState int

const (
	calmGround calmState = iota
	calmEscape           // behind ESC
	calmBegun            // behind CSI, and zeros
	calmThree            // behind CSI 3
)

// cancel is CAN, with which a terminal gives up a sequence that it has begun to read.
const cancel = 0x18

// quiet changes data, the next of the program's output, in place.
func (c *calm) quiet(data []byte) {
	for i, b := range data {
		switch {
		case b == 0x1b:
			c.state = calmEscape
		case c.state == calmGround:
		case c.state == calmEscape && b == '[', c.state == calmBegun && b == '0':
			c.state = calmBegun
		case c.state == calmBegun && b == '3':
			c.state = calmThree
		case c.state == calmThree && b == 'J':
			data[i], c.state = cancel, calmGround
		default:
			c.state = calmGround
		}
	}
}
