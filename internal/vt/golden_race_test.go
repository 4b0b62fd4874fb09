//go:build race

package vt

// The race detector makes everything ten times slower.
const (
	pointsPerRecording = 25 // attach points beside the cuts
	attachEvery        = 4  // bytes of a script between two attaches
)
