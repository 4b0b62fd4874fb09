package vt

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Bounds of a notification's text.
const (
	maxNotifyTitle = 1024
	maxNotifyBody  = 4096
)

// notifyOrProgress is OSC 9: a notification's text, as iTerm2 has it, unless it begins
// with a number, which ConEmu has commands for. Of these 4 is the progress.
func (t *Terminal) notifyOrProgress(b []byte) {
	if !isCommand(b) {
		t.notify(nil, b)
	} else if rest, ok := bytes.CutPrefix(b, []byte("4;")); ok {
		t.setProgress(rest)
	}
}

// isCommand tells whether what follows OSC 9 is one of ConEmu's.
func isCommand(b []byte) bool {
	command, _, more := bytes.Cut(b, []byte{';'})
	_, isNumber := number(command)
	return isNumber && more
}

func (t *Terminal) notify(title, body []byte) {
	if f := t.cfg.Effects.Notify; f != nil && len(title)+len(body) > 0 {
		f(clean(title, maxNotifyTitle), clean(body, maxNotifyBody))
	}
}

// rxvtNotify is OSC 777;notify;title;body.
func (t *Terminal) rxvtNotify(b []byte) {
	rest, ok := bytes.CutPrefix(b, []byte("notify;"))
	if !ok {
		return
	}
	title, body, _ := bytes.Cut(rest, []byte{';'})
	t.notify(title, body)
}

// kittyNote is a notification of kitty's that comes in parts.
type kittyNote struct {
	id          string
	title, body []byte
}

// kittyNotify is OSC 99: metadata, and a part of the title or of the body. d=0 says that
// more comes.
// https://sw.kovidgoyal.net/kitty/desktop-notifications/
func (t *Terminal) kittyNotify(b []byte) {
	if t.cfg.Effects.Notify == nil {
		return
	}
	metadata, payload, _ := bytes.Cut(b, []byte{';'})
	keys := make(map[string]string)
	for kv := range strings.SplitSeq(string(metadata), ":") {
		if k, v, _ := strings.Cut(kv, "="); len(k) == 1 && len(v) <= 64 {
			keys[k] = v
		}
	}
	if keys["e"] == "1" {
		n, _ := base64.StdEncoding.Decode(payload, payload) // what is before an error counts
		payload = payload[:n]
	}
	n := &t.note
	if n.id != keys["i"] {
		*n = kittyNote{id: keys["i"]}
	}
	switch keys["p"] {
	case "", "title":
		n.title = appendBounded(n.title, payload, maxNotifyTitle)
	case "body":
		n.body = appendBounded(n.body, payload, maxNotifyBody)
	case "close", "alive", "?", "icon", "buttons":
		return
	}
	if keys["d"] != "0" {
		t.notify(n.title, n.body)
		*n = kittyNote{}
	}
}

func appendBounded(dst, b []byte, max int) []byte {
	return append(dst, b[:min(len(b), max-len(dst))]...)
}
