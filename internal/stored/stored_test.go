package stored

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestSaveAndLoad(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "a", "b"))
	if ids, err := d.IDs(); len(ids) != 0 || err != nil {
		t.Errorf("nothing there: %v, %v", ids, err)
	}
	if err := d.Remove("none"); err != nil {
		t.Error(err)
	}
	for _, data := range []string{"first", "", strings.Repeat("x", 1<<20)} {
		if err := d.Save("a/b", []byte(data)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Load("a/b"); string(got) != data || err != nil {
			t.Errorf("got %d bytes, %v; want %d", len(got), err, len(data))
		}
	}
	st, err := os.Stat(d.path("a/b"))
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st, err)
	}
	if st, err := os.Stat(string(d)); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", st, err)
	}
	if ids, err := d.IDs(); !slices.Equal(ids, []string{"a/b"}) || err != nil {
		t.Errorf("IDs %q, %v", ids, err)
	}
	if err := d.Remove("a/b"); err != nil {
		t.Error(err)
	}
	if _, err := d.Load("a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed: %v", err)
	}
}

// TestDamaged: what is not whole is set aside with a word, and stays.
func TestDamaged(t *testing.T) {
	d := Dir(t.TempDir())
	if err := d.Save("s", []byte("what was said")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(d.path("s"))
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte(nil), whole...)
	changed[len(changed)-1]++
	for i, tc := range []struct {
		data []byte
		want string
	}{
		{nil, "is cut short: "},
		{whole[:5], "is cut short: "},
		{whole[:len(whole)-1], "is cut short or was changed: "},
		{append(whole, 'x'), "is cut short or was changed: "},
		{changed, "is cut short or was changed: "},
		{[]byte("#!/bin/sh\necho hello; exit 1\n"), "is not one of ours: "},
	} {
		if err := os.WriteFile(d.path("s"), tc.data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := d.Load("s")
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", tc.data, err, tc.want)
		}
		name := "s.session.damaged"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		if got, err := os.ReadFile(filepath.Join(string(d), name)); string(got) != string(tc.data) || err != nil {
			t.Errorf("%s has %q, %v", name, got, err)
		}
		if ids, err := d.IDs(); len(ids) != 0 || err != nil {
			t.Errorf("still %q, %v", ids, err)
		}
	}
	if err := os.Symlink("s.session.damaged", d.path("link")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Load("link"); err == nil {
		t.Error("a symbolic link was followed")
	}
}

func TestBounds(t *testing.T) {
	d := Dir(t.TempDir())
	if err := d.Save("s", make([]byte, maxSize)); err == nil || !strings.Contains(err.Error(), "at most ") {
		t.Errorf("too much: %v", err)
	}
	for i := range maxFiles {
		if err := os.WriteFile(d.path(strconv.Itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Save("s", nil); err == nil || !strings.Contains(err.Error(), "xsh restore --forget makes room") {
		t.Errorf("too many: %v", err)
	}
	if err := d.Save("0", nil); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	readOnly := Dir(filepath.Join(d.path("1"), "below a file"))
	if err := readOnly.Save("s", nil); err == nil {
		t.Error("saved below a file")
	}
}
