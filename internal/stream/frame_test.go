package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// conversation is one of each kind of frame that has a form of its own.
func conversation() []byte {
	b := Append(nil, Hello, []byte("hello"))
	b = AppendInput(b, InputFrame{Offset: 7, Flags: FirstKey, Data: []byte("\x1c")})
	b = AppendOutput(b, OutputFrame{Offset: 1 << 40, Typed: 8, Flags: Drawn | Whole, Data: bytes.Repeat([]byte("x"), MaxData)})
	b = AppendCount(b, Shown, 4096)
	b = Append(b, Detach, nil)
	return Append(b, 200, []byte("of a newer peer"))
}

func TestReaderTakesFramesWhateverTheReads(t *testing.T) {
	whole := conversation()
	for name, from := range map[string]io.Reader{
		"at once":      bytes.NewReader(whole),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(whole)),
		"halves":       iotest.HalfReader(bytes.NewReader(whole)),
	} {
		var r Reader
		var again []byte
		for {
			f, err := r.Read(from)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			again = Append(again, f.Type, f.Payload)
		}
		if !bytes.Equal(again, whole) {
			t.Errorf("%s: the frames read are not those written", name)
		}
	}
}

func TestFramesCarryWhatWasPutIn(t *testing.T) {
	var r Reader
	from := bytes.NewReader(conversation())
	next := func() []byte {
		f, err := r.Read(from)
		if err != nil {
			t.Fatal(err)
		}
		return f.Payload
	}
	next()
	if in, err := ParseInput(next()); err != nil || in.Offset != 7 || in.Flags != FirstKey || string(in.Data) != "\x1c" {
		t.Errorf("input is %+v, %v", in, err)
	}
	out, err := ParseOutput(next())
	if err != nil || out.Offset != 1<<40 || out.Typed != 8 || out.Flags != Drawn|Whole || len(out.Data) != MaxData {
		t.Errorf("output is at %d, typed %d, flags %d, %d bytes, %v", out.Offset, out.Typed, out.Flags, len(out.Data), err)
	}
	if n, err := ParseCount(next()); err != nil || n != 4096 {
		t.Errorf("count is %d, %v", n, err)
	}
}

func TestHostileFrames(t *testing.T) {
	huge := binary.BigEndian.AppendUint32([]byte{byte(Input)}, 0xffffffff)
	for name, data := range map[string][]byte{
		"a length of 4 GiB":       huge,
		"input beyond its bound":  Append(nil, Input, make([]byte, inputHead+MaxData+1)),
		"a long ping":             Append(nil, Ping, make([]byte, 9)),
		"4 GiB of an unknown one": binary.BigEndian.AppendUint32([]byte{222}, 0xffffffff),
	} {
		var r Reader
		if _, err := r.Read(bytes.NewReader(data)); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseInput(make([]byte, 8)); !errors.Is(err, ErrProtocol) {
		t.Errorf("short input: %v", err)
	}
	if _, err := ParseOutput(make([]byte, 16)); !errors.Is(err, ErrProtocol) {
		t.Errorf("short output: %v", err)
	}
	if _, err := ParseCount(nil); !errors.Is(err, ErrProtocol) {
		t.Errorf("short count: %v", err)
	}
}

func TestCutFrame(t *testing.T) {
	whole := conversation()
	for _, cut := range []int{1, 4, 6, 40, len(whole) - 1} {
		var r Reader
		from := bytes.NewReader(whole[:cut])
		var err error
		for err == nil {
			_, err = r.Read(from)
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

// TestLengthAloneHoldsNothing: a frame that is announced and does not come
// takes no memory worth the name.
func TestLengthAloneHoldsNothing(t *testing.T) {
	var r Reader
	r.Read(bytes.NewReader(binary.BigEndian.AppendUint32([]byte{byte(Attached)}, maxReply)))
	if len(r.buf) > 2*MaxData {
		t.Errorf("the reader holds %d bytes for a header", len(r.buf))
	}
}

func FuzzReader(f *testing.F) {
	f.Add(conversation(), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		cut = max(0, min(cut, len(data)))
		from := io.MultiReader(bytes.NewReader(data[:cut]), bytes.NewReader(data[cut:]))
		var r Reader
		taken := 0
		for {
			fr, err := r.Read(from)
			if err != nil {
				break
			}
			taken += headerLen + len(fr.Payload)
			ParseInput(fr.Payload)
			ParseOutput(fr.Payload)
			ParseCount(fr.Payload)
		}
		if taken > len(data) {
			t.Errorf("%d bytes of frames from %d", taken, len(data))
		}
	})
}

// TestAppendFunc: a frame that is encoded in place is the same as one that was before.
func TestAppendFunc(t *testing.T) {
	want := Append([]byte("before"), Reply, []byte("payload"))
	got, err := AppendFunc([]byte("before"), Reply, func(b []byte) ([]byte, error) { return append(b, "payload"...), nil })
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	failed := errors.New("failed")
	if _, err := AppendFunc(nil, Reply, func([]byte) ([]byte, error) { return nil, failed }); err != failed {
		t.Errorf("the error is %v", err)
	}
}
