// Package logging is the logger that the packages of this module take. Any
// *slog.Logger is one.
package logging

import "log/slog"

// Logger writes structured messages; args are slog's keys and values. It must
// be safe for concurrent use. What is logged never contains a program's
// output or the value of a variable or parameter.
type Logger interface {
	Debug(msg string, args ...any)
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
	Error(msg string, args ...any)
}

var _ Logger = (*slog.Logger)(nil)

// Discard returns a Logger that writes nothing.
func Discard() Logger { return slog.New(slog.DiscardHandler) }
