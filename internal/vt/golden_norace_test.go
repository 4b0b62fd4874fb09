//go:build !race

package vt

const pointsPerRecording = 300
