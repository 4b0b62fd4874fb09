package plainpb

import (
	"errors"
	"math"
	"reflect"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

var errUTF8 = errors.New("a string field holds invalid UTF-8")

// appendMessage appends the fields of a message, to which v points.
func appendMessage(b []byte, v reflect.Value) ([]byte, error) {
	p := planOf(v.Type().Elem())
	if !p.writes {
		return proto.MarshalOptions{}.MarshalAppend(b, message(v))
	}
	var err error
	for _, f := range p.fields {
		if b, err = f.append(b, v.Elem().Field(f.index)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// append appends a field, if it is set.
func (f field) append(b []byte, v reflect.Value) (_ []byte, err error) {
	switch kind := v.Kind(); {
	case v.IsZero():
		return b, nil
	case f.oneof: // a struct of one field that may be zero
		of := v.Elem().Elem()
		one := planOf(of.Type()).fields[0]
		return appendValue(b, one.number, of.Field(one.index))
	case kind == reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			e, err := appendValue(nil, 1, entries.Key())
			if err == nil {
				e, err = appendValue(e, 2, entries.Value())
			}
			if err != nil {
				return nil, err
			}
			b = protowire.AppendBytes(protowire.AppendTag(b, f.number, protowire.BytesType), e)
		}
		return b, nil
	case kind == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		for i := range v.Len() {
			if b, err = appendValue(b, f.number, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return b, nil
	case kind == reflect.Slice && v.Len() == 0:
		return b, nil
	case kind == reflect.Pointer && v.Elem().Kind() != reflect.Struct:
		return appendValue(b, f.number, v.Elem())
	}
	return appendValue(b, f.number, v)
}

// appendValue appends one value, also if it is zero.
func appendValue(b []byte, number protowire.Number, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Bool:
		return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), protowire.EncodeBool(v.Bool())), nil
	case reflect.Int32, reflect.Int64:
		return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(v.Int())), nil
	case reflect.Uint32, reflect.Uint64:
		return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v.Uint()), nil
	case reflect.Float64:
		return protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), math.Float64bits(v.Float())), nil
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return nil, errUTF8
		}
		return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), v.String()), nil
	case reflect.Slice:
		return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v.Bytes()), nil
	default: // a pointer to a message's struct
		var m []byte
		if !v.IsNil() { // in a list that is an empty message
			var err error
			if m, err = appendMessage(nil, v); err != nil {
				return nil, err
			}
		}
		return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), m), nil
	}
}
