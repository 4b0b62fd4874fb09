package main

import "strconv"

// shellMarks is the setting by which shells are started as they are. It counts for
// shells that start from then on.
var shellMarks = setting{
	key: "shell_marks", want: "true or false", def: "true", help: "shells mark their prompts, as xsh run needs",
	set:  func(c *config, value any) error { return setTruth(&c.ShellMarks, value) },
	near: nearTruth,
	get:  func(c config) string { return strconv.FormatBool(c.ShellMarks) },
}
