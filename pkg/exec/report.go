package exec

import (
	"fmt"
	"slices"

	"github.com/xsh-project/xsh/pkg/types"
)

// Reporter takes in what programs say that they are at. Manager and PluginClient
// are Reporters.
type Reporter interface {
	// Report says what a session's program is at: a State's Name, Message and
	// Progress. It counts until the next one, over what all other sources tell;
	// without a Name it takes back what was reported. It returns the session as it is
	// then; ErrSessionNotFound; ErrSessionClosed for one that has ended; and
	// ErrTerminalError for a name that no State has, or a progress beyond 0 to 100.
	Report(ctx *types.PluginContext, sessionID string, state State) (*Session, error)
}

var _ Reporter = (*Manager)(nil)

// Report implements Reporter.
func (m *Manager) Report(_ *types.PluginContext, sessionID string, state State) (*Session, error) {
	s, err := m.active(sessionID)
	if err != nil {
		return nil, err
	}
	if state.Name != StateUnknown && !slices.Contains(StateNames, state.Name) {
		return nil, NewTerminalError(s.id, fmt.Errorf("unknown state %.40q: the client may be newer than the server", string(state.Name)))
	}
	if p := state.Progress; p != nil && (*p < 0 || *p > 100) {
		return nil, NewTerminalError(s.id, fmt.Errorf("bad progress %d: it is in percent, from 0 to 100", *p))
	}
	told := State{}
	if state.Name != StateUnknown {
		told = State{
			Name: state.Name, Since: m.clock.Now(), Message: shortened(state.Message),
			Progress: state.Progress, Source: SourceReport,
		}
	}
	_, end := s.log.Offsets()
	s.changeState(end, func(st *states) { st.reported = told.succeed(st.reported) })
	s.save()
	return s.snapshot(), nil
}
