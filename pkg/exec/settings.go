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
	// SettingMaxSessions is how many sessions may be active at once; 4000 if it
	// is not set.
	SettingMaxSessions = "exec.max_sessions"
	// SettingMaxClients is how many clients may be attached to one session; 250
	// if it is not set.
	SettingMaxClients = "exec.max_clients"
	// SettingHistoryBytes is how many bytes of memory the scrollback of all sessions
	// may take together; 1 GiB if it is not set.
	SettingHistoryBytes = "exec.history_bytes"
	// SettingClipboard is whose terminal's clipboard a program may write and read:
	// ClipboardLeader, if it is not set, ClipboardAll or ClipboardNone.
	SettingClipboard = "exec.clipboard"

	defaultEndedSessions = 50
	defaultEndedHours    = 24
	defaultMaxSessions   = 4000
	defaultMaxClients    = 250
	defaultHistoryBytes  = 1 << 30
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
