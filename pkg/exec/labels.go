package exec

import (
	"fmt"
)

// checkTexts says which label or parameter of a session is no UTF-8. The contract
// has strings for them, so others would see another text than was set, and a
// selector, which is a string as well, could not name it.
func checkTexts(id, what string, set map[string]string) error {
	for k, v := range set {
		switch {
		case notUTF8(k):
			return NewTerminalError(id, fmt.Errorf("bad %s %.80q: it is not UTF-8", what, k))
		case notUTF8(v):
			return NewTerminalError(id, fmt.Errorf("bad value %.80q of %s %.80q: it is not UTF-8", v, what, k))
		}
	}
	return nil
}

// checkAllTexts is checkTexts of all that a session can be created with.
func (o *SessionOptions) checkAllTexts() error {
	if err := checkTexts(o.ID, "label", o.Labels); err != nil {
		return err
	}
	return checkTexts(o.ID, "parameter", o.Params)
}
