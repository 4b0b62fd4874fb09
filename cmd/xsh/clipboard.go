package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/xsh-project/xsh/pkg/exec"
)

// clipboards are whose clipboard a program may use, the most usual first.
var clipboards = []string{exec.ClipboardLeader, exec.ClipboardAll, exec.ClipboardNone}

var clipboardSetting = setting{
	key: "clipboard", want: `"leader", "all" or "none"`, def: `"leader"`,
	help: "whose clipboard a program may use",
	set: func(c *config, value any) error {
		text, ok := value.(string)
		if !ok || !slices.Contains(clipboards, text) {
			return errWant
		}
		c.Clipboard = text
		return nil
	},
	near: func(value any) string {
		if near := nearest(fmt.Sprint(value), clipboards); near != "" {
			return strconv.Quote(near)
		}
		return ""
	},
	get: func(c config) string { return strconv.Quote(c.Clipboard) },
}
