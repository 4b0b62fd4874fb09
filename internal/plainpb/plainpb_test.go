package plainpb

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"

	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// ours are the messages of our files, and what else the client sends and receives.
func ours(t testing.TB) []protoreflect.MessageType {
	var all []protoreflect.MessageType
	protoregistry.GlobalTypes.RangeMessages(func(mt protoreflect.MessageType) bool {
		if name := string(mt.Descriptor().FullName()); strings.HasPrefix(name, "xsh.") || strings.HasPrefix(name, "omniview.") {
			all = append(all, mt)
		}
		return true
	})
	if len(all) < 20 {
		t.Fatalf("only %d messages are registered", len(all))
	}
	return append(all, (&statuspb.Status{}).ProtoReflect().Type(), (&structpb.Struct{}).ProtoReflect().Type())
}

// fill sets about half of a message's fields to something.
func fill(r *rand.Rand, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		isMessage := f.Message() != nil && !f.IsMap()
		if r.IntN(2) == 0 || depth == 0 && (isMessage || f.IsMap()) {
			continue
		}
		switch {
		case f.IsMap():
			for range r.IntN(3) {
				key := protoreflect.ValueOfString(text(r)).MapKey()
				value := m.Mutable(f).Map().NewValue()
				if f.MapValue().Message() != nil {
					fill(r, value.Message(), depth-1)
				} else {
					value = scalar(r, f.MapValue())
				}
				m.Mutable(f).Map().Set(key, value)
			}
		case f.IsList():
			for range r.IntN(3) {
				list := m.Mutable(f).List()
				if isMessage {
					fill(r, list.AppendMutable().Message(), depth-1)
				} else {
					list.Append(scalar(r, f))
				}
			}
		case isMessage:
			fill(r, m.Mutable(f).Message(), depth-1)
		default:
			m.Set(f, scalar(r, f))
		}
	}
}

func text(r *rand.Rand) string {
	return []string{"", "a", "föö", strings.Repeat("x", 200)}[r.IntN(4)]
}

func scalar(r *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	n := []int64{0, 1, -1, 127, 128, 1 << 31, -1 << 40}[r.IntN(7)]
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n != 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(n)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(n))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(n) / 3)
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(text(r)))
	default:
		return protoreflect.ValueOfString(text(r))
	}
}

// TestAsTheLibrary holds each of our messages, with anything in its fields, against
// the library: what one encodes the other decodes, from every beginning of it the
// same or no message.
func TestAsTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, mt := range ours(t) {
		name := mt.Descriptor().FullName()
		for range 15 {
			m := mt.New().Interface()
			fill(r, m.ProtoReflect(), 3)
			b, err := Marshal(m)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			theirs := mt.New().Interface()
			if err := proto.Unmarshal(b, theirs); err != nil || !proto.Equal(m, theirs) {
				t.Fatalf("%s: %v\nthe library decodes %v\nof              %v", name, err, theirs, m)
			}
			if b, err = proto.Marshal(m); err != nil {
				t.Fatal(err)
			}
			for n := range len(b) {
				decodeBoth(t, mt, b[:n])
			}
			for range 20 { // and spoilt
				spoilt := append([]byte(nil), b...)
				for range min(len(b), 1+r.IntN(3)) {
					spoilt[r.IntN(len(b))] = byte(r.IntN(256))
				}
				decodeBoth(t, mt, spoilt)
			}
			decodeBoth(t, mt, b)
		}
	}
}

// decodeBoth decodes here and with the library. What fails in one fails in the other.
func decodeBoth(t testing.TB, mt protoreflect.MessageType, b []byte) {
	t.Helper()
	here, theirs := mt.New().Interface(), mt.New().Interface()
	err, theirErr := Unmarshal(b, here), proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, theirs)
	if (err == nil) != (theirErr == nil) {
		t.Fatalf("%s of %x: %v, the library: %v", mt.Descriptor().FullName(), b, err, theirErr)
	}
	if err == nil && !same(here, theirs) {
		t.Fatalf("%s of %x:\n%v\nthe library:\n%v", mt.Descriptor().FullName(), b, here, theirs)
	}
}

// same compares by the library's encoding, without the fields of messages below
// that nobody knows: those that the library decodes for us keep theirs.
func same(a, b proto.Message) bool {
	for _, m := range []proto.Message{a, b} {
		discard(m.ProtoReflect())
	}
	return proto.Equal(a, b)
}

func discard(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap() && f.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				discard(v.Message())
				return true
			})
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				discard(v.List().Get(i).Message())
			}
		case f.Message() != nil && !f.IsMap():
			discard(v.Message())
		}
		return true
	})
}

func FuzzUnmarshal(f *testing.F) {
	all := ours(f)
	f.Add(uint8(0), []byte("\x0a\x01a"))
	f.Fuzz(func(t *testing.T, which uint8, b []byte) { decodeBoth(t, all[int(which)%len(all)], b) })
}

func TestInvalidText(t *testing.T) {
	bad := &xshpb.Call{Method: "a\xff"}
	if _, err := Marshal(bad); err == nil {
		t.Error("a string that is not UTF-8 was encoded")
	}
	if err := Unmarshal([]byte("\x0a\x02a\xff"), &xshpb.Call{}); err == nil {
		t.Error("and decoded")
	}
}

// TestPlain tells which messages are left to the library: a kind of field that is
// not known here makes a command slow again.
func TestPlain(t *testing.T) {
	for _, mt := range ours(t) {
		m := mt.New().Interface()
		p := planOf(typeOf(m))
		sent := false // and never received
		switch m.(type) {
		case *structpb.Struct, *xshpb.Input:
			sent = true
		}
		if !p.writes || !p.reads && !sent {
			t.Errorf("%s: writes %v, reads %v", mt.Descriptor().FullName(), p.writes, p.reads)
		}
	}
}

func TestNone(t *testing.T) {
	b, err := Marshal((*execpb.Session)(nil))
	if len(b) > 0 || err != nil {
		t.Errorf("no message is %x, %v", b, err)
	}
}

func typeOf(m proto.Message) reflect.Type { return reflect.TypeOf(m).Elem() }
