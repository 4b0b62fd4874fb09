package scope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/xsh-project/xsh/pkg/handler/local"
)

// Config says where a user's systemd is.
type Config struct {
	// Bus is the socket of the user's message bus; empty if there can be none.
	Bus string
	UID int
	// User is the name of the user whose UID it is.
	User string
	// Root stands before the system's own paths; a test has some of its own.
	Root string
}

// Scopes gives out scopes: a local.Scopes. Its methods may be called concurrently.
type Scopes struct {
	cfg Config

	mu     sync.Mutex
	silent time.Time // systemd did not answer; until then it is asked for limits alone
}

// New returns what gives out scopes.
func New(cfg Config) *Scopes { return &Scopes{cfg: cfg} }

// How long systemd may take. Whoever starts a session waits for it.
const (
	wait        = time.Second
	limitedWait = 10 * time.Second
)

// Start implements local.Scopes. A program that nobody limits goes without a scope
// where there is none: most systems have none.
func (s *Scopes) Start(r local.Placement) (group string, err error) {
	err = s.usable()
	if err == nil {
		group, err = s.start(r)
	}
	if err != nil && r.Limited() {
		return "", fmt.Errorf("limit memory and processors: %w", err)
	}
	return group, nil
}

// usable says why there are no scopes for this user.
func (s *Scopes) usable() error {
	if _, err := os.Stat(s.cfg.Bus); s.cfg.Bus == "" || errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no systemd of yours here: no message bus in $XDG_RUNTIME_DIR")
	} else if err != nil {
		return err
	}
	own, _ := os.ReadFile(s.cfg.Root + "/proc/self/cgroup")
	unit := fmt.Sprintf("/user@%d.service/", s.cfg.UID)
	if !Lingers(s.cfg.Root, s.cfg.User) && !strings.Contains(string(own), unit) {
		return errors.New("systemd would end the session with your last logout; after loginctl enable-linger it does not")
	}
	return nil
}

// Lingers reports whether systemd keeps a user's processes at logout. Root
// stands before the system's own paths.
func Lingers(root, user string) bool {
	_, err := os.Stat(root + "/var/lib/systemd/linger/" + user)
	return user != "" && err == nil
}

func (s *Scopes) start(r local.Placement) (group string, err error) {
	s.mu.Lock()
	silent := time.Now().Before(s.silent)
	s.mu.Unlock()
	if silent && !r.Limited() {
		return "", nil
	}
	patience := wait
	if r.Limited() {
		patience = limitedWait
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	unit := unitName(r)
	if err = s.ask(ctx, unit, properties(r)); err == nil {
		group, err = s.moved(ctx, r.PID, unit)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("systemd does not answer within %v", patience)
		s.mu.Lock()
		s.silent = time.Now().Add(time.Minute)
		s.mu.Unlock()
	}
	if err == nil {
		err = has(group, r)
	}
	return group, err
}

// unitName is a name that no unit had before: a session that is started again
// has the same ID, and something of it may still run.
func unitName(r local.Placement) string {
	id := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			return c
		}
		return '_'
	}, r.SessionID)
	return fmt.Sprintf("xsh-%.128s-%d.scope", id, r.PID)
}

// property and auxiliary are arguments of StartTransientUnit, (sv) and (sa(sv)).
type property struct {
	Name  string
	Value dbus.Variant
}

type auxiliary struct {
	Name       string
	Properties []property
}

func properties(r local.Placement) []property {
	all := []property{
		{"Description", dbus.MakeVariant("xsh session " + r.Name)},
		{"PIDs", dbus.MakeVariant([]uint32{uint32(r.PID)})},
		{"SendSIGHUP", dbus.MakeVariant(true)}, // which ends shells when the machine goes down
		{"TasksMax", dbus.MakeVariant(uint64(math.MaxUint64))},
		{"CollectMode", dbus.MakeVariant("inactive-or-failed")},
	}
	if r.MemoryMax > 0 {
		all = append(all, property{"MemoryMax", dbus.MakeVariant(uint64(r.MemoryMax))})
	}
	if r.CPUWeight > 0 {
		all = append(all, property{"CPUWeight", dbus.MakeVariant(uint64(r.CPUWeight))})
	}
	return all
}

// ask has systemd make the unit. That it takes the job does not mean that the
// job is done.
func (s *Scopes) ask(ctx context.Context, unit string, all []property) error {
	conn, err := dbus.Dial("unix:path="+s.cfg.Bus, dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("connect to your message bus: %w", err)
	}
	defer conn.Close()
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if err != nil {
		return fmt.Errorf("connect to your message bus: %w", err)
	}
	call := conn.Object("org.freedesktop.systemd1", "/org/freedesktop/systemd1").CallWithContext(
		ctx, "org.freedesktop.systemd1.Manager.StartTransientUnit", 0, unit, "fail", all, []auxiliary{})
	if call.Err != nil {
		return fmt.Errorf("systemd makes no scope: %w", call.Err)
	}
	return nil
}

// moved waits until the process is in its scope and returns the control group's
// directory: systemd tells of finished jobs only who stays to listen.
func (s *Scopes) moved(ctx context.Context, pid int, unit string) (group string, err error) {
	for {
		in, moved := s.groupOf(pid)
		if moved == unit {
			return in, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// groupOf returns the control group's directory and the scope of ours that a
// process is in; either may be empty.
func (s *Scopes) groupOf(pid int) (group, unit string) {
	text, _ := os.ReadFile(filepath.Join(s.cfg.Root, "/proc", strconv.Itoa(pid), "cgroup"))
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		kind, path, _ := strings.Cut(rest, ":")
		if base := filepath.Base(path); strings.HasPrefix(base, "xsh-") && strings.HasSuffix(base, ".scope") {
			unit = base
			if kind == "" { // the second version of control groups
				group = s.cfg.Root + "/sys/fs/cgroup" + path
			}
		}
	}
	return group, unit
}

// Of implements local.Scopes.
func (s *Scopes) Of(pid int) string {
	group, _ := s.groupOf(pid)
	return group
}

// has checks that the limits which were asked for are there: a user's systemd
// has only those controllers that it was given.
func has(group string, r local.Placement) error {
	const page = 4096
	if r.MemoryMax > 0 && number(group+"/memory.max")/page != r.MemoryMax/page {
		return errors.New("your systemd has no say in memory (the controller is not delegated to user@.service)")
	}
	if r.CPUWeight > 0 && number(group+"/cpu.weight") != int64(r.CPUWeight) {
		return errors.New("your systemd has no say in processors (the controller is not delegated to user@.service)")
	}
	return nil
}

// number reads a file of one number; -1 if there is none.
func number(path string) int64 {
	text, _ := os.ReadFile(path)
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// OutOfMemory implements local.Scopes.
func (s *Scopes) OutOfMemory(group string) bool {
	if group == "" {
		return false
	}
	text, _ := os.ReadFile(group + "/memory.events")
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			n, _ := strconv.Atoi(string(bytes.TrimSpace(rest)))
			return n > 0
		}
	}
	return false
}
