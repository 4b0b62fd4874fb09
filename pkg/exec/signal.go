package exec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/types"
)

// Signaler sends programs every signal that their system has. Manager and
// PluginClient are Signalers.
type Signaler interface {
	// Signal sends the signal of that name, as SignalNumber understands it on
	// the program's system, to the session's program and does nothing else. It
	// returns the session as it is then, ErrSessionClosed for one that has
	// ended, and ErrTerminalError if the handler cannot send the signal.
	Signal(ctx *types.PluginContext, sessionID, name string) (*Session, error)
}

// The realtime signals that programs may use, as the C libraries number them.
const (
	firstRealtime = 34
	lastRealtime  = 64
)

// SignalNumber returns the signal of this system that name means: a name, in
// any case and with or without SIG, or a number. Realtime signals are named
// RTMIN, RTMIN+1 and so on up to RTMAX.
func SignalNumber(name string) (syscall.Signal, error) {
	full := strings.ToUpper(name)
	if n, err := strconv.Atoi(full); err == nil && 0 < n && n <= lastRealtime && SignalName(syscall.Signal(n)) != "" {
		return syscall.Signal(n), nil
	}
	if !strings.HasPrefix(full, "SIG") {
		full = "SIG" + full
	}
	if n := unix.SignalNum(full); n != 0 {
		return n, nil
	}
	if n, ok := realtime(strings.TrimPrefix(full, "SIG")); ok {
		return n, nil
	}
	return 0, fmt.Errorf("no such signal %q", name)
}

func realtime(name string) (syscall.Signal, bool) {
	base, rest := firstRealtime, ""
	switch {
	case !hasRealtime:
		return 0, false
	case strings.HasPrefix(name, "RTMIN"):
		rest = name[len("RTMIN"):]
	case strings.HasPrefix(name, "RTMAX"):
		base, rest = lastRealtime, name[len("RTMAX"):]
	default:
		return 0, false
	}
	n := 0
	if rest != "" {
		var err error
		if n, err = strconv.Atoi(rest); err != nil || rest[0] != '+' && rest[0] != '-' {
			return 0, false
		}
	}
	n += base
	return syscall.Signal(n), firstRealtime <= n && n <= lastRealtime
}

// SignalName returns a signal's name, such as SIGTERM, or "" for one that this
// system does not have.
func SignalName(signal syscall.Signal) string {
	if name := unix.SignalName(signal); name != "" || !hasRealtime || signal < firstRealtime || signal > lastRealtime {
		return name
	}
	if signal == lastRealtime {
		return "SIGRTMAX"
	}
	return strings.TrimSuffix(fmt.Sprintf("SIGRTMIN+%d", signal-firstRealtime), "+0")
}

// SignalNames returns the names of this system's signals, by their numbers.
func SignalNames() []string {
	names := make(map[syscall.Signal]string)
	for n := syscall.Signal(1); n <= lastRealtime; n++ {
		if name := SignalName(n); name != "" {
			names[n] = name
		}
	}
	var list []string
	for _, n := range slices.Sorted(maps.Keys(names)) {
		list = append(list, names[n])
	}
	return list
}

// Signal implements Signaler.
func (m *Manager) Signal(pluginctx *types.PluginContext, sessionID, name string) (*Session, error) {
	signal, err := SignalNumber(name)
	if err != nil {
		return nil, NewTerminalError(sessionID, err)
	}
	s, err := m.active(sessionID)
	if err != nil {
		return nil, err
	}
	if s.handler.SendSignal == nil {
		return s.signal(pluginctx, streamSignal(signal))
	}
	if err := s.handler.SendSignal(pluginctx, s.id, signal); err != nil {
		return nil, handlerError(s.id, err)
	}
	return s.snapshot(), nil
}

// streamSignal is a signal as the contract names it, or StreamSignalNone if it
// does not.
func streamSignal(signal syscall.Signal) StreamSignal {
	if i := slices.Index(signalNames[:], SignalName(signal)); i > 0 {
		return StreamSignal(i)
	}
	return StreamSignalNone
}

// Kill sends signal to the session's program. StreamSignalNone closes the
// session and waits until it has ended or pluginctx ends. It returns the
// session as it is then, ErrSessionClosed for one that had ended before, and
// ErrTerminalError if the handler cannot send the signal or it is none of ours.
func (m *Manager) Kill(pluginctx *types.PluginContext, sessionID string, signal StreamSignal) (*Session, error) {
	if err := checkSignal(sessionID, signal); err != nil {
		return nil, err
	}
	s, err := m.active(sessionID)
	if err != nil {
		return nil, err
	}
	if signal != StreamSignalNone { // also one that is no signal, which s.signal refuses
		return s.signal(pluginctx, signal)
	}
	s.cancel()
	select {
	case <-s.done:
		return s.snapshot(), nil
	case <-pluginctx.Ctx().Done():
		return nil, pluginctx.Ctx().Err()
	}
}

func (s *session) signal(pluginctx *types.PluginContext, signal StreamSignal) (*Session, error) {
	switch {
	case s.handler.Signal == nil:
		return nil, NewTerminalError(s.id, errNoSignals)
	case signal <= StreamSignalNone || int(signal) >= len(signalNames):
		return nil, NewTerminalError(s.id, errUnknownSignal)
	}
	if err := s.handler.Signal(pluginctx, s.id, signal); err != nil {
		return nil, handlerError(s.id, err)
	}
	return s.snapshot(), nil
}

var (
	errNoSignals     = errors.New("the session's handler can send no signals")
	errUnknownSignal = errors.New("the session's handler does not know this signal")
)
