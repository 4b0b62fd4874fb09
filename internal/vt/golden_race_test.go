//go:build race

package vt

// The race detector makes everything ten times slower.
const pointsPerRecording = 25
