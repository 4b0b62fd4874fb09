package main

import (
	"context"
	"reflect"
	"time"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// watchEvery is how often ls -w looks.
const watchEvery = time.Second

// watch prints the list, and again each time that it has changed, until ctx
// ends or the server leaves.
func (o *lsOptions) watch(ctx context.Context, a *app, c *client.Client) error {
	a.catchSignals()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var shown []*exec.Session
	for first := true; ; first = false {
		list, err := listSessions(ctx, c)
		if ctx.Err() != nil {
			return nil // interrupted: that is how a watch ends
		}
		if err != nil {
			return err
		}
		if first || !reflect.DeepEqual(list, shown) {
			if err := o.print(a, list); err != nil {
				return err
			}
			shown = list
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
