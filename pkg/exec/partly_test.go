package exec_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// lister is a host's own Provider that can list ended sessions as well, and do
// nothing else that xsh added.
type lister struct{ exec.Provider }

func (lister) ListAll(*types.PluginContext) ([]*exec.Session, error) {
	return []*exec.Session{{ID: "one"}}, nil
}

// TestProviderIsPartlyMore: what xsh added to Provider is asked for call by call.
func TestProviderIsPartlyMore(t *testing.T) {
	leaktest.Check(t)
	client := serve(t, lister{})
	all, err := client.ListAll(nil)
	if err != nil || len(all) != 1 || all[0].ID != "one" {
		t.Errorf("ListAll: %v, %v", all, err)
	}
	for call, do := range map[string]func() error{
		"Kill":      func() error { _, err := client.Kill(nil, "one", exec.StreamSignalNone); return err },
		"Remove":    func() error { return client.Remove(nil, "one") },
		"DetachAll": func() error { _, err := client.DetachAll(nil, "one"); return err },
		"Rename":    func() error { _, err := client.Rename(nil, "one", "two"); return err },
	} {
		if err := do(); status.Code(err) != codes.Unimplemented {
			t.Errorf("%s: %v", call, err)
		}
	}
}
