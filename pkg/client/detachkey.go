package client

import "github.com/xsh-project/xsh/internal/termin"

// DefaultDetachKey is what ParseDetachKey is given when nobody has chosen.
const DefaultDetachKey = termin.DefaultDetachKey

// DetachKey is the sequence of keys that ends an attachment from the keyboard.
// The zero value is none: nothing typed detaches.
type DetachKey = termin.DetachKey

// ParseDetachKey reads one to three keys with spaces between them, such as
// "ctrl-a d", or "none".
func ParseDetachKey(s string) (DetachKey, error) { return termin.ParseDetachKey(s) }
