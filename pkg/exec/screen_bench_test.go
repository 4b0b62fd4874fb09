package exec

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/xsh-project/xsh/pkg/types"
)

// The benchmarks here run a session on a real terminal, with a client on a
// socket that writes what it is sent to a terminal of its own: once as it is,
// and once without the screen model. What the model may take of throughput is a
// tenth, of the time that an echo takes nothing.

// benchSession is a session whose program the benchmark plays on tty. What its
// client is shown can be read from shown.
type benchSession struct {
	in    chan StreamInput
	id    string
	tty   *os.File
	shown *os.File
}

func newBenchSession(b *testing.B, model bool) *benchSession {
	b.Helper()
	ttys := make(chan *os.File, 1)
	end := make(chan struct{})
	play := func(_ *types.PluginContext, _ SessionOptions, tty *os.File, _ chan error, _ <-chan SessionResizeInput) error {
		ttys <- tty
		<-end
		return nil
	}
	m := NewManager(ManagerConfig{Handlers: map[string]Handler{
		"test/bench": {Plugin: "test", Resource: "bench", TTYHandler: play},
	}})
	b.Cleanup(func() { close(end); m.Close() })
	who := &types.PluginContext{Context: b.Context(), RequesterID: "bench"}
	s, err := m.CreateSession(who, SessionOptions{ResourcePlugin: "test", ResourceKey: "bench", TTY: true, Size: Size{24, 80}})
	if err != nil {
		b.Fatal(err)
	}
	bs := &benchSession{in: make(chan StreamInput), id: s.ID, tty: <-ttys}
	if !model {
		breakModel(b, m, bs)
	}
	client := benchClient(b, m)
	out, err := client.Stream(types.NewContext(b.Context(), who), bs.in)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := client.Attach(who, s.ID, AttachOptions{Size: Size{24, 80}}); err != nil {
		b.Fatal(err)
	}
	local, err := openTerminal()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { local.Close() })
	bs.shown = local.MasterFd()
	// Both sides write as a program does, and wait in the system: the poller
	// may not hear that a tty takes output again.
	local.SlaveFd().Fd()
	bs.tty.Fd()
	go func() { // ends with the stream
		for o := range out {
			local.SlaveFd().Write(o.Data)
		}
	}()
	return bs
}

// benchClient is a client of m on a socket.
func benchClient(b *testing.B, m *Manager) *PluginClient {
	b.Helper()
	path := filepath.Join(b.TempDir(), "socket")
	l, err := net.Listen("unix", path)
	if err != nil {
		b.Fatal(err)
	}
	const streamWindow, connWindow = 256 << 10, 1 << 20 // as the tool has them
	g := grpc.NewServer(grpc.InitialWindowSize(streamWindow), grpc.InitialConnWindowSize(connWindow))
	(&PluginServer{Impl: m}).Register(g)
	go g.Serve(l)
	b.Cleanup(g.Stop)
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithInitialWindowSize(streamWindow), grpc.WithInitialConnWindowSize(connWindow))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return NewPluginClient(conn)
}

// breakModel has the session go on as one does whose model failed: nothing
// follows the output.
func breakModel(b *testing.B, m *Manager, bs *benchSession) {
	b.Helper()
	m.find(bs.id).screen.Stop()
}

// attachedRate prints so many bytes and returns how many a second came
// through.
func (bs *benchSession) attachedRate(b *testing.B, total int) float64 {
	b.Helper()
	line := strings.Repeat("a line of text, ", 4) + "and more of it\r\n"
	block := []byte(strings.Repeat(line, 200))
	start := time.Now()
	go func() {
		for n := 0; n < total; n += len(block) {
			bs.tty.Write(block)
		}
		bs.tty.WriteString("THE END")
	}()
	buf := make([]byte, 64<<10)
	// Not so many bytes: a client that fell behind is shown the screen instead.
	for seen := []byte{}; !bytes.Contains(seen, []byte("THE END")); {
		n, err := bs.shown.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		seen = append(seen[max(0, len(seen)-16):], buf[:n]...)
	}
	return float64(total) / time.Since(start).Seconds()
}

// echoTime returns how long a typed byte takes to come back from a program
// that prints what it reads.
func (bs *benchSession) echoTime(b *testing.B) time.Duration {
	b.Helper()
	start := time.Now()
	bs.in <- StreamInput{SessionID: bs.id, Data: []byte("x")}
	if _, err := bs.shown.Read(make([]byte, 16)); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func BenchmarkAttachedThroughput(b *testing.B) {
	const total = 32 << 20
	with, without := newBenchSession(b, true), newBenchSession(b, false)
	var rates [2][]float64
	for b.Loop() {
		rates[0] = append(rates[0], with.attachedRate(b, total)/1e6)
		rates[1] = append(rates[1], without.attachedRate(b, total)/1e6)
	}
	a, c := middle(rates[0]), middle(rates[1])
	b.ReportMetric(a/c, "of-the-rate-without")
	b.ReportMetric(a, "MB/s")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkAttachedEcho(b *testing.B) {
	with, without := newBenchSession(b, true), newBenchSession(b, false)
	for _, bs := range []*benchSession{with, without} {
		go func() { // ends with the terminal
			buf := make([]byte, 16)
			for {
				n, err := bs.tty.Read(buf)
				if err != nil {
					return
				}
				bs.tty.Write(buf[:n])
			}
		}()
		bs.echoTime(b) // it works
	}
	var times [2][]time.Duration
	for b.Loop() {
		times[0] = append(times[0], with.echoTime(b))
		times[1] = append(times[1], without.echoTime(b))
	}
	a, c := middle(times[0]), middle(times[1])
	b.ReportMetric(float64(a.Nanoseconds())/1e3, "us/echo")
	b.ReportMetric(float64(c.Nanoseconds())/1e3, "us/echo-without")
	b.ReportMetric(float64(a)/float64(c), "of-the-time-without")
	b.ReportMetric(0, "ns/op")
}

// middle returns the median.
func middle[T float64 | time.Duration](v []T) T {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
