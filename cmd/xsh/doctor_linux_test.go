package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
)

// machine makes a doctor that looks at a machine made of files: path, content,
// path, content. A path that ends in a slash is a directory.
func machine(t *testing.T, files ...string) *doctor {
	t.Helper()
	d := &doctor{
		root: t.TempDir(), uid: 1234, paths: paths.Paths{Dir: "/run/user/1234/xsh"},
		a:      &app{getenv: func(name string) string { return map[string]string{"USER": "nobody-else", "HOME": "/no"}[name] }},
		status: &client.Status{PID: 77, KeeperPID: 76},
	}
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(d.root, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		err := error(nil)
		if strings.HasSuffix(files[i], "/") {
			err = os.MkdirAll(path, 0o700)
		} else if target, link := strings.CutPrefix(files[i+1], "-> "); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(files[i+1]), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func limits(files, processes string) string {
	return fmt.Sprintf("Limit  Soft Limit  Hard Limit  Units\nMax processes  1  %s  processes\nMax open files  1024  %s  files\n", processes, files)
}

// TestDoctorOnMachines: what doctor says of machines that a test cannot have.
func TestDoctorOnMachines(t *testing.T) {
	const systemd, unit = "/run/systemd/system/", "0::/user.slice/user-1234.slice/user@1234.service/app.slice/xsh.service\n"
	fds := func(pid string, n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("/proc/%s/fd/%d", pid, i), "")
		}
		return all
	}
	for _, tc := range []struct {
		name  string
		check func(*doctor) []finding
		files []string
		want  string // how it came out, and a part of what was found or is to be done
	}{
		{"no systemd", (*doctor).logout, nil, "ok nothing ends sessions"},
		{"who lingers", (*doctor).logout, []string{systemd, "", "/var/lib/systemd/linger/nobody-else", "", "/proc/77/cgroup", unit}, "ok you linger"},
		{"a unit of the user's", (*doctor).logout, []string{systemd, "", "/proc/77/cgroup", unit}, "warn below user@1234.service"},
		{"processes end at logout", (*doctor).logout, []string{systemd, "", "/etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=no\nKillUserProcesses=yes\n"}, "warn loginctl enable-linger"},
		{"a later file says that they do not", (*doctor).logout, []string{systemd, "", "/etc/systemd/logind.conf", "KillUserProcesses=yes\n",
			"/usr/lib/systemd/logind.conf.d/50-x.conf", "KillUserProcesses=yes\n", "/etc/systemd/logind.conf.d/60-y.conf", "KillUserProcesses=no\n"}, "warn /run/user/1234 goes with your last logout"},
		{"room for files", (*doctor).files, append(fds("77", 20), "/proc/77/limits", limits("4096", "1")), "ok room for about 802 more"},
		{"the keeper has the least room", (*doctor).files, append(append(fds("77", 20), fds("76", 300)...), "/proc/77/limits", limits("4096", "1"), "/proc/76/limits", limits("500", "1")), "warn the keeper may open 500 files"},
		{"no room", (*doctor).files, append(fds("76", 60), "/proc/76/limits", limits("64", "1")), "fail prlimit --pid 76"},
		{"no proc", (*doctor).files, nil, "ok no /proc"},
		{"no more processes", (*doctor).processes, []string{"/proc/77/limits", limits("1", "10"), "/proc/5/status", "Name:\tx\nUid:\t1234\t1234\nThreads:\t12\n", "/proc/6/status", "Uid:\t1\t1\nThreads:\t99\n"}, "fail 12 of the 10"},
		{"a control group with few", (*doctor).processes, []string{"/proc/77/cgroup", "0::/a/b\n", "/sys/fs/cgroup/a/pids.max", "100\n", "/sys/fs/cgroup/a/pids.current", "95\n", "/sys/fs/cgroup/a/b/pids.max", "max\n"}, "warn the control group /a may have"},
		{"no limit", (*doctor).processes, []string{"/proc/77/limits", limits("1", "unlimited")}, "ok no limit"},
		{"few terminals", (*doctor).pty, []string{"/proc/sys/kernel/pty/nr", "4000\n", "/proc/sys/kernel/pty/max", "4096\n"}, "warn 4000 of at most 4096"},
		{"other namespaces", (*doctor).namespaces, []string{"/proc/self/ns/mnt", "-> mnt:[1]", "/proc/77/ns/mnt", "-> mnt:[2]", "/proc/self/ns/pid", "-> pid:[1]", "/proc/77/ns/pid", "-> pid:[1]"}, "warn other namespaces than this shell (mnt)"},
		{"the same namespaces", (*doctor).namespaces, []string{"/proc/self/ns/mnt", "-> mnt:[1]", "/proc/77/ns/mnt", "-> mnt:[1]"}, "ok the server sees"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			state, part, _ := strings.Cut(tc.want, " ")
			all := tc.check(machine(t, tc.files...))
			if len(all) != 1 || string(all[0].State) != state || !strings.Contains(all[0].Found+"\n"+all[0].Fix, part) {
				t.Errorf("got %+v, want %s", all, tc.want)
			}
		})
	}
}

// TestDoctorOfServers: what doctor says of servers that a test cannot have.
func TestDoctorOfServers(t *testing.T) {
	for _, tc := range []struct {
		status client.Status
		want   wellness
		part   string
	}{
		{client.Status{Version: version(), KeeperVersion: version(), KeeperPID: 1}, well, "are " + version()},
		{client.Status{Version: version(), KeeperVersion: "v0", KeeperPID: 1}, warned, "its keeper v0"},
		{client.Status{Version: version()}, warned, "has no keeper"},
		{client.Status{Version: version(), KeeperPID: 1, SetAside: []string{"a", "b"}}, warned, "2 sessions are set aside"},
	} {
		d := machine(t)
		d.status = &tc.status
		if all := d.versions(); len(all) != 1 || all[0].State != tc.want || !strings.Contains(all[0].Found, tc.part) {
			t.Errorf("%+v: got %+v", tc.status, all)
		}
	}
}

// TestDoctorFindsTheOtherServer: one that was started where no XDG_RUNTIME_DIR
// was set.
func TestDoctorFindsTheOtherServer(t *testing.T) {
	d := machine(t, "/tmp/xsh-1234/", "")
	d.paths.Socket = "/run/user/1234/xsh/xsh.sock"
	dir := filepath.Join(d.root, "tmp/xsh-1234")
	if all := d.elsewhere(); all[0].State != well {
		t.Errorf("nobody listens, and doctor says %+v", all)
	}
	// A socket's path is short.
	t.Chdir(dir)
	l, err := net.Listen("unix", "xsh.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if len(dir) > 90 {
		t.Skip("the directory of this test has too long a name for a socket")
	}
	if all := d.elsewhere(); all[0].State != warned || !strings.Contains(all[0].Fix, "XSH_DIR="+dir) {
		t.Errorf("got %+v", all)
	}
}

func TestKnowsTerm(t *testing.T) {
	d := machine(t, "/usr/share/terminfo/x/xterm", "", "/etc/terminfo/73/screen", "")
	for term, known := range map[string]bool{"xterm": true, "screen": true, "strange": false} {
		if d.knowsTerm(term) != known {
			t.Errorf("%s: known %v", term, !known)
		}
	}
	if !machine(t).knowsTerm("strange") {
		t.Error("a machine without any description misses one")
	}
	for locale, is := range map[string]bool{"C.UTF-8": true, "de_DE.utf8@euro": true, "C": false, "de_DE.ISO-8859-1": false, "": false} {
		if isUTF8(locale) != is {
			t.Errorf("%q: UTF-8 %v", locale, !is)
		}
	}
}

// TestDoctorChecksAreNamedOnce: a name is what a script looks for.
func TestDoctorChecksAreNamedOnce(t *testing.T) {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: func(string) string { return "" }}
	var names []string
	for _, f := range newDoctor(t.Context(), a).examine() {
		if slices.Contains(names, f.Check) || f.Found == "" || f.State != well && f.Fix == "" {
			t.Errorf("%+v", f)
		}
		names = append(names, f.Check)
	}
}
