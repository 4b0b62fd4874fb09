package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// report prints figures and remembers whether all are as promised.
type report struct {
	w      io.Writer
	missed int
}

// atLeast prints a ratio that is to be want or more.
func (r *report) atLeast(name string, ratio, want float64, how string) {
	r.line(name, ratio >= want, fmt.Sprintf("%.2f (at least %g)", ratio, want), how)
}

// atMost prints a figure that is to be want or less.
func (r *report) atMost(name string, figure, want float64, how string) {
	r.line(name, figure <= want, fmt.Sprintf("%.2f (at most %g)", figure, want), how)
}

func (r *report) line(name string, ok bool, figure, how string) {
	verdict := "ok"
	if !ok {
		verdict = "MISSED"
		r.missed++
	}
	fmt.Fprintf(r.w, "%-36s %-7s %-22s %s\n", name, verdict, figure, how)
}

// note prints what nothing was promised about.
func (r *report) note(name, how string) {
	fmt.Fprintf(r.w, "%-36s %-7s %-22s %s\n", name, "", "", how)
}

// skip says that something was not measured, and why.
func (r *report) skip(name string, why error) {
	fmt.Fprintf(r.w, "%-36s %-7s %-22s %v\n", name, "skipped", "", why)
}

// median returns the middle one of the values.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[len(v)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
