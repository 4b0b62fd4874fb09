// Package timeline is what a terminal showed at each moment of some output that is
// all there: a recording, or what is held of a session.
//
// A [Timeline] is given pieces of output with their times. Moment i is what was shown
// behind the first i pieces. To show one, a model goes on from the nearest keyframe
// before it, or from the moment that was shown last; so any takes about a millisecond.
// It is used by one goroutine.
package timeline
