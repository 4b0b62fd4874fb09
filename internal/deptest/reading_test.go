package deptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readingOrder is the order in which the files of pkg/exec are read: each uses
// what stands in those before. Whoever adds a file puts it behind what it uses.
const readingOrder = `
	doc.go
	raw.go terminal_linux.go terminal_other.go terminal.go errorcode.go errors.go
	exit.go streamerror.go stream.go store.go state.go typer.go session.go labels.go attachoptions.go handler.go keeper.go
	events.go provider.go convert.go plain.go names.go environment.go settings.go

	patience.go buffer.go input.go tty_linux.go tty_darwin.go tty.go questions.go activity.go rules.go expiry.go storing.go
	asides.go clipboard.go told.go typing.go view.go kepthistory.go kept.go requester.go

	manager.go live.go states.go rulelook.go keep.go persist.go sessions.go effects.go replay.go
	attachment.go clients.go keyboard.go sizing.go limits.go keys.go leave.go frames.go serve.go attach.go
	run.go create.go afterend.go open.go close.go adopt.go
	requesters.go streams.go

	type.go signal_linux.go signal_other.go signal.go logpieces.go past.go capture.go ondisk.go logs.go search.go
	wait.go linejoiner.go printed.go waittext.go change.go report.go switch.go leading.go

	metadata.go driverconvert.go status.go statuserror.go server.go client.go
	clientstream.go driver.go reportcalls.go restore.go sizer.go submit.go plugin.go
`

// upward are the uses that run against the reading order, with their reasons.
// More than about ten of them are no order any more.
var upward = map[string]string{
	// A manager has its sessions, and a session its manager.
	"manager.go session": "the sessions that it has",
	// The plain contract is an adapter on top, but its streams end with the manager.
	"manager.go requesters":         "one field for the adapter",
	"sessions.go requesters.forget": "a forgotten session is forgotten there as well",
	"run.go Manager.sessionEnded":   "streams are told how sessions end that nobody is attached to",
	"run.go session.afterEnd":       "what becomes of a session at its end may be that it begins again",
	// Handlers get what they call when a program stops, before there is a session.
	"manager.go Manager.stopChanged": "is handed to handlers",
	// A session has its clients, and each of them its session.
	"live.go clients":          "the clients that it has",
	"live.go clients.describe": "a session's public value tells of them",
	// Wait is one story with two ends.
	"wait.go wait.text": "the waits that look at text",
	"wait.go wait.gone": "the waits that look at text",
}

// TestReadingOrder holds pkg/exec against its reading order: a use of something
// that is declared in a later file is listed above, or an error.
func TestReadingOrder(t *testing.T) {
	place := map[string]int{}
	for i, name := range strings.Fields(readingOrder) {
		place[name] = i + 1
	}
	found := map[string][]string{}
	for _, u := range uses(t, "pkg/exec") {
		for _, file := range []string{u.from, u.to} {
			if place[file] == 0 {
				t.Fatalf("pkg/exec/%s has no place in the reading order, which stands in this test: put it behind the files that it uses", file)
			}
		}
		if place[u.from] < place[u.to] {
			found[u.from+" "+u.object] = append(found[u.from+" "+u.object], u.to)
		}
	}
	for use, to := range found {
		if upward[use] == "" {
			file, object, _ := strings.Cut(use, " ")
			t.Errorf("%s uses %s of %s, which is read later: move one of them, or give a reason in this test", file, object, to[0])
		}
	}
	for use := range upward {
		if found[use] == nil {
			t.Errorf("%q is listed as a use against the reading order, and is none", use)
		}
	}
	if len(upward) > 12 {
		t.Errorf("%d uses run against the reading order of pkg/exec: it is none any more", len(upward))
	}
	for name := range place {
		if _, err := os.Stat(filepath.Join("..", "..", "pkg", "exec", name)); err != nil {
			t.Errorf("the reading order has a file that is not there: %v", err)
		}
	}
}

// use is one object of a package, used in another file than its own.
type use struct{ from, to, object string }

// uses returns which files of a package use what of each other: its functions,
// types, variables, constants, methods and fields.
func uses(t *testing.T, pkg string) []use {
	t.Helper()
	dir := filepath.Join("..", "..", filepath.FromSlash(pkg))
	names, exports := compiled(t, dir)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	checked, err := config.Check(module+pkg, fset, files, &info)
	if err != nil {
		t.Fatal(err)
	}
	all := map[use]bool{}
	for id, object := range info.Uses {
		if object.Pkg() != checked || !outlives(object) {
			continue
		}
		from, to := fset.Position(id.Pos()).Filename, fset.Position(object.Pos()).Filename
		if from != to {
			all[use{filepath.Base(from), filepath.Base(to), objectName(object)}] = true
		}
	}
	return slices.Collect(maps.Keys(all))
}

// outlives reports whether an object is more than a function's own.
func outlives(o types.Object) bool {
	switch o := o.(type) {
	case *types.Var:
		return o.IsField() || o.Parent() == o.Pkg().Scope()
	case *types.Func:
		return true
	}
	return o.Parent() == o.Pkg().Scope()
}

// objectName is a name with, of a method, its type's before it.
func objectName(o types.Object) string {
	f, ok := o.(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return o.Name()
	}
	recv := f.Signature().Recv().Type()
	if p, ok := recv.(*types.Pointer); ok {
		recv = p.Elem()
	}
	if named, ok := recv.(*types.Named); ok {
		return fmt.Sprintf("%s.%s", named.Obj().Name(), o.Name())
	}
	return o.Name()
}

// compiled returns the files of the package in dir, and where the compiler has
// put what each package that it imports exports.
func compiled(t *testing.T, dir string) (files []string, exports map[string]string) {
	t.Helper()
	cmd := osexec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,GoFiles", ".")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exports = map[string]string{}
	for d := json.NewDecoder(out); ; {
		var p struct {
			ImportPath, Export string
			GoFiles            []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		files = p.GoFiles // the last is the package itself
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return files, exports
}

// TestStructsStaySmall: what a session and an attachment consist of fits in a head.
// A field more belongs to one of their parts, which are types of their own.
func TestStructsStaySmall(t *testing.T) {
	for file, name := range map[string]string{"live.go": "session", "attachment.go": "Attachment"} {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "pkg", "exec", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		fields := 0
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == name {
				for _, field := range spec.Type.(*ast.StructType).Fields.List {
					fields += max(1, len(field.Names))
				}
			}
			return true
		})
		if fields == 0 || fields >= 15 {
			t.Errorf("%s of pkg/exec/%s has %d fields, want 1 to 14", name, file, fields)
		}
	}
}
