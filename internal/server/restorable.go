package server

import (
	"fmt"
	"strings"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/stored"
)

// Restorable says how many sessions can be brought back, where no server and no
// keeper runs; empty if there are none.
func Restorable(p paths.Paths) string {
	if p.Stored == "" {
		return ""
	}
	ids, _ := stored.Dir(p.Stored).IDs() // what cannot be read can be asked for
	if len(ids) == 0 {
		return ""
	}
	return CanRestore(len(ids))
}

// CanRestore says that so many sessions can be brought back.
func CanRestore(n int) string {
	if n == 1 {
		return "1 session can be brought back: xsh restore"
	}
	return fmt.Sprintf("%d sessions can be brought back: xsh restore", n)
}

// sentences joins what there is to say to one line.
func sentences(all ...string) string {
	var said []string
	for _, s := range all {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, "; ")
}
