package exec_test

import (
	"context"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/sdk"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// pluginVariable makes the test binary a plugin process.
const pluginVariable = "XSH_EXEC_TEST_PLUGIN"

const pluginID = "xsh-exec-test"

func TestMain(m *testing.M) {
	if os.Getenv(pluginVariable) != "" {
		servePlugin()
		return
	}
	if role := os.Getenv(askerVariable); role != "" {
		runAsker(role)
		return
	}
	os.Exit(m.Run())
}

func servePlugin() {
	p := &sdk.Plugin{ID: pluginID, Version: "1.2.3", Settings: testSettings}
	err := exec.RegisterPlugin(p, exec.PluginOpts{Handlers: handlerList(testHandlers())})
	if err != nil {
		panic(err)
	}
	p.Serve()
}

// testEnded is how many ended sessions the providers of the contract keep.
const testEnded = 5

var testSettings = settings.Map{exec.SettingEndedSessions: testEnded, exec.SettingBufferBytes: 64 << 10}

// provide returns a provider with testHandlers and testSettings, closed with
// the test.
type provide func(t *testing.T) exec.SessionProvider

func newManager(t *testing.T) exec.SessionProvider {
	m := exec.NewManager(exec.ManagerConfig{Handlers: testHandlers(), Settings: testSettings})
	t.Cleanup(m.Close)
	return m
}

func newClient(t *testing.T) exec.SessionProvider { return serve(t, newManager(t)) }

// serve returns a client of p over a real connection.
func serve(t testing.TB, p exec.Provider) *exec.PluginClient {
	t.Helper()
	return exec.NewPluginClient(dial(t, listen(t, p)))
}

// listen serves p on a unix socket, whose path it returns.
func listen(t testing.TB, p exec.Provider) string {
	t.Helper()
	return listenRaw(t, func(g *grpc.Server) { (&exec.PluginServer{Impl: p}).Register(g) })
}

// listenRaw is listen for services that are no Provider.
func listenRaw(t testing.TB, register func(*grpc.Server)) string {
	t.Helper()
	// Not t.TempDir: a socket's path must be short.
	dir, err := os.MkdirTemp("", "xsh")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	register(g)
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		<-served
	})
	return path
}

func dial(t testing.TB, path string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func newPluginProcess(t *testing.T) exec.SessionProvider {
	t.Helper()
	return dispense(t).(exec.SessionProvider)
}

// dispense starts a plugin process and returns its exec capability.
func dispense(t *testing.T) any {
	t.Helper()
	cmd := osexec.Command(os.Args[0])
	// The race detector would have each plugin sleep for a second at its end.
	cmd.Env = append(os.Environ(), pluginVariable+"=1", "GORACE=atexit_sleep_ms=0")
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  sdk.Handshake(pluginID),
		Plugins:          plugin.PluginSet{exec.PluginName: &exec.Plugin{}},
		Cmd:              cmd,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	conn, err := client.Client()
	if err != nil {
		t.Fatalf("start the plugin: %v", err)
	}
	raw, err := conn.Dispense(exec.PluginName)
	if err != nil {
		t.Fatalf("dispense: %v", err)
	}
	return raw
}

// TestProvider runs the whole contract for each way in: nothing differs that a
// caller could see.
func TestProvider(t *testing.T) {
	whole := slices.Concat(contract, requesterContract)
	for _, tc := range []struct {
		name  string
		new   provide
		cases []contractCase
	}{
		{"Manager", newManager, whole},
		{"PluginClient", newClient, whole},
		{"PluginProcess", newPluginProcess, whole},
		{"LocalStream", newLocalStream, contract},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, c := range tc.cases {
				t.Run(c.name, func(t *testing.T) {
					leaktest.Check(t)
					c.run(t, tc.new(t))
				})
			}
		})
	}
}

// user is a client of a provider, with a stream of its own.
type user struct {
	t   testing.TB
	p   exec.SessionProvider
	ctx *types.PluginContext
	in  chan exec.StreamInput
	out *exectest.Sink

	cancel context.CancelFunc
}

// by is the context of a request by requester; empty names nobody.
func by(requester string) *types.PluginContext {
	return &types.PluginContext{RequestID: "r", RequesterID: requester}
}

// connect opens a stream, which ends with the test.
func connect(t testing.TB, p exec.SessionProvider, requester string) *user {
	t.Helper()
	u := &user{t: t, p: p, ctx: by(requester), in: make(chan exec.StreamInput)}
	var ctx context.Context
	ctx, u.cancel = context.WithCancel(context.Background())
	out, err := p.Stream(types.NewContext(ctx, u.ctx), u.in)
	if err != nil {
		t.Fatalf("open a stream: %v", err)
	}
	u.out = exectest.Record(out)
	t.Cleanup(u.hangUp)
	return u
}

// hangUp ends the stream and waits until it has ended.
func (u *user) hangUp() {
	u.t.Helper()
	u.cancel()
	u.out.WaitEnd(u.t)
}

func (u *user) typ(id, line string) {
	u.t.Helper()
	u.in <- exec.StreamInput{SessionID: id, Data: []byte(line + "\n")}
}

// attach attaches by our own options.
func (u *user) attach(id string, o exec.AttachOptions) *exec.Attached {
	u.t.Helper()
	at, err := u.p.Attach(u.ctx, id, o)
	if err != nil {
		u.t.Fatalf("attach: %v", err)
	}
	return at
}

// attachPlain attaches by the plain contract and returns the replay.
func (u *user) attachPlain(id string) string {
	u.t.Helper()
	_, replay, err := u.p.AttachSession(u.ctx, id)
	if err != nil {
		u.t.Fatalf("attach: %v", err)
	}
	return string(replay)
}

func (u *user) detach(id string) *exec.Session {
	u.t.Helper()
	s, err := u.p.DetachSession(u.ctx, id)
	if err != nil {
		u.t.Fatalf("detach: %v", err)
	}
	return s
}

// session is what the provider says of a session now.
func (u *user) session(id string) *exec.Session {
	u.t.Helper()
	s, err := u.p.GetSession(u.ctx, id)
	if err != nil {
		u.t.Fatalf("get: %v", err)
	}
	return s
}

// tty creates a session on a terminal; resource names one of testHandlers.
func tty(t testing.TB, p exec.SessionProvider, resource string, o exec.SessionOptions) *exec.Session {
	t.Helper()
	o.TTY = true
	return create(t, p, resource, o)
}

func create(t testing.TB, p exec.SessionProvider, resource string, o exec.SessionOptions) *exec.Session {
	t.Helper()
	o.ResourcePlugin, o.ResourceKey = "test", resource
	s, err := p.CreateSession(by("creator"), o)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return s
}

// awaitEnd waits until the session has ended and returns it.
func awaitEnd(t testing.TB, p exec.SessionProvider, id string) *exec.Session {
	t.Helper()
	u := connect(t, p, "awaits the end of "+id)
	at := u.attach(id, exec.AttachOptions{Replay: exec.ReplayNone, ReadOnly: true})
	u.out.WaitClose(t, at.Session.ID)
	return u.session(id)
}
