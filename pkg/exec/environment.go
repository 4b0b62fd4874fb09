package exec

import "strings"

// Bounds of what a client may tell of its environment: it is kept for as long as the
// client is attached.
const (
	maxVariables   = 64
	maxEnvironment = 32 << 10
)

// fitEnvironment leaves out what is too much, what is no variable, and what would not
// fit on a line, as a handler may write it to a file for shells.
func fitEnvironment(all []string) []string {
	var fit []string
	bytes := 0
	for _, pair := range all {
		name, _, _ := strings.Cut(pair, "=")
		bytes += len(pair)
		if len(fit) == maxVariables || bytes > maxEnvironment {
			break
		}
		if variableName(name) && !strings.ContainsAny(pair, "\n\r\x00") {
			fit = append(fit, pair)
		}
	}
	return fit
}

func variableName(name string) bool {
	for i, c := range []byte(name) {
		if c != '_' && (!letterOrDigit(c) || i == 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return name != ""
}
