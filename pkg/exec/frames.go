package exec

import "time"

// frameEvery is the least time between two frames: 60 a second.
const frameEvery = time.Second / 60

// frames is a placeholder until the renderer lands.
func (a *attachment) frames() (ended bool) { return a.tail() }
