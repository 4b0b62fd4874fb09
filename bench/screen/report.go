package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// report prints figures, in the form of those that the bench of the whole tool
// prints.
type report struct{ w io.Writer }

// atLeast prints a ratio that is to be want or more.
func (r *report) atLeast(name string, ratio, want float64, how string) {
	r.line(name, fmt.Sprintf("%.2f", ratio), fmt.Sprintf(">= %g", want), ratio >= want, how)
}

// atMost prints a figure that is to be want or less.
func (r *report) atMost(name string, figure, want float64, how string) {
	r.line(name, fmt.Sprintf("%.2f", figure), fmt.Sprintf("<= %g", want), figure <= want, how)
}

func (r *report) line(name, figure, promised string, kept bool, how string) {
	verdict := "kept"
	if !kept {
		verdict = "MISSED"
	}
	fmt.Fprintf(r.w, "%-34s %12s   promised %-12s %-7s %s\n", name, figure, promised, verdict, how)
}

// skip says that something was not measured against another, and why.
func (r *report) skip(name string, why error) {
	fmt.Fprintf(r.w, "%-34s %12s   %v\n", name, "skipped", why)
}

// median returns the middle one of the values.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	return v[len(v)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
