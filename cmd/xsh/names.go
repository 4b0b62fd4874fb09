package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
)

// meant is asked when err says that no session is called typed. Where only one
// active session's name begins so, meant returns the ID of that one: the caller
// tries again with it, unless it destroys something. Else the error says which
// name is near.
func meant(ctx context.Context, c *client.Client, typed string, err error) (id string, _ error) {
	if !errors.Is(err, exec.ErrSessionNotFound) {
		return "", err
	}
	list, listErr := c.ListAll(request(ctx))
	if listErr != nil {
		return "", err
	}
	var begin []*exec.Session
	for _, s := range list {
		if activeSession(s) && typed != "" && strings.HasPrefix(s.Name, typed) {
			begin = append(begin, s)
		}
	}
	if len(begin) == 1 {
		return begin[0].ID, nil
	}
	return "", withNearName(err, typed, list)
}

// misnamed is meant for a caller that destroys: it only says which name is near.
func misnamed(ctx context.Context, c *client.Client, typed string, err error) error {
	if !errors.Is(err, exec.ErrSessionNotFound) {
		return err
	}
	list, listErr := c.ListAll(request(ctx))
	if listErr != nil {
		return err
	}
	return withNearName(err, typed, list)
}

func withNearName(err error, typed string, list []*exec.Session) error {
	var names, begin []string
	for _, s := range list {
		names = append(names, s.Name)
		if typed != "" && strings.HasPrefix(s.Name, typed) && !slices.Contains(begin, s.Name) {
			begin = append(begin, s.Name)
		}
	}
	switch near := nearest(typed, names); {
	case near != "":
		return withHint(err, "did you mean "+harmless(near)+"?")
	case len(begin) > 0:
		begin = begin[:min(len(begin), 5)]
		return withHint(err, "did you mean "+harmless(strings.Join(begin, " or "))+"?")
	default:
		return err
	}
}
