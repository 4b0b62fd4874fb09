package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xsh-project/xsh/internal/scope"
)

// filesPerSession is how many descriptors a session takes, and some for its
// clients, in the process that has most of them.
const filesPerSession = 5

// files asks how many sessions the limit of open files has room for.
func (d *doctor) files() []finding {
	const check = "open files"
	least := []finding(nil)
	fewest := -1
	for _, p := range d.watched() {
		limit, limited := d.limit(p.pid, "Max open files")
		open, err := os.ReadDir(d.root + "/proc/" + p.pid + "/fd")
		if !limited || err != nil {
			continue
		}
		room := max(0, (limit-len(open)-serverReserve)/filesPerSession)
		if fewest >= 0 && room >= fewest {
			continue
		}
		fewest = room
		text := fmt.Sprintf("%s may open %d files and has %d: room for about %d more sessions", p.what, limit, len(open), room)
		switch fix := d.moreFiles(); {
		case room == 0:
			least = fail(check, fix, "%s", text)
		case room < 50:
			least = warn(check, fix, "%s", text)
		default:
			least = ok(check, "%s", text)
		}
	}
	if least == nil {
		return ok(check, "there is no limit, or no /proc to tell it")
	}
	return least
}

// serverReserve is what servers and keepers leave free for themselves.
const serverReserve = 64

// moreFiles says how a limit is raised: that of a keeper stays for as long as it
// lives, also when its server is another.
func (d *doctor) moreFiles() string {
	if d.status == nil || d.status.KeeperPID == 0 {
		return "raise the limit: ulimit -Hn, or LimitNOFILE= of a unit"
	}
	return fmt.Sprintf("as root: prlimit --pid %d --nofile=65536:65536; then xsh server restart, which ends no session", d.status.KeeperPID)
}

// process is one whose limits count.
type process struct {
	pid  string // as in /proc
	what string
}

// watched are the server and its keeper, or this process, whose limits a new
// server would have.
func (d *doctor) watched() []process {
	if d.status == nil {
		return []process{{"self", "a server started here"}}
	}
	all := []process{{strconv.Itoa(d.status.PID), "the server"}}
	if d.status.KeeperPID != 0 {
		all = append(all, process{strconv.Itoa(d.status.KeeperPID), "the keeper"})
	}
	return all
}

// limit returns a process's hard limit, which Go programs raise the soft one to;
// limited is false if there is none or it is not known.
func (d *doctor) limit(pid, name string) (n int, limited bool) {
	text, _ := os.ReadFile(d.root + "/proc/" + pid + "/limits")
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, name)
		if fields := strings.Fields(rest); ok && len(fields) >= 2 {
			n, err := strconv.Atoi(fields[1])
			return n, err == nil
		}
	}
	return 0, false
}

// processes asks how many more there may be: by the user's limit, and by the
// control groups that the server is in.
func (d *doctor) processes() []finding {
	const check = "processes"
	pid := d.watched()[0].pid
	used, most, of := 0, 0, ""
	if limit, limited := d.limit(pid, "Max processes"); limited && d.uid != 0 {
		used, most, of = d.tasks(), limit, "you may have (ulimit -u)"
	}
	for group := d.cgroup(pid); group != "" && group != "/"; group = filepath.Dir(group) {
		in := "/sys/fs/cgroup" + group
		if n := d.number(in + "/pids.max"); n > 0 && (most == 0 || n < most) {
			used, most, of = d.number(in+"/pids.current"), n, "the control group "+group+" may have (pids.max, TasksMax=)"
		}
	}
	switch {
	case most == 0:
		return ok(check, "no limit")
	case used >= most:
		return fail(check, "end some, or raise the limit", "%d of the %d that %s run: no program can be started", used, most, of)
	case used >= most*9/10:
		return warn(check, "end some, or raise the limit", "%d of the %d that %s run", used, most, of)
	}
	return ok(check, "%d of the %d that %s run", used, most, of)
}

// tasks counts the user's threads, which is what the limit is about.
func (d *doctor) tasks() (n int) {
	all, _ := filepath.Glob(d.root + "/proc/[0-9]*/status")
	uid := strconv.Itoa(d.uid)
	for _, path := range all {
		text, _ := os.ReadFile(path)
		threads, mine := 0, false
		for line := range strings.Lines(string(text)) {
			switch fields := strings.Fields(line); {
			case len(fields) > 1 && fields[0] == "Uid:":
				mine = fields[1] == uid
			case len(fields) > 1 && fields[0] == "Threads:":
				threads, _ = strconv.Atoi(fields[1])
			}
		}
		if mine {
			n += threads
		}
	}
	return n
}

// cgroup returns a process's control group; empty if it has none of version 2.
func (d *doctor) cgroup(pid string) string {
	text, _ := os.ReadFile(d.root + "/proc/" + pid + "/cgroup")
	for line := range strings.Lines(string(text)) {
		if group, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(group)
		}
	}
	return ""
}

// logout asks what a logout ends. Under systemd a user's own units end with the
// last logout, everything else with KillUserProcesses=yes, unless the user
// lingers; loginctl(1), logind.conf(5).
func (d *doctor) logout() []finding {
	const check, fix = "logout", "loginctl enable-linger"
	if !isThere(d.root + "/run/systemd/system") {
		return ok(check, "there is no systemd: nothing ends sessions when you log out")
	}
	unit := fmt.Sprintf("user@%d.service", d.uid)
	switch {
	case scope.Lingers(d.root, d.a.userName(d.uid)):
		return ok(check, "you linger: sessions go on when you have logged out")
	case slices.Contains(strings.Split(d.cgroup(d.watched()[0].pid), "/"), unit):
		return warn(check, fix, "%s runs below %s, which ends with your last logout: so do sessions", d.watched()[0].what, unit)
	case d.uid != 0 && d.killsAtLogout():
		return warn(check, fix, "logind is set to KillUserProcesses=yes: sessions end when you log out")
	case strings.HasPrefix(d.paths.Dir, "/run/user/"):
		return warn(check, fix, "%s goes with your last logout: sessions go on, and xsh finds them at the next login", filepath.Dir(d.paths.Dir))
	}
	return ok(check, "logind leaves what runs (KillUserProcesses=no)")
}

// killsAtLogout reads logind's settings: of several files the last that says it
// counts, in the order of the names of the files.
func (d *doctor) killsAtLogout() bool {
	var dropIns []string
	for _, dir := range []string{"/usr/lib", "/run", "/etc"} {
		found, _ := filepath.Glob(d.root + dir + "/systemd/logind.conf.d/*.conf")
		dropIns = append(dropIns, found...)
	}
	slices.SortStableFunc(dropIns, func(a, b string) int { return cmp.Compare(filepath.Base(a), filepath.Base(b)) })
	kills := false
	for _, path := range append([]string{d.root + "/usr/lib/systemd/logind.conf", d.root + "/etc/systemd/logind.conf"}, dropIns...) {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "KillUserProcesses="); ok {
				kills = slices.Contains([]string{"yes", "true", "on", "1"}, strings.ToLower(strings.TrimSpace(value)))
			}
		}
		f.Close()
	}
	return kills
}

// namespaces asks whether the server sees what this process sees.
func (d *doctor) namespaces() []finding {
	const check = "namespaces"
	if d.status == nil {
		if isThere(d.root+"/.dockerenv") || isThere(d.root+"/run/.containerenv") {
			return ok(check, "this is a container: sessions end with it")
		}
		return nil
	}
	var differ []string
	for _, kind := range []string{"mnt", "pid", "net", "user", "ipc", "uts"} {
		own, err := os.Readlink(d.root + "/proc/self/ns/" + kind)
		its, err2 := os.Readlink(d.root + "/proc/" + strconv.Itoa(d.status.PID) + "/ns/" + kind)
		if err == nil && err2 == nil && own != its {
			differ = append(differ, kind)
		}
	}
	if len(differ) > 0 {
		return warn(check, "set XSH_DIR to another directory for a server of its own here",
			"the server lives in other namespaces than this shell (%s): programs may see other files, processes or networks", strings.Join(differ, ", "))
	}
	return ok(check, "the server sees what this shell sees")
}
