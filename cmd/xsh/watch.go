package main

import (
	"context"
	"errors"
	"reflect"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// watch prints the list, and again each time that it has changed, until ctx
// ends or the server leaves.
func (o *lsOptions) watch(ctx context.Context, a *app, c *client.Client) error {
	a.catchSignals()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := make(chan error, 1)
	go func() { // ends with ctx, or the server
		changed <- whenListChanges(ctx, c, changed)
	}()
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
		case err := <-changed:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// whenListChanges sends nil whenever something happened that a list of sessions may
// show, first what happened before, and returns when there will be no more.
func whenListChanges(ctx context.Context, c exec.Watcher, changed chan<- error) error {
	for ev, err := range c.Watch(ctx, 0) {
		if err != nil {
			return err
		}
		switch ev.Kind {
		case exec.EventBell, exec.EventNotification, exec.EventProgress, exec.EventIdle,
			exec.EventPrompt, exec.EventCommandStarted, exec.EventCommandFinished:
			continue
		}
		select {
		case changed <- nil:
		default: // the list is about to be looked at anyway
		}
	}
	return errors.New("the server left")
}
