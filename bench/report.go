package main

import (
	"fmt"
	"slices"
	"time"
)

// figure is one line of the result.
type figure struct {
	what, measured, promised string
	kept                     bool
}

// say prints a figure; more explains it.
func (b *bench) say(f figure, more string, args ...any) {
	verdict := "kept"
	if !f.kept {
		verdict = "MISSED"
	}
	fmt.Printf("%-34s %12s   promised %-12s %-7s %s\n", f.what, f.measured, f.promised, verdict, fmt.Sprintf(more, args...))
}

// atLeast prints a ratio that is to be want or more.
func (b *bench) atLeast(what string, ratio, want float64, more string, args ...any) {
	b.say(figure{what, fmt.Sprintf("%.2f", ratio), fmt.Sprintf(">= %g", want), ratio >= want}, more, args...)
}

// atMost prints a figure that is to be want or less.
func (b *bench) atMost(what string, measured, want float64, more string, args ...any) {
	b.say(figure{what, fmt.Sprintf("%.2f", measured), fmt.Sprintf("<= %g", want), measured <= want}, more, args...)
}

// skip says that something was not measured against another, and why.
func (b *bench) skip(what string, why error) {
	fmt.Printf("%-34s %12s   %v\n", what, "skipped", why)
}

func median[T int64 | float64 | time.Duration](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
