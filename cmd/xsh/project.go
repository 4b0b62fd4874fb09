package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/xsh-project/xsh/pkg/exec"
)

// project is what an xsh.toml declares: sessions that belong together.
type project struct {
	file     string
	name     string
	sessions []projectSession // in the order in which they start
}

// projectSession is one of a project's sessions.
type projectSession struct {
	Name    string
	Command []string
	Dir     string
	Env     map[string]string
	Labels  map[string]string
	OnExit  string
	After   []string
	// It is ready once its screen shows Text, or something listens on Port of this
	// host; with neither, once it has started. Timeout is how long that may take.
	Text    string
	Port    int
	Timeout time.Duration

	line int // of its name
}

const (
	// projectFile is the name of a project's file.
	projectFile = "xsh.toml"
	// projectLabel is the label that sessions of a project have, with its name.
	projectLabel = "project"
	// readyTimeout is how long a session may take to be ready that does not say it.
	readyTimeout = time.Minute
	// maxProject bounds how many sessions a project may have.
	maxProject = 200
)

// sessionKeys are what a session of a project may have.
var sessionKeys = []string{"name", "command", "directory", "env", "labels", "after", "ready", "timeout", "on_exit"}

// readProject reads a project's file. What is wrong is told with its line.
func readProject(file string) (*project, error) {
	var top map[string]toml.Primitive
	meta, err := toml.DecodeFile(file, &top)
	var wrong toml.ParseError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, withHint(fmt.Errorf("there is no %s", file), "xsh help up shows what stands in one")
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("%s, line %d: %s", file, wrong.Position.Line, wrong.Message)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	r := projectReader{file: file, dir: dir, meta: &meta}
	p := &project{file: file, name: nameFor(dir)}
	var tables []map[string]toml.Primitive
	for _, key := range slices.Sorted(maps.Keys(top)) {
		switch key {
		case "name":
			r.take(top[key], key, "a name", &p.name)
			if err := exec.CheckName(p.name); err != nil {
				r.wrong(top[key], err.Error())
			}
		case "session":
			r.take(top[key], key, "tables such as [[session]]", &tables)
		default:
			r.unknown(top[key], key, []string{"name", "session"})
		}
	}
	if len(tables) > maxProject {
		return nil, fmt.Errorf("%s: %d sessions, and at most %d can be", file, len(tables), maxProject)
	}
	var list []projectSession
	for i, t := range tables {
		r.table = i
		list = append(list, r.session(t))
	}
	if r.err == nil && len(list) == 0 {
		r.err = withHint(fmt.Errorf("%s declares no session", file), "xsh help up shows how")
	}
	if r.err == nil {
		p.sessions, r.err = inOrderOf(file, list)
	}
	return p, r.err
}

// projectReader keeps the first error.
type projectReader struct {
	file, dir string
	meta      *toml.MetaData
	err       error
	// What is being read: the index of the table, and its key.
	table int
	key   string
}

// wrong notes what is wrong with a value.
func (r *projectReader) wrong(at toml.Primitive, text string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s, line %d: %s", r.file, r.line(at), text)
	}
}

func (r *projectReader) unknown(at toml.Primitive, key string, keys []string) {
	had := r.err != nil
	r.wrong(at, fmt.Sprintf("no such key %q", key))
	if had {
		return
	}
	if near := nearest(key, keys); near != "" {
		r.err = withHint(r.err, "did you mean "+near+"?")
	} else {
		r.err = withHint(r.err, "there are "+strings.Replace(orList(keys), " or ", " and ", 1))
	}
}

// line is that of a value.
func (r *projectReader) line(at toml.Primitive) int {
	if r.key != "" {
		if line := lineInTables(r.file, "session", r.table, r.key); line > 0 {
			return line
		}
	}
	return lineOf(at, r.meta)
}

// take decodes a value.
func (r *projectReader) take(at toml.Primitive, key, want string, to any) {
	if err := r.meta.PrimitiveDecode(at, to); err != nil {
		r.wrong(at, fmt.Sprintf("bad %s: want %s", key, want))
	}
}

// session reads one table.
func (r *projectReader) session(t map[string]toml.Primitive) projectSession {
	s := projectSession{Dir: r.dir, Timeout: readyTimeout}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		at := t[key]
		r.key = key
		if line := r.line(at); s.line == 0 || key == "name" {
			s.line = line
		}
		switch key {
		case "name":
			r.take(at, key, "a name", &s.Name)
			if err := exec.CheckName(s.Name); err != nil {
				r.wrong(at, err.Error())
			}
		case "command":
			r.take(at, key, `a list such as ["npm", "start"]`, &s.Command)
		case "directory":
			r.take(at, key, "a directory", &s.Dir)
			if !filepath.IsAbs(s.Dir) {
				s.Dir = filepath.Join(r.dir, s.Dir)
			}
		case "env":
			r.take(at, key, `a table such as { PORT = "8080" }`, &s.Env)
		case "labels":
			r.take(at, key, `a table such as { tier = "back" }`, &s.Labels)
		case "after":
			r.take(at, key, `a list of names such as ["db"]`, &s.After)
		case "on_exit":
			r.take(at, key, orList(onExitNames()), &s.OnExit)
			if !slices.Contains(onExitNames(), s.OnExit) {
				r.wrong(at, "bad on_exit: want "+orList(onExitNames()))
			}
		case "timeout":
			var text string
			r.take(at, key, `a time such as "30s"`, &text)
			var err error
			if s.Timeout, err = time.ParseDuration(text); err != nil || s.Timeout <= 0 {
				r.wrong(at, `bad timeout: want a time such as "30s"`)
			}
		case "ready":
			r.ready(at, &s)
		default:
			r.unknown(at, key, sessionKeys)
		}
	}
	if r.err == nil && s.Name == "" {
		r.err = fmt.Errorf("%s, line %d: a session without a name", r.file, s.line)
	}
	return s
}

func (r *projectReader) ready(at toml.Primitive, s *projectSession) {
	const want = `{ text = "..." }, a regular expression, or { port = 8080 }`
	var ready map[string]any
	r.take(at, "ready", want, &ready)
	for key, value := range ready {
		text, isText := value.(string)
		port, isPort := value.(int64)
		switch {
		case key == "text" && isText && checkPattern(text) == nil && text != "":
			s.Text = text
		case key == "port" && isPort && port > 0 && port < 1<<16:
			s.Port = int(port)
		default:
			r.wrong(at, "bad ready: want "+want)
		}
	}
	if len(ready) != 1 {
		r.wrong(at, "bad ready: want "+want)
	}
}

// inOrderOf puts sessions behind those that they come after; else they stay in the
// order of the file.
func inOrderOf(file string, list []projectSession) ([]projectSession, error) {
	known := map[string]projectSession{}
	for _, s := range list {
		if first, twice := known[s.Name]; twice {
			return nil, fmt.Errorf("%s, line %d: a second session %q; the first is on line %d", file, s.line, s.Name, first.line)
		}
		known[s.Name] = s
	}
	var ordered []projectSession
	done, under := map[string]bool{}, []string{}
	var put func(s projectSession) error
	put = func(s projectSession) error {
		if i := slices.Index(under, s.Name); i >= 0 {
			return fmt.Errorf("%s, line %d: a circle: %s", file, s.line, strings.Join(append(under[i:], s.Name), " after "))
		}
		if done[s.Name] {
			return nil
		}
		under = append(under, s.Name)
		for _, name := range s.After {
			before, ok := known[name]
			if !ok {
				err := fmt.Errorf("%s, line %d: %s comes after %q, which the file does not declare", file, s.line, s.Name, name)
				if near := nearest(name, slices.Sorted(maps.Keys(known))); near != "" {
					return withHint(err, "did you mean "+near+"?")
				}
				return err
			}
			if err := put(before); err != nil {
				return err
			}
		}
		under = under[:len(under)-1]
		done[s.Name] = true
		ordered = append(ordered, s)
		return nil
	}
	for _, s := range list {
		if err := put(s); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}
