package exec

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/xsh-project/xsh/internal/vt"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

// storedVersion is that of StoredSession; see proto/xsh/v1/persist.proto.
const storedVersion = 1

const (
	// maxStoredText bounds the history that is kept on disk, and maxStoredLines
	// how many lines are looked at for it.
	maxStoredText  = 256 << 10
	maxStoredLines = 10_000

	// signalledBefore is how long before a server is told to end the system may
	// have told programs: it tells all processes, in any order.
	signalledBefore = 30 * time.Second
)

// writeStored brings the disk to what the session is. Another server that has
// taken the session over does that itself.
func (s *session) writeStored() {
	store := s.m.storing.store
	s.stored.mu.Lock()
	over, whole := s.stored.over && !s.stored.stays, s.stored.over && s.stored.whole
	s.stored.mu.Unlock()
	switch {
	case store == nil:
		s.failStored(errNoStore)
		return
	case whole, s.m.suspended.Load(), s.m.storing.left.Load():
		return
	case over:
		s.failStored(store.Remove(s.id))
		return
	}
	data, offset, err := s.toStore()
	if err == nil {
		err = store.Save(s.id, data)
	}
	s.stored.mu.Lock()
	if err == nil {
		s.stored.offset, s.stored.whole = offset, s.stored.stays
	}
	s.stored.mu.Unlock()
	s.failStored(err)
}

// toStore is what the disk is to have of the session.
func (s *session) toStore() (data []byte, offset int64, err error) {
	v := s.snapshot()
	history := ""
	if v.Persist == PersistHistory {
		history, offset = s.storedText()
	}
	v.Attachments, v.Clients, v.Attached, v.Stopped = nil, 0, false, false
	if len(s.opts.Command) > 0 { // of one that has ended, the list has the beginning alone
		v.Command = s.opts.Command
	}
	if len(v.Command) > 0 { // which may be named from there; a shell comes back to where it was
		v.Dir = s.startDir()
	}
	v.Exit, v.EndedAt, v.Shell, v.TTY, v.PersistProblem = nil, time.Time{}, ShellUnknown, "", ""
	data, err = proto.Marshal(&xshpb.StoredSession{
		Version: storedVersion, Session: v.ToProto(), StoredAt: timeToProto(s.m.clock.Now()), History: text(history),
	})
	return data, offset, err
}

// startDir is the directory that the program was started in.
func (s *session) startDir() string {
	if dir, ok := s.opts.ResourceData[DataDir].(string); ok {
		return dir
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info.Dir
}

// storedText is the newest text of the session's history and primary screen, and
// the offset of the output behind it.
func (s *session) storedText() (string, int64) {
	snap, offset, err := s.shown(context.Background())
	if err != nil {
		return "", 0
	}
	rows := snap.History(snap.HistoryLines()-maxStoredLines, maxStoredLines)
	for i := range snap.Size().Rows {
		rows = append(rows, snap.PrimaryRow(i))
	}
	for snap.HistoryLines() > maxStoredLines && len(rows) > 0 && rows[0].Continues {
		rows = rows[1:] // the end of a line whose beginning is not there
	}
	lines := wholeLines(rows)
	first, size := len(lines), 0
	for first > 0 && size+len(lines[first-1]) < maxStoredText {
		first--
		size += len(lines[first]) + 1
	}
	return strings.Join(lines[first:], "\n"), offset
}

// wholeLines joins rows that were wrapped, and leaves out what is empty at the
// end.
func wholeLines(rows []vt.Line) []string {
	var lines []string
	for _, row := range rows {
		if n := len(lines); n > 0 && row.Continues {
			lines[n-1] += row.Text()
		} else {
			lines = append(lines, row.Text())
		}
	}
	for n := len(lines); n > 0 && strings.TrimSpace(lines[n-1]) == ""; n-- {
		lines = lines[:n-1]
	}
	return lines
}

// Preserve has the disk keep all sessions that run, as they are now: their end,
// which is near, is not theirs but the machine's. So is the end of those whose
// program the system has told to end a moment before.
func (m *Manager) Preserve() {
	m.mu.Lock()
	order := slices.Clone(m.order)
	m.mu.Unlock()
	for _, s := range order {
		if s.goesDown(m.clock.Now()) {
			s.stored.mu.Lock()
			s.stored.stays = true
			s.stored.mu.Unlock()
			s.storeLater()
		}
	}
	waitFor(&m.storing.wg, storeWait)
}

// goesDown reports whether a session runs, or was ended a moment before now by a
// signal that the system sends to all programs when it goes down.
func (s *session) goesDown(now time.Time) bool {
	if !s.ended() {
		return true
	}
	s.mu.Lock()
	exit, at := s.info.Exit, s.info.EndedAt
	s.mu.Unlock()
	s.stored.mu.Lock()
	onPurpose := s.stored.onPurpose
	s.stored.mu.Unlock()
	if exit == nil || onPurpose || now.Sub(at) > signalledBefore {
		return false
	}
	return exit.Signal == "SIGHUP" || exit.Signal == "SIGTERM" || exit.Signal == "SIGKILL"
}
