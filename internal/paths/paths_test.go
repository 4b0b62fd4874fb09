package paths

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestFind(t *testing.T) {
	tmp := "/tmp/xsh-" + strconv.Itoa(os.Getuid())
	run := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name             string
		env              []string
		dir, log, config string
	}{
		{"nothing set", nil, tmp, tmp + "/server.log", ""},
		{"home", []string{"HOME", "/home/u"}, tmp, "/home/u/.local/state/xsh/server.log", "/home/u/.config/xsh/config.toml"},
		{"runtime dir", []string{"XDG_RUNTIME_DIR", run}, run + "/xsh", run + "/xsh/server.log", ""},
		{"runtime dir that is not there", []string{"XDG_RUNTIME_DIR", run + "/no"}, tmp, tmp + "/server.log", ""},
		{"runtime dir open to others", []string{"XDG_RUNTIME_DIR", open}, tmp, tmp + "/server.log", ""},
		{"of the session", []string{"XSH_SOCKET", run + "/xsh.sock", "XDG_RUNTIME_DIR", open}, run, run + "/server.log", ""},
		{"of a session that is not ours", []string{"XSH_SOCKET", open + "/xsh.sock", "XDG_RUNTIME_DIR", run}, run + "/xsh", run + "/xsh/server.log", ""},
		{"own, in a session", []string{"XSH_DIR", "/x", "XSH_SOCKET", run + "/xsh.sock"}, "/x", "/x/server.log", ""},
		{"relative ones are ignored", []string{"XDG_RUNTIME_DIR", "run", "XDG_STATE_HOME", "s", "HOME", "/h"}, tmp, "/h/.local/state/xsh/server.log", "/h/.config/xsh/config.toml"},
		{"own", []string{"XSH_DIR", "/x", "XDG_RUNTIME_DIR", "/run/user/7", "XDG_STATE_HOME", "/s", "XDG_CONFIG_HOME", "/c"}, "/x", "/s/xsh/server.log", "/c/xsh/config.toml"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Find(env(tc.env...))
			if err != nil {
				t.Fatal(err)
			}
			if refused := p.Dir == tmp && len(tc.env) > 0 && tc.env[0] == "XDG_RUNTIME_DIR" && filepath.IsAbs(tc.env[1]); refused != (p.Note != "") {
				t.Errorf("note %q", p.Note)
			}
			if p.Dir != tc.dir || p.Log != tc.log || p.Config != tc.config || p.Socket != tc.dir+"/xsh.sock" {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestSocketTooLong(t *testing.T) {
	if _, err := Find(env("XSH_DIR", "/"+strings.Repeat("d", 120))); !errors.Is(err, ErrSocketTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestMakeDir(t *testing.T) {
	in := t.TempDir()
	make := func(name string) error { return Paths{Dir: filepath.Join(in, name)}.MakeDir() }

	if err := make("new/below"); err != nil {
		t.Errorf("new: %v", err)
	}
	if st, err := os.Stat(filepath.Join(in, "new/below")); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("made %v, %v", st, err)
	}
	if err := make("new/below"); err != nil {
		t.Errorf("again: %v", err)
	}

	open := filepath.Join(in, "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(in, "link")
	if err := os.Symlink(filepath.Join(in, "new"), link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(in, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, why := range map[string]string{
		"open": "others may enter it (mode 0755",
		"link": "it is a symbolic link",
		"file": "it is not a directory",
	} {
		var unsafe *UnsafeDirError
		if err := make(name); !errors.As(err, &unsafe) || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", name, err, why)
		}
	}
}

func TestDirOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 12345, -1); err != nil {
		t.Fatal(err)
	}
	if err := (Paths{Dir: dir}).MakeDir(); err == nil || !strings.Contains(err.Error(), "owned by uid 12345") {
		t.Errorf("got %v", err)
	}
}

// TestRootLeavesNothingWithOthers: su and sudo -E hand on whose variables they
// are.
func TestRootLeavesNothingWithOthers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can write where others own")
	}
	home := t.TempDir()
	if err := errors.Join(os.Chmod(home, 0o700), os.Chown(home, 12345, -1)); err != nil {
		t.Fatal(err)
	}
	tmp := "/tmp/xsh-0"
	p, err := Find(env("HOME", home, "XDG_RUNTIME_DIR", home, "XDG_STATE_HOME", home+"/state/below", "XDG_CONFIG_HOME", home+"/config"))
	if err != nil || p.Dir != tmp || p.Log != tmp+"/server.log" || p.Config != "" || !strings.Contains(p.Note, "uid 12345") {
		t.Errorf("got %+v, %v", p, err)
	}
	var unsafe *UnsafeDirError
	if err := (Paths{Dir: home + "/a/b"}).MakeDir(); !errors.As(err, &unsafe) || !strings.Contains(err.Error(), "uid 12345") {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(home); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestCheckDirThatIsNotThere(t *testing.T) {
	if err := (Paths{Dir: filepath.Join(t.TempDir(), "no")}).CheckDir(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
