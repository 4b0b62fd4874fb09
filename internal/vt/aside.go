package vt

import "bytes"

// Aside is what a terminal does beside its screen, once, when a program sends a certain
// OSC.
type Aside uint8

// The asides.
const (
	AsideNone      Aside = iota
	AsideClipboard       // OSC 52 that writes
	AsideNotice          // a notification: OSC 9, 99 and 777
)

// tellAside tells the owner of an OSC that is an aside; only the first bytes of a long
// one are held.
func (t *Terminal) tellAside() {
	f := t.cfg.Effects.Aside
	if f == nil {
		return
	}
	if kind := asideOf(t.parser.str); kind != AsideNone {
		f(kind, t.parser.length)
	}
}

// asideOf returns what an OSC is that begins with b. A question is no aside: who gets an
// aside has no way to answer.
func asideOf(b []byte) Aside {
	number, rest, _ := bytes.Cut(b, []byte{';'})
	switch string(number) {
	case "52":
		if _, data, ok := bytes.Cut(rest, []byte{';'}); ok && string(data) != "?" {
			return AsideClipboard
		}
	case "9":
		if len(rest) > 0 && !isCommand(rest) {
			return AsideNotice
		}
	case "99":
		metadata, _, _ := bytes.Cut(rest, []byte{';'})
		for kv := range bytes.SplitSeq(metadata, []byte{':'}) {
			if s := string(kv); s == "p=?" || s == "p=alive" {
				return AsideNone
			}
		}
		return AsideNotice
	case "777":
		if bytes.HasPrefix(rest, []byte("notify;")) {
			return AsideNotice
		}
	}
	return AsideNone
}
