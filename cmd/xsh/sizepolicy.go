package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/xsh-project/xsh/pkg/exec"
)

// clientPolicies are the policies by which clients say what size a session has.
var clientPolicies = []string{string(exec.SizeLeader), string(exec.SizeLargest), string(exec.SizeSmallest)}

// sizeSetting is the setting size, for new sessions.
var sizeSetting = setting{
	key: "size", want: `"leader", "largest", "smallest" or a size such as "120x40"`, def: `"leader"`,
	help: "whose size a new session has, or which",
	set: func(c *config, value any) error {
		text, ok := value.(string)
		if !ok {
			return errWant
		}
		if _, err := parseSize(text); err != nil && !slices.Contains(clientPolicies, text) {
			return errWant
		}
		c.Size = text
		return nil
	},
	near: func(value any) string {
		if near := nearest(fmt.Sprint(value), clientPolicies); near != "" {
			return strconv.Quote(near)
		}
		return ""
	},
	get: func(c config) string { return strconv.Quote(c.Size) },
}

// sizeOfNew returns what size a new session has by the setting, and by which policy; the
// zero Size is that of the terminal that asks for it.
func (c config) sizeOfNew() (exec.Size, exec.SizePolicy) {
	if size, err := parseSize(c.Size); err == nil {
		return size, exec.SizeFixed
	}
	return exec.Size{}, exec.SizePolicy(c.Size)
}
