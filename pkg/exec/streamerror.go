package exec

import (
	"errors"
)

// StreamError contains structured error information from a failed exec session.
type StreamError struct {
	Title         string   `json:"title"`
	Message       string   `json:"message"`
	Suggestion    string   `json:"suggestion"`
	Retryable     bool     `json:"retryable"`
	RetryCommands []string `json:"retry_commands,omitempty"`
}

// streamErrorOf returns what a stream is told of err beside the exit status,
// or nil if the status says it all. Of a plain error nobody knows whether it
// lasts, so the client may try again.
func streamErrorOf(err error) *StreamError {
	var e *ExecError
	if errors.As(err, &e) {
		return &StreamError{
			Title:         e.Title,
			Message:       e.Error(),
			Suggestion:    e.Suggestion,
			Retryable:     e.Retryable,
			RetryCommands: e.RetryCommands,
		}
	}
	if st := exitStatusOf(err); st.Message != "" {
		return &StreamError{
			Title:      "Session failed",
			Message:    st.Message,
			Suggestion: "start the session again; if it fails again, the message tells why",
			Retryable:  true,
		}
	}
	return nil
}
