//go:build !race

package vt

const (
	pointsPerRecording = 300 // attach points beside the cuts
	attachEvery        = 1   // bytes of a script between two attaches
)
