//go:build !linux

package exec

// hasRealtime: the system has realtime signals. macOS has none.
const hasRealtime = false
