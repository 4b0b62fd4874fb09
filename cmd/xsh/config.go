package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/settings"
)

// config is what the user has set: the file, and over it the XSH_* variables.
// Flags go over both.
type config struct {
	// DetachKey is the keys that detach, as client.ParseDetachKey reads them.
	DetachKey string `toml:"detach_key"`

	// The server reads these when it starts.

	// Idle is how long the server stays without a session and a client, such
	// as "15m"; "0" means for ever.
	Idle string `toml:"idle"`
	// History is how many lines of scrollback a session keeps.
	History int `toml:"history"`
	// BufferBytes is the capacity of a session's output buffer.
	BufferBytes int `toml:"buffer_bytes"`
}

// loadConfig reads the settings. A file that is not there sets nothing; one
// that cannot be understood is an error that names the line.
func (a *app) loadConfig() (config, error) {
	c := config{DetachKey: client.DefaultDetachKey, Idle: defaultIdle.String()}
	p, err := paths.Find(a.getenv)
	if err != nil {
		return c, err
	}
	meta, err := toml.DecodeFile(p.Config, &c)
	var wrong toml.ParseError
	switch {
	case p.Config == "" || errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &wrong):
		return c, fmt.Errorf("%s, line %d: %s", p.Config, wrong.Position.Line, wrong.Message)
	case err != nil:
		return c, fmt.Errorf("%s: %w", p.Config, err)
	case len(meta.Undecoded()) > 0:
		return c, withHint(fmt.Errorf("%s: no such setting %q", p.Config, meta.Undecoded()[0]),
			"the settings are detach_key, idle, history and buffer_bytes")
	}
	if key := a.getenv("XSH_DETACH_KEY"); key != "" {
		c.DetachKey = key
	}
	if idle := a.getenv("XSH_IDLE"); idle != "" {
		c.Idle = idle
	}
	return c, nil
}

// idle returns how long the server stays with nothing to do.
func (c config) idle() (time.Duration, error) {
	d, err := time.ParseDuration(c.Idle)
	if err != nil || d < 0 {
		return 0, withHint(usagef("bad idle time %q", c.Idle), "want a time such as 30s, 15m or 1h, or 0 for never")
	}
	return d, nil
}

// sessions returns the settings of the session library.
func (c config) sessions() settings.Provider {
	m := settings.Map{}
	if c.History != 0 {
		m[exec.SettingHistory] = c.History
	}
	if c.BufferBytes > 0 {
		m[exec.SettingBufferBytes] = c.BufferBytes
	}
	return m
}
