package server

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// nonsense is what a hostile client puts in the fields of a message.
type nonsense struct {
	name   string
	text   string
	number int64
	many   int // elements of a list, and entries of a map
}

var allNonsense = []nonsense{
	{"nothing", "", 0, 0},
	{"controls and the least numbers", "\x1b]0;x\a\u009b2J\u202e\x00\n", math.MinInt64, 3},
	{"much and the greatest numbers", strings.Repeat("[(*", 20_000), math.MaxInt64, 30},
	{"paths and minus one", "../../../../etc/passwd", -1, 1},
}

// fill fills a message; the field id has the ID of a session.
func (n nonsense) fill(m protoreflect.Message, id string, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsMap():
			entries := m.Mutable(f).Map()
			for j := range n.many {
				key := n.value(f.MapKey(), entries.NewValue, id, depth)
				if f.MapKey().Kind() == protoreflect.StringKind {
					key = protoreflect.ValueOfString(n.text + fmt.Sprint(j))
				}
				entries.Set(key.MapKey(), n.value(f.MapValue(), entries.NewValue, id, depth))
			}
		case f.IsList():
			list := m.Mutable(f).List()
			for range n.many {
				list.Append(n.value(f, list.NewElement, id, depth))
			}
		case f.Message() == nil || n.many > 0 && depth < 4:
			m.Set(f, n.value(f, func() protoreflect.Value { return m.NewField(f) }, id, depth))
		}
	}
}

func (n nonsense) value(f protoreflect.FieldDescriptor, message func() protoreflect.Value, id string, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.StringKind:
		if f.Name() == "id" && id != "" {
			return protoreflect.ValueOfString(id)
		}
		return protoreflect.ValueOfString(n.text)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("\xff" + n.text))
	case protoreflect.BoolKind:
		// To detach all others is what it says, and no harm.
		return protoreflect.ValueOfBool(n.number < 0 && f.Name() != "detach_others")
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n.number))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(max(math.MinInt32, min(n.number, math.MaxInt32))))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(n.number)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n.number))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(n.number))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(math.NaN()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(math.NaN())
	default:
		v := message()
		if depth < 4 {
			n.fill(v.Message(), id, depth+1)
		}
		return v
	}
}

// meant are calls that do harm because somebody asks for it: to a session that there
// is, or to the server.
var meant = map[protoreflect.Name]bool{
	"CloseSession": true, "Kill": true, "Signal": true, "Remove": true, "DetachAll": true, "DetachSession": true,
}

// TestNonsenseInEachCall: whatever stands in the fields of a request, of each call that
// the server has, the answer is one with a known code, and nobody else is harmed.
func TestNonsenseInEachCall(t *testing.T) {
	v := newVictim(t)
	conn := connect(t, v.paths)
	calls := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			name := string(service.FullName())
			if !strings.HasPrefix(name, "xsh.") && !strings.HasPrefix(name, "omniview.") || service.Name() == "Server" {
				continue
			}
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				for _, n := range allNonsense {
					for _, id := range []string{"", "s"} {
						if id == "s" && meant[method.Name()] {
							continue
						}
						calls++
						err := n.call(t, conn, method, id)
						if c := status.Code(err); c == codes.Unknown {
							t.Errorf("%s with %s: %.300v", method.FullName(), n.name, err)
						}
					}
				}
				v.unharmed()
			}
		}
		return true
	})
	if calls < 97 {
		t.Errorf("%d calls were made", calls)
	}
}

// call makes a call. One that waits, as it was asked to, is given up.
func (n nonsense) call(t *testing.T, conn *grpc.ClientConn, method protoreflect.MethodDescriptor, id string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	in, out := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
	n.fill(in, id, 0)
	path := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	if !method.IsStreamingClient() && !method.IsStreamingServer() {
		return conn.Invoke(ctx, path, in, out)
	}
	st, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, path)
	if err != nil {
		return err
	}
	if err := st.SendMsg(in); err != nil && err != io.EOF { // of an end RecvMsg tells
		return err
	}
	st.CloseSend()
	for {
		if err := st.RecvMsg(out); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
