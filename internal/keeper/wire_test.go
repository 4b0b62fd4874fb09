package keeper

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

func someMessage() message {
	return message{
		kind: kindHeld, seq: 1 << 40, how: 7, id: "id", record: []byte("record"),
		status: Status{Known: true, Wait: 0xffff}, text: "text",
		argv: []string{"/bin/a", ""}, keeperArgv: []string{"/bin/b"},
		sessions: []session{
			{id: "a", record: []byte{0}, pid: 1 << 22, pidfd: true, end: &Status{Known: true, Wait: 9}, faults: 2, kills: 3, fds: []int{4, 5, 6}, theirs: true},
			{id: "b", end: &Status{}},
		},
	}
}

func TestMessages(t *testing.T) {
	m := someMessage()
	p := append(m.encode(), "rest"...)
	got, rest, err := decodeMessage(p)
	if err != nil || string(rest) != "rest" || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v, %q, %v", got, rest, err)
	}
	if _, _, err := decodeMessage(p[:len(p)-5]); err == nil {
		t.Error("a message that is cut off was read")
	}
	p[0]++
	if _, _, err := decodeMessage(p); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
}

// TestMessagesGrow: fields that a later version adds at the end are skipped,
// and those that an earlier one does not have are zero.
func TestMessagesGrow(t *testing.T) {
	m := someMessage()
	p := append(m.encode(), 1, 2, 3)
	binary.LittleEndian.PutUint32(p[2:], uint32(len(p)-headerBytes))
	if got, rest, err := decodeMessage(p); err != nil || len(rest) != 0 || !reflect.DeepEqual(got, m) {
		t.Errorf("with more fields: %+v, %q, %v", got, rest, err)
	}
	short := message{kind: kindDrop, seq: 5, id: "x"}
	p = short.encode()[:headerBytes+4] // seq, how, id
	binary.LittleEndian.PutUint32(p[2:], 4)
	if got, _, err := decodeMessage(p); err != nil || !reflect.DeepEqual(got, short) {
		t.Errorf("with fewer fields: %+v, %v", got, err)
	}
}

// FuzzMessage: what claims to be a message is refused or read as what it is,
// within its bounds.
func FuzzMessage(f *testing.F) {
	m := someMessage()
	f.Add(m.encode())
	f.Add((&message{kind: kindAll}).encode())
	f.Add([]byte{version, kindHold, 255, 255, 255, 255, 1})
	f.Add([]byte{version, kindHold, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255})
	f.Fuzz(func(t *testing.T, p []byte) {
		m, _, err := decodeMessage(p)
		if err != nil {
			return
		}
		again, rest, err := decodeMessage(m.encode())
		if len(m.encode()) > maxMessage+headerBytes {
			return // short numbers that were written long can make it longer
		}
		if err != nil || len(rest) != 0 || !reflect.DeepEqual(again, m) {
			t.Errorf("%+v read again is %+v, %v", m, again, err)
		}
		if len(m.id) > maxID || len(m.record) > MaxRecord || len(m.argv) > maxArgs {
			t.Errorf("out of bounds: %+v", m)
		}
		for _, s := range m.sessions {
			if len(s.fds) > MaxFiles || len(s.record) > MaxRecord || s.id == "" {
				t.Errorf("out of bounds: %+v", s)
			}
		}
	})
}
