package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/console"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
	"github.com/xsh-project/xsh/pkg/types"
)

// TestMain gives the tests a place for a server that is not the user's own, and an xsh
// in PATH: the test's own binary, which is a server when it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == client.KeeperCommand {
		if err := serveStarted(); err != nil {
			launch.Ready("", err)
		}
		return
	}
	os.Exit(inPlaceOfTheUser(m))
}

func inPlaceOfTheUser(m *testing.M) int {
	dir, err := os.MkdirTemp("/tmp", "xsh-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "xsh"))
	}
	if err != nil {
		log.Fatal(err)
	}
	for name, value := range map[string]string{
		"XSH_DIR": filepath.Join(dir, "run"), "XSH_SOCKET": "", "XDG_STATE_HOME": dir,
		"PATH": dir + ":" + os.Getenv("PATH"), "GORACE": "atexit_sleep_ms=0",
	} {
		os.Setenv(name, value)
	}
	return m.Run()
}

// serveStarted is the server that Start starts. It returns when that was told to end, or
// why there is none.
func serveStarted() error {
	p, err := paths.Find(os.Getenv)
	if err != nil {
		return err
	}
	file := server.OpenLog(p.Log, true)
	defer file.Close()
	h := local.New(local.Config{})
	return server.Serve(context.Background(), server.Config{
		Paths: p, Version: "test", Logger: slog.New(slog.NewTextHandler(file, nil)), IdleExit: patience, // should its test die
		Sessions: exec.NewManager(exec.ManagerConfig{Handlers: map[string]exec.Handler{h.ID(): h}}),
		Ready:    func() { launch.Ready("started for a test", nil) },
	})
}

// stopStarted ends the server that was started, and waits until it has left.
func stopStarted() error {
	p, err := paths.Find(os.Getenv)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := client.Dial(ctx, p.Socket)
	if errors.Is(err, client.ErrNoServer) {
		return nil
	} else if err != nil {
		return err
	}
	defer c.Close()
	left, err := launch.Exit(p)
	if err != nil {
		return err
	}
	if _, err := c.Stop(ctx); err != nil {
		return err
	}
	return left(ctx)
}

// A program makes sure that the user's server runs, and drives a session there: xsh ls
// shows it, a person can attach to it, and it goes on when the program has ended.
func ExampleStart() {
	defer stopStarted() // the example's own server
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := client.Start(ctx, client.StartConfig{}); err != nil {
		log.Fatal(err)
	}
	socket, err := client.DefaultSocket()
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := client.Dial(ctx, socket)
	if err != nil {
		log.Fatal(err)
	}
	defer sessions.Close()
	options := local.Options(osexec.Command("sh", "-c", "printf 'name? '; read name; echo hello, $name; exec cat"))
	options.Name = "greeter"
	if _, err := sessions.CreateSession(client.NewRequester(ctx), options); err != nil {
		log.Fatal(err)
	}
	c, err := console.Open(ctx, sessions, "greeter")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := c.ExpectScreen(ctx, `name\? $`); err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(c, "Ada\r"); err != nil {
		log.Fatal(err)
	}
	greeting, err := c.Expect(ctx, `hello, (\w+)`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting[1])
	// Output: Ada
}

// A program attaches in the plain way of the exec API: what its requester attaches comes
// on the stream that its requester opened.
func ExampleNewRequester() {
	socket, stop, err := serve(local.New(local.Config{})) // a server of the example's own
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	dial := client.DialSocket(socket)
	conn, err := grpc.NewClient("passthrough:xsh", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return dial(ctx) }))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	sessions := exec.NewPluginClient(conn)

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	me := client.NewRequester(ctx)
	in := make(chan exec.StreamInput)
	out, err := sessions.Stream(types.NewContext(ctx, me), in)
	if err != nil {
		log.Fatal(err)
	}
	s, err := sessions.CreateSession(me, local.Options(osexec.Command("sh", "-c", "read name; echo hello, $name")))
	if err != nil {
		log.Fatal(err)
	}
	if _, _, err := sessions.AttachSession(me, s.ID); err != nil {
		log.Fatal(err)
	}
	in <- exec.StreamInput{SessionID: s.ID, Data: []byte("Ada\r")}
	text := exec.PlainText(os.Stdout)
	for o := range out {
		if o.Signal == exec.StreamSignalClose {
			break
		}
		text.Write(o.Data)
	}
	text.Close()
	// Output:
	// Ada
	// hello, Ada
}

// TestStart: many that need a server at once have one in the end, each start that made
// one hears what it has to say, and a server that runs is found.
func TestStart(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	t.Cleanup(func() {
		if err := stopStarted(); err != nil {
			t.Error(err)
		}
	})
	const many = 8
	said, failed := make(chan string, many), make(chan error, many)
	for range many {
		go func() { failed <- client.Start(ctx, client.StartConfig{Warn: func(text string) { said <- text }}) }()
	}
	for range many {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if len(said) != 1 || <-said != "started for a test" {
		t.Errorf("%d starts were told something, want one", len(said))
	}
}

func TestStartThatCannot(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if err := client.Start(ctx, client.StartConfig{}); !errors.Is(err, osexec.ErrNotFound) || !strings.Contains(err.Error(), "find the program of the server") {
		t.Errorf("without an xsh: %v", err)
	}
	if err := client.Start(ctx, client.StartConfig{Program: "/bin/false"}); err == nil || !strings.Contains(err.Error(), "the server ended before it was ready") {
		t.Errorf("of what is no xsh: %v", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, socket := range []string{filepath.Join(dir, "xsh.sock"), ""} {
		t.Setenv("XSH_DIR", dir)
		err := client.Start(ctx, client.StartConfig{Socket: socket, Program: os.Args[0]})
		if err == nil || !strings.Contains(err.Error(), "others may enter it") {
			t.Errorf("in a directory that is open to others: %v", err)
		}
	}
}

// TestDefaultSocket: a directory that others may enter is refused, one that is missing is
// not.
func TestDefaultSocket(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XSH_DIR", filepath.Join(dir, "run"))
	if socket, err := client.DefaultSocket(); err != nil || socket != filepath.Join(dir, "run", "xsh.sock") {
		t.Errorf("%q, %v", socket, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DefaultSocket(); err == nil || !strings.Contains(err.Error(), "others may enter it") {
		t.Errorf("open to others: %v", err)
	}
	if err := os.Chmod(filepath.Join(dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "run"), link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XSH_DIR", link)
	if _, err := client.DefaultSocket(); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a symbolic link: %v", err)
	}
	t.Setenv("XSH_DIR", "/"+strings.Repeat("d", 200))
	if _, err := client.DefaultSocket(); !errors.Is(err, paths.ErrSocketTooLong) {
		t.Errorf("too long: %v", err)
	}
}
