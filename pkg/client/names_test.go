package client

import (
	"reflect"
	"testing"

	"github.com/xsh-project/xsh/pkg/exec"
)

// TestClientHidesNothing: a method of a Client with the name of one of the PluginClient's
// would keep a program from that one, and the Client from being what takes it.
func TestClientHidesNothing(t *testing.T) {
	of, client := reflect.TypeFor[*exec.PluginClient](), reflect.TypeFor[*Client]()
	if of.NumMethod() == 0 {
		t.Fatal("no methods")
	}
	for i := range of.NumMethod() {
		theirs := of.Method(i)
		ours, ok := client.MethodByName(theirs.Name)
		if !ok {
			t.Errorf("a Client has no %s", theirs.Name)
			continue
		}
		for n := 1; n < max(theirs.Type.NumIn(), ours.Type.NumIn()); n++ {
			if ours.Type.NumIn() != theirs.Type.NumIn() || ours.Type.In(n) != theirs.Type.In(n) {
				t.Errorf("%s is %v, and the PluginClient's %v", theirs.Name, ours.Type, theirs.Type)
				break
			}
		}
	}
}
