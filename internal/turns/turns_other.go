//go:build !linux

package turns

// Short does nothing: only Linux knows such turns.
func Short() {}

// Usual does nothing, as Short.
func Usual() {}
