// Package plainpb encodes and decodes protobuf messages by the tags of their Go
// structs.
//
// The protobuf library prepares each type of message when that is first used:
// it parses the descriptors of the whole file and builds tables. That pays in a
// server; in a command that sends two messages and receives three it is a tenth of
// all that the command does. What is here needs none of it. It knows the kinds of
// fields that our messages have; a message with another goes to the library, so
// that any message can be given.
//
// The bytes are those of the library, but for the order of maps. Fields that a
// message does not know are skipped, and not kept.
package plainpb

import (
	"reflect"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Marshal is proto.Marshal.
func Marshal(m proto.Message) ([]byte, error) {
	v := reflect.ValueOf(m)
	if v.IsNil() {
		return nil, nil
	}
	b, err := appendMessage(nil, v)
	if b == nil && err == nil {
		b = []byte{}
	}
	return b, err
}

// Unmarshal is proto.Unmarshal. m is empty when it is called.
func Unmarshal(b []byte, m proto.Message) error {
	return decodeMessage(b, reflect.ValueOf(m), maxDepth)
}

// maxDepth is how deep messages may lie within each other, as in the library.
const maxDepth = 10000

// field is a field of a message.
type field struct {
	index  int
	number protowire.Number
	wire   protowire.Type
	oneof  bool // of several fields; which one, the value tells
}

// plan is what is known of a type of message.
type plan struct {
	fields []field
	writes bool // all of the fields can be encoded here
	reads  bool // and decoded
}

var (
	plansMu sync.Mutex // guards plans
	plans   = map[reflect.Type]*plan{}
)

// planOf returns the plan of a message's struct.
func planOf(t reflect.Type) *plan {
	plansMu.Lock()
	defer plansMu.Unlock()
	if p := plans[t]; p != nil {
		return p
	}
	p := &plan{writes: true, reads: true}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("protobuf_oneof") != "" {
			// What the others of the fields are, only the descriptor knows.
			p.fields = append(p.fields, field{index: i, wire: -1, oneof: true})
			p.reads = false
			continue
		}
		tag := f.Tag.Get("protobuf")
		if tag == "" {
			continue
		}
		kind, rest, _ := strings.Cut(tag, ",")
		number, _, _ := strings.Cut(rest, ",")
		n, err := strconv.Atoi(number)
		if err != nil || !simple(f.Type, kind) || !strings.Contains(tag, ",proto3") {
			p.writes, p.reads = false, false
		}
		p.fields = append(p.fields, field{index: i, number: protowire.Number(n), wire: wireType(kind)})
	}
	plans[t] = p
	return p
}

func wireType(kind string) protowire.Type {
	switch kind {
	case "varint":
		return protowire.VarintType
	case "fixed64":
		return protowire.Fixed64Type
	default:
		return protowire.BytesType
	}
}

// simple reports whether a field of a Go type, and of the kind that its tag begins
// with, is one that is known here.
func simple(t reflect.Type, kind string) bool {
	switch t.Kind() {
	case reflect.Map:
		return t.Key().Kind() == reflect.String && single(t.Elem(), "bytes")
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return kind == "bytes" && single(t.Elem(), kind)
		}
	case reflect.Pointer:
		if t.Elem().Kind() != reflect.Struct { // optional
			return single(t.Elem(), kind)
		}
	}
	return single(t, kind)
}

// single is simple for a value that is no list, no map and not optional.
func single(t reflect.Type, kind string) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		return kind == "varint"
	case reflect.Float64:
		return kind == "fixed64"
	case reflect.String:
		return kind == "bytes"
	case reflect.Slice:
		return kind == "bytes" && t.Elem().Kind() == reflect.Uint8
	case reflect.Pointer:
		return kind == "bytes" && t.Elem().Kind() == reflect.Struct
	}
	return false
}

// message is what a pointer to a message's struct points to, as a message.
func message(v reflect.Value) proto.Message {
	m, _ := v.Interface().(proto.Message)
	return m
}
