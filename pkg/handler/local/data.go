package local

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	osexec "os/exec"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/pkg/exec"
)

// The keys of SessionOptions.ResourceData that the handler reads.
const (
	// DataDir is the directory to run in, a string, as the user names it: it
	// becomes PWD. Absent means the home directory.
	DataDir = "dir"
	// DataEnv is the environment, a list of NAME=value strings. Of two with one
	// name the later counts.
	DataEnv = "env"
	// DataPath is the program's file where that is not its first argument, a
	// string.
	DataPath = "path"
	// DataUmask is the umask, a number.
	DataUmask = "umask"
	// DataNice is the niceness, a number.
	DataNice = "nice"
	// DataLimits are the resource limits: by prlimit(1)'s names, such as nofile,
	// the soft and the hard one, negative for none.
	DataLimits = "limits"
	// DataIgnored are the signals to ignore, a list of names. Only TSTP, TTIN
	// and TTOU can be.
	DataIgnored = "ignored"
	// DataAgent says that SSH_AUTH_SOCK is to reach the agent of whoever leads the
	// session, true, in place of the one in DataEnv; see AgentPath.
	DataAgent = "agent"
	// DataMemoryMax is how many bytes of memory the session may take, a number.
	DataMemoryMax = "memory_max"
	// DataCPUWeight is the session's share of the processors beside others, a
	// number of 1 to 10000; most have 100.
	DataCPUWeight = "cpu_weight"
	// DataPlainShell, true, has a shell start as it is: it marks no prompts and
	// follows nobody's environment.
	DataPlainShell = "plain_shell"
	// DataTerminal are the special characters and flags that the terminal is
	// set up with, as Terminal returns them: by stty(1)'s names, such as erase,
	// a number, 0 for none; iutf8 and ixon are booleans.
	DataTerminal = "terminal"
)

// Options returns the options of a session that runs what cmd would, as cmd
// would run it: with its path, arguments, directory and environment, and with
// this process's umask, limits and niceness. Of cmd's other fields none is
// read. The session has a terminal.
func Options(cmd *osexec.Cmd) exec.SessionOptions {
	data := Surroundings()
	data[DataEnv] = cmd.Environ()
	data[DataDir] = cmd.Dir
	if cmd.Dir == "" {
		data[DataDir], _ = os.Getwd()
	}
	if cmd.Err == nil {
		data[DataPath] = cmd.Path
	}
	return exec.SessionOptions{
		ResourcePlugin: Plugin,
		ResourceKey:    Resource,
		ResourceData:   data,
		Command:        cmd.Args,
		TTY:            true,
	}
}

// Surroundings returns as session data what a program inherits from this
// process beside its directory, environment, files and terminal.
func Surroundings() map[string]any {
	limits := make(map[string]any)
	for name, l := range child.Limits() {
		limits[name] = []any{limitToData(l.Soft), limitToData(l.Hard)}
	}
	ignored := []any{}
	for _, sig := range child.Ignorable {
		if child.Ignores(sig) {
			ignored = append(ignored, strings.TrimPrefix(unix.SignalName(sig), "SIG"))
		}
	}
	return map[string]any{
		DataUmask: float64(child.Umask()), DataNice: float64(child.Nice()), DataLimits: limits, DataIgnored: ignored,
	}
}

// limitToData is a limit as a number that JSON can hold.
func limitToData(l uint64) float64 {
	if l == child.Unlimited {
		return -1
	}
	return float64(l)
}

// surroundings undoes Surroundings.
func surroundings(data map[string]any) (child.Surroundings, error) {
	var s child.Surroundings
	if v, ok := data[DataUmask]; ok {
		n, ok := number(v)
		if !ok || n < 0 || n > 0o777 {
			return s, badData(DataUmask)
		}
		s.Umask = &n
	}
	if v, ok := data[DataNice]; ok {
		n, ok := number(v)
		if !ok || n < -20 || n > 19 {
			return s, badData(DataNice)
		}
		s.Nice = &n
	}
	limits, ok := data[DataLimits].(map[string]any)
	if data[DataLimits] != nil && !ok {
		return s, badData(DataLimits)
	}
	for name, v := range limits {
		pair, _ := v.([]any)
		if len(pair) != 2 {
			return s, badData(DataLimits)
		}
		soft, ok1 := number(pair[0])
		hard, ok2 := number(pair[1])
		if !ok1 || !ok2 {
			return s, badData(DataLimits)
		}
		if s.Limits == nil {
			s.Limits = make(map[string]child.Limit, len(limits))
		}
		s.Limits[name] = child.Limit{Soft: limitFromData(soft), Hard: limitFromData(hard)}
	}
	for _, name := range texts(data[DataIgnored]) {
		sig := unix.SignalNum("SIG" + name)
		if !slices.Contains(child.Ignorable, sig) {
			return s, badData(DataIgnored)
		}
		s.Ignored = append(s.Ignored, sig)
	}
	return s, nil
}

func limitFromData(n int) uint64 {
	if n < 0 {
		return child.Unlimited
	}
	return uint64(n)
}

func badData(key string) error { return fmt.Errorf("the session data %q is not what it must be", key) }

// number is an integer, be it as a program that embeds the handler has it or
// as it comes over the wire.
func number(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	case float64:
		return int(n), n == math.Trunc(n) && math.Abs(n) <= 1<<53
	default:
		return 0, false
	}
}

// texts returns the strings of a list, be it as a program that embeds the
// handler has it or as it comes over the wire.
func texts(list any) []string {
	if texts, ok := list.([]string); ok {
		return texts
	}
	var texts []string
	values, _ := list.([]any)
	for _, v := range values {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Terminal returns as session data, for DataTerminal, how the keyboard of a
// terminal is set up; nil if f is none.
func Terminal(f *os.File) map[string]any {
	t, err := getTerminal(f)
	if err != nil {
		return nil
	}
	data := map[string]any{"iutf8": t.Iflag&unix.IUTF8 != 0, "ixon": t.Iflag&unix.IXON != 0}
	for name, i := range specialCharacters {
		data[name] = float64(t.Cc[i])
	}
	return data
}

// characters are the settings of a terminal that differ from the sane ones.
// Names and values that do not fit are left out: another system has others.
func characters(data any) func(*unix.Termios) {
	settings, _ := data.(map[string]any)
	return func(t *unix.Termios) {
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			value := settings[name]
			i, known := specialCharacters[name]
			if n, ok := number(value); ok && known && 0 <= n && n <= math.MaxUint8 {
				t.Cc[i] = uint8(n)
			}
			flag := map[string]uint64{"iutf8": unix.IUTF8, "ixon": unix.IXON}[name]
			if on, ok := value.(bool); ok && on {
				t.Iflag |= inputFlag(flag)
			} else if ok {
				t.Iflag &^= inputFlag(flag)
			}
		}
	}
}
