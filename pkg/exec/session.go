package exec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Session is a snapshot value type — safe for concurrent reads, returned by
// the public API. It carries no mutable internal state.
type Session struct {
	CreatedAt time.Time         `json:"created_at"`
	Labels    map[string]string `json:"labels"`
	Params    map[string]string `json:"params"`
	ID        string            `json:"id"`
	Command   []string          `json:"command"`
	Attached  bool              `json:"attached"`

	// Name is what people call the session; it is unique among the active
	// ones. It is the ID where none was asked for.
	Name string `json:"name"`
	// Handler is the key of the handler that started it.
	Handler string `json:"handler"`
	// Size is the terminal's; zero for a session without one.
	Size Size `json:"size"`
	// SizePolicy is what size it has among several clients; empty for a session without
	// a terminal.
	SizePolicy SizePolicy `json:"size_policy,omitempty"`
	// Clients is the number of attachments.
	Clients int `json:"clients"`
	// AttachedAt is when a client last attached; zero if none ever did.
	AttachedAt time.Time `json:"attached_at,omitzero"`
	// EndedAt and Exit are set once the program has ended.
	EndedAt time.Time   `json:"ended_at,omitzero"`
	Exit    *ExitStatus `json:"exit,omitempty"`
	// Stopped: a signal has stopped the program, which stands still until one
	// continues it.
	Stopped bool `json:"stopped,omitempty"`
	// Title is the window's title, and Dir the directory that the program told
	// last, else the one that it started in; empty if that is not known.
	Title string `json:"title,omitempty"`
	Dir   string `json:"dir,omitempty"`
	// Shell is what the session's shell is doing, if it tells.
	Shell Shell `json:"shell,omitempty"`
	// State is what the program is at, if there is who tells.
	State State `json:"state,omitzero"`
	// UsedAt is when somebody last typed; zero if nobody ever did.
	UsedAt time.Time `json:"used_at,omitzero"`
	// Typists are those who typed last, the last one first.
	Typists []TypedBy `json:"typists,omitempty"`
	// Attachments are the clients, the oldest first.
	Attachments []ClientInfo `json:"attachments,omitempty"`
	// TTL and OnExit are as in SessionOptions.
	TTL    time.Duration `json:"-"`
	OnExit OnExit        `json:"on_exit,omitempty"`
	// TTY tells the session's terminal from all others: TerminalID of a file is
	// the same if the file is that terminal. Empty where there is no telling.
	TTY string `json:"-"`

	// Persist is what of it is kept on disk, and PersistProblem why it is not,
	// though that was asked for.
	Persist        Persist `json:"persist,omitempty"`
	PersistProblem string  `json:"persist_problem,omitempty"`
	// RestartWith is the command that is started in place of Command when the
	// session is started again, and RestartDir its directory; see Restorer.
	RestartWith []string `json:"restart_with,omitempty"`
	RestartDir  string   `json:"restart_dir,omitempty"`

	// KeepProblem is why the session ends with its Manager, though that has a
	// Keeper.
	KeepProblem string `json:"keep_problem,omitempty"`
}

// Shell is what a session's shell is doing, as its marks tell.
type Shell string

// What a shell is doing. A session whose program sets no marks has ShellUnknown.
const (
	ShellUnknown Shell = ""
	ShellPrompt  Shell = "prompt"
	ShellCommand Shell = "command"
)

// ClientInfo is what is known of a client that is attached.
type ClientInfo struct {
	// Since is when it attached, and UsedAt when somebody last typed there: zero
	// if nobody has.
	Since  time.Time `json:"since"`
	UsedAt time.Time `json:"used_at,omitzero"`
	Size   Size      `json:"size"`
	// ReadOnly: it only watches.
	ReadOnly bool `json:"read_only"`
	// Leads: its size is the session's.
	Leads bool `json:"leads"`
	// TTY, PID and Remote are what it says of itself; see AttachOptions.
	TTY    string `json:"tty"`
	PID    int    `json:"pid"`
	Remote string `json:"remote"`
	// SilentSince is since when it should have said something, and has not: it may
	// be stopped, or its line may be dead. Zero: it answers, or nobody can tell.
	SilentSince time.Time `json:"silent_since,omitzero"`
}

// SizePolicy says what size a session has among several clients. Clients that only watch
// and those that came with NoResize do not count.
type SizePolicy string

// The policies. Rows and columns are taken one by one. When the last client has left the
// size stays as it was.
const (
	// SizeLeader: that of the client that attached or typed last. "" is the same.
	SizeLeader SizePolicy = "leader"
	// SizeLargest: so large that all see their terminals filled.
	SizeLargest SizePolicy = "largest"
	// SizeSmallest: so small that all see everything.
	SizeSmallest SizePolicy = "smallest"
	// SizeFixed: what it is, or ResizeSession made it last; no client changes it.
	SizeFixed SizePolicy = "fixed"
)

func (p SizePolicy) known() bool {
	return p == SizeLeader || p == SizeLargest || p == SizeSmallest || p == SizeFixed
}

func errBadPolicy(p SizePolicy) error {
	return fmt.Errorf("size policy %.40q: it is %s, %s, %s or %s", string(p), SizeLeader, SizeLargest, SizeSmallest, SizeFixed)
}

// DataDir is the key in a session's ResourceData of the directory that its program
// starts in, for handlers that have one.
const DataDir = "dir"

// OnExit is what becomes of a session when its program has ended.
type OnExit string

const (
	// OnExitKeep keeps the ended session to be looked at, within the settings'
	// bounds.
	OnExitKeep OnExit = ""
	// OnExitForget forgets it as soon as its clients have been told.
	OnExitForget OnExit = "forget"
	// OnExitRespawn starts the command again, in its place as Respawn does, unless
	// the session was closed. A program that ends at once is started ever more
	// slowly, and in the end not any more.
	OnExitRespawn OnExit = "respawn"
)

// SessionOptions contains options for creating a new terminal session.
type SessionOptions struct {
	Params         map[string]string      `json:"params"`
	Labels         map[string]string      `json:"labels"`
	ID             string                 `json:"id"`
	ResourcePlugin string                 `json:"resource_plugin"`
	ResourceKey    string                 `json:"resource_key"`
	ResourceData   map[string]interface{} `json:"resource_data"`
	Command        []string               `json:"command"`
	TTY            bool                   `json:"tty"`

	// Name is what people call the session. With an empty Name, NameHint is
	// taken, with -2, -3 and so on added if it is in use; with neither, the ID.
	Name     string `json:"name"`
	NameHint string `json:"name_hint"`
	// Size is the terminal's first; zero means InitialRows by InitialCols.
	Size Size `json:"size"`
	// SizePolicy is what size it has among several clients; empty means SizeLeader.
	SizePolicy SizePolicy `json:"size_policy,omitempty"`
	// Pixels is the terminal's first size in pixels; zero if it is not known.
	Pixels Pixels `json:"pixels,omitzero"`
	// Persist is what is kept on disk, for a restore.
	Persist Persist `json:"persist,omitempty"`
	// TTL is how long nobody may use the session before it is ended: nobody attaches
	// or leaves, nothing is typed and the program prints nothing. Zero is for ever.
	TTL time.Duration `json:"ttl,omitzero"`
	// OnExit is what becomes of the session when its program has ended.
	OnExit OnExit `json:"on_exit,omitempty"`
}

// maxBrief is how many bytes of a command a list tells, and what of an ended
// session's is kept.
const maxBrief = 4 << 10

// briefCommand is a command's beginning; "..." stands for the rest.
func briefCommand(command []string) []string {
	left := maxBrief
	for i, arg := range command {
		if len(arg) > left {
			return append(slices.Clone(command[:i]), strings.ToValidUTF8(arg[:left], "")+"...")
		}
		left -= len(arg) + 1
		if left <= 0 && i+1 < len(command) {
			return append(slices.Clone(command[:i+1]), "...")
		}
		left = max(left, 0)
	}
	return command
}

// startIn has the program start in a directory.
func (o *SessionOptions) startIn(dir string) {
	if dir == "" {
		return
	}
	o.ResourceData = maps.Clone(o.ResourceData)
	if o.ResourceData == nil {
		o.ResourceData = make(map[string]any)
	}
	o.ResourceData[DataDir] = dir
}

// restartInto has the options start what RestartWith said, if it did.
func (s *Session) restartInto(o *SessionOptions) {
	if len(s.RestartWith) > 0 {
		o.Command = s.RestartWith
		o.startIn(s.RestartDir)
	}
}

// clone returns a copy that shares nothing with s but ExitStatus, which never
// changes.
func (s Session) clone() *Session {
	s.Labels = maps.Clone(s.Labels)
	s.Params = maps.Clone(s.Params)
	s.Command = slices.Clone(s.Command)
	s.Attachments = slices.Clone(s.Attachments)
	s.RestartWith = slices.Clone(s.RestartWith)
	return &s
}
