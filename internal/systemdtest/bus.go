package systemdtest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// Bus is a user's message bus with a systemd on it that makes scopes.
type Bus struct {
	// Path is that of its socket.
	Path string

	t         testing.TB
	makeScope func(unit string, properties map[string]any) error
	listener  net.Listener
	running   sync.WaitGroup

	mu   sync.Mutex
	open []net.Conn
}

// ErrSilent has a Bus not answer.
var ErrSilent = errors.New("no answer")

// NewBus returns a bus at path that calls makeScope for each StartTransientUnit.
// It ends with the test.
func NewBus(t testing.TB, path string, makeScope func(unit string, properties map[string]any) error) *Bus {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	b := &Bus{Path: path, t: t, makeScope: makeScope, listener: l}
	b.running.Go(b.accept)
	t.Cleanup(func() {
		l.Close()
		b.mu.Lock()
		for _, c := range b.open {
			c.Close()
		}
		b.mu.Unlock()
		b.running.Wait()
	})
	return b
}

func (b *Bus) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.open = append(b.open, c)
		b.mu.Unlock()
		b.running.Go(func() {
			defer c.Close()
			b.serve(c)
		})
	}
}

// serve talks to one client: first lines of text about who it is, then messages
// (D-Bus Specification, "Authentication Protocol").
func (b *Bus) serve(c net.Conn) {
	in := bufio.NewReader(c)
	for begun := false; !begun; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		answer := "ERROR\r\n"
		switch fields := strings.Fields(strings.TrimLeft(line, "\x00")); {
		case len(fields) == 0:
		case fields[0] == "BEGIN":
			answer, begun = "", true
		case fields[0] == "AUTH" && len(fields) == 1:
			answer = "REJECTED EXTERNAL\r\n"
		case fields[0] == "AUTH" && fields[1] == "EXTERNAL":
			answer = "OK 0123456789abcdef0123456789abcdef\r\n"
		case fields[0] == "NEGOTIATE_UNIX_FD":
			answer = "AGREE_UNIX_FD\r\n"
		}
		if _, err := c.Write([]byte(answer)); err != nil {
			return
		}
	}
	for {
		call, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		reply := b.answer(call)
		if reply != nil && reply.EncodeTo(c, binary.LittleEndian) != nil {
			return
		}
	}
}

func (b *Bus) answer(call *dbus.Message) *dbus.Message {
	reply := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(call.Serial()),
	}}
	body := any(":1.7")
	if name, _ := call.Headers[dbus.FieldMember].Value().(string); name == "StartTransientUnit" {
		body = dbus.ObjectPath("/org/freedesktop/systemd1/job/7")
		unit, _ := call.Body[0].(string)
		err := b.makeScope(unit, propertiesOf(call.Body[2]))
		if errors.Is(err, ErrSilent) {
			return nil
		}
		if err != nil {
			reply.Type, body = dbus.TypeError, err.Error()
			reply.Headers[dbus.FieldErrorName] = dbus.MakeVariant("org.freedesktop.DBus.Error.Failed")
		}
	}
	reply.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(body))
	reply.Body = []any{body}
	return reply
}

// propertiesOf reads an a(sv).
func propertiesOf(list any) map[string]any {
	all := map[string]any{}
	pairs, ok := list.([][]any)
	if !ok {
		panic(fmt.Sprintf("properties are %T", list))
	}
	for _, pair := range pairs {
		all[pair[0].(string)] = pair[1].(dbus.Variant).Value()
	}
	return all
}
