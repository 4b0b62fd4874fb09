package exec

import (
	"time"

	"github.com/xsh-project/xsh/pkg/settings"
)

// The settings that a Manager reads, and their defaults.
const (
	// SettingBufferBytes is the capacity of each session's output buffer;
	// DefaultOutputBufferSize if it is not set.
	SettingBufferBytes = "exec.buffer_bytes"
	// SettingHistory is how many lines of scrollback each session keeps; 0
	// means the default, negative none.
	SettingHistory = "exec.history"
	// SettingEndedSessions is how many ended sessions are kept; 50 if it is not
	// set.
	SettingEndedSessions = "exec.ended_sessions"
	// SettingEndedHours is for how many hours an ended session is kept; 24 if it
	// is not set.
	SettingEndedHours = "exec.ended_hours"

	defaultEndedSessions = 50
	defaultEndedHours    = 24
)

// endedPolicy bounds the ended sessions that are kept.
type endedPolicy struct {
	most int
	age  time.Duration
}

func newEndedPolicy(p settings.Provider) endedPolicy {
	return endedPolicy{
		most: settings.Int(p, SettingEndedSessions, defaultEndedSessions),
		age:  time.Duration(settings.Int(p, SettingEndedHours, defaultEndedHours)) * time.Hour,
	}
}
