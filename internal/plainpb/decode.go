package plainpb

import (
	"errors"
	"math"
	"reflect"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

var errDeep = errors.New("messages lie too deep within each other")

// decodeMessage adds the fields in b to a message, to which v points.
func decodeMessage(b []byte, v reflect.Value, depth int) error {
	p := planOf(v.Type().Elem())
	switch {
	case depth == 0:
		return errDeep
	case !p.reads:
		return proto.UnmarshalOptions{Merge: true}.Unmarshal(b, message(v))
	}
	for len(b) > 0 {
		number, typ, n := consumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if f := p.find(number, typ); f != nil {
			n, err := f.decode(b, v.Elem().Field(f.index), depth)
			if err != nil {
				return err
			}
			b = b[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(number, typ, b); n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
	}
	return nil
}

// consumeTag refuses the numbers that the library refuses.
func consumeTag(b []byte) (protowire.Number, protowire.Type, int) {
	number, typ, n := protowire.ConsumeTag(b)
	if number > protowire.MaxValidNumber {
		return 0, 0, -1
	}
	return number, typ, n
}

// find returns the field of a number, or nil if there is none that comes as typ.
func (p *plan) find(number protowire.Number, typ protowire.Type) *field {
	for i := range p.fields {
		if f := &p.fields[i]; f.number == number && f.wire == typ {
			return f
		}
	}
	return nil
}

// decode adds what b begins with to a field, and returns how long that was.
func (f *field) decode(b []byte, v reflect.Value, depth int) (int, error) {
	switch kind := v.Kind(); {
	case kind == reflect.Map:
		return decodeEntry(b, v, depth)
	case kind == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		one := reflect.New(v.Type().Elem()).Elem()
		n, err := decodeValue(b, one, depth)
		if err == nil {
			v.Set(reflect.Append(v, one))
		}
		return n, err
	case kind == reflect.Pointer && v.Type().Elem().Kind() != reflect.Struct:
		one := reflect.New(v.Type().Elem())
		n, err := decodeValue(b, one.Elem(), depth)
		if err == nil {
			v.Set(one)
		}
		return n, err
	}
	return decodeValue(b, v, depth)
}

// decodeEntry adds an entry to a map: a message with the key as field 1 and the
// value as field 2.
func decodeEntry(b []byte, v reflect.Value, depth int) (int, error) {
	entry, total := protowire.ConsumeBytes(b)
	if total < 0 {
		return 0, protowire.ParseError(total)
	}
	key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	if value.Kind() == reflect.Pointer {
		value.Set(reflect.New(value.Type().Elem()))
	}
	for len(entry) > 0 {
		number, typ, n := consumeTag(entry)
		if n < 0 {
			return 0, protowire.ParseError(n)
		}
		entry = entry[n:]
		var err error
		switch {
		case number == 1 && typ == protowire.BytesType:
			n, err = decodeValue(entry, key, depth)
		case number == 2 && typ == protowire.BytesType:
			n, err = decodeValue(entry, value, depth)
		default:
			if n = protowire.ConsumeFieldValue(number, typ, entry); n < 0 {
				err = protowire.ParseError(n)
			}
		}
		if err != nil {
			return 0, err
		}
		entry = entry[n:]
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	v.SetMapIndex(key, value)
	return total, nil
}

// decodeValue sets v to the value that b begins with, and returns how long that
// was. A message that is there already gets more fields.
func decodeValue(b []byte, v reflect.Value, depth int) (int, error) {
	switch kind := v.Kind(); kind {
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		x, n := protowire.ConsumeVarint(b)
		switch {
		case n < 0:
			return 0, protowire.ParseError(n)
		case kind == reflect.Bool:
			v.SetBool(protowire.DecodeBool(x))
		case kind == reflect.Int32:
			v.SetInt(int64(int32(x)))
		case kind == reflect.Int64:
			v.SetInt(int64(x))
		case kind == reflect.Uint32:
			v.SetUint(uint64(uint32(x)))
		default:
			v.SetUint(x)
		}
		return n, nil
	case reflect.Float64:
		x, n := protowire.ConsumeFixed64(b)
		if n < 0 {
			return 0, protowire.ParseError(n)
		}
		v.SetFloat(math.Float64frombits(x))
		return n, nil
	}
	x, n := protowire.ConsumeBytes(b)
	if n < 0 {
		return 0, protowire.ParseError(n)
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.Valid(x) {
			return 0, errUTF8
		}
		v.SetString(string(x))
	case reflect.Slice:
		v.SetBytes(append([]byte{}, x...))
	default: // a pointer to a message's struct
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return n, decodeMessage(x, v, depth-1)
	}
	return n, nil
}
