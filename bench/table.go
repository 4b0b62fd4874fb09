package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// samples are what was measured, for each peer.
type samples map[*peer][]float64

func (s samples) add(p *peer, v float64) { s[p] = append(s[p], v) }

// time adds how long something took, in seconds.
func (s samples) time(p *peer, act func() (time.Duration, error)) error {
	took, err := act()
	if err == nil {
		s.add(p, took.Seconds())
	}
	return err
}

// values are one figure for each peer, by its name.
type values map[string]float64

// quantile is what so much of the samples is under, times a unit.
func (s samples) quantile(q, unit float64) values {
	v := values{}
	for p, list := range s {
		list = slices.Sorted(slices.Values(list))
		v[p.name] = unit * list[min(len(list)-1, int(q*float64(len(list))))]
	}
	return v
}

func (s samples) median() values         { return s.quantile(0.5, 1) }
func (s samples) milli() values          { return s.quantile(0.5, 1e3) }
func (s samples) micro(q float64) values { return s.quantile(q, 1e6) }

// promise is what a figure of xsh has to keep: at most, or at least, limit times
// a peer's, or limit itself.
type promise struct {
	limit float64
	least bool
	of    string
}

var none = promise{}

func atMost(limit float64) promise          { return promise{limit: limit} }
func atLeast(limit float64) promise         { return promise{limit: limit, least: true} }
func (w promise) times(peer string) promise { w.of = peer; return w }
func (w promise) kept(measured float64) bool {
	return measured == w.limit || measured > w.limit == w.least
}

func (w promise) String() string {
	sign := "≤"
	if w.least {
		sign = "≥"
	}
	if w.of == "" {
		return fmt.Sprintf("%s %g", sign, w.limit)
	}
	return fmt.Sprintf("%s %g × %s", sign, w.limit, w.of)
}

// columns of the table.
const (
	wideText   = 51
	widePeer   = 9
	wideWanted = 15
)

func printHead(peers []string) {
	fmt.Print(padRight("", wideText))
	for _, name := range peers {
		fmt.Print(padLeft(name, widePeer))
	}
	fmt.Println("   " + padRight("promise", wideWanted) + "  xsh has")
}

// say prints a line of the table.
func (r *rig) say(what string, v values, want promise) {
	fmt.Print(padRight(what, wideText))
	for _, p := range r.peers {
		cell := "–"
		if f, ok := v[p.name]; ok {
			cell = threeDigits(f)
		}
		fmt.Print(padLeft(cell, widePeer))
	}
	if want == none {
		fmt.Println()
		return
	}
	fmt.Println("   " + padRight(want.String(), wideWanted) + "  " + verdict(v, want))
}

// sayShare prints rates as shares of raw's.
func (r *rig) sayShare(what string, rate samples, want float64) {
	v := rate.median()
	raw := v[rawName]
	for name := range v {
		v[name] /= raw
	}
	r.say(what, v, atLeast(want))
	fmt.Printf("    raw: %.0f MB/s\n", raw)
}

func verdict(v values, want promise) string {
	measured, ok := v[xshName]
	if !ok {
		return "not measured"
	}
	said := ""
	if want.of != "" {
		beside, ok := v[want.of]
		if !ok {
			return "no " + want.of + " here"
		}
		measured /= beside
		said = fmt.Sprintf("%.2f  ", measured)
	}
	if want.kept(measured) {
		return said + "met"
	}
	return said + "MISSED"
}

// threeDigits is a number as short as its size allows.
func threeDigits(f float64) string {
	switch {
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	case f < 100:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// padRight and padLeft count characters: fmt counts bytes of a µ.
func padRight(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-len([]rune(s))))
}
func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-len([]rune(s)))) + s
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// sayOwn prints a figure of a part of xsh that is measured without peers, and
// what explains it.
func (r *rig) sayOwn(what string, measured float64, want promise, note string, args ...any) {
	v := values{xshName: measured}
	fmt.Println(padRight(what, wideText) + padLeft(threeDigits(measured), widePeer*len(r.peers)) + "   " +
		padRight(want.String(), wideWanted) + "  " + verdict(v, want) + "  " + fmt.Sprintf(note, args...))
}

// skip says that something was not measured against another, and why.
func (r *rig) skip(what string, why error) {
	fmt.Println(padRight(what, wideText) + "  skipped: " + why.Error())
}

func median[T int64 | float64 | time.Duration](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
