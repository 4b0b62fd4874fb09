// go-plugin costs whoever links it a millisecond at its start; the tag is for
// programs that serve and use no plugins.

//go:build !noplugin

package exec

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/xsh-project/xsh/pkg/sdk"
)

// PluginName is the name under which a plugin process dispenses this service.
const PluginName = "exec"

// PluginOpts contains the options for the exec plugin.
type PluginOpts struct {
	Handlers []Handler `json:"handlers"`
}

// Plugin is the exec service as hashicorp/go-plugin serves and dispenses it.
// A plugin process sets Impl; a host leaves it nil.
type Plugin struct {
	plugin.NetRPCUnsupportedPlugin
	Impl Provider
}

var _ plugin.GRPCPlugin = (*Plugin)(nil)

// GRPCServer registers Impl's services with s.
func (p *Plugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	(&PluginServer{Impl: p.Impl}).Register(s)
	return nil
}

// GRPCClient returns a *PluginClient on c.
func (p *Plugin) GRPCClient(
	_ context.Context,
	_ *plugin.GRPCBroker,
	c *grpc.ClientConn,
) (interface{}, error) {
	return NewPluginClient(c), nil
}

// RegisterPlugin makes p serve the sessions of the handlers in opts. They end
// with p. It fails if p is nil or serves an exec capability already, and if two
// of the handlers have one ID.
func RegisterPlugin(
	p *sdk.Plugin,
	opts PluginOpts,
) error {
	if p == nil {
		return errors.New("register the exec capability: there is no plugin")
	}
	handlers := make(map[string]Handler, len(opts.Handlers))
	for _, h := range opts.Handlers {
		if _, taken := handlers[h.ID()]; taken {
			return fmt.Errorf("register the exec capability: two handlers have the ID %q; give one another resource", h.ID())
		}
		handlers[h.ID()] = h
	}
	m := NewManager(ManagerConfig{Logger: p.Logger, Settings: p.Settings, Handlers: handlers})
	return p.Register(PluginName, &Plugin{Impl: m}, m.Close)
}
