// Package sdk is a plugin process: what it can do, and how a host starts and
// asks it. A capability, such as pkg/exec's, registers itself with a Plugin,
// which then serves them all.
package sdk

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/xsh-project/xsh/pkg/logging"
	"github.com/xsh-project/xsh/pkg/settings"
	lifecyclepb "github.com/xsh-project/xsh/proto/omniview/sdk/lifecycle/v1"
)

// ProtocolVersion is the plugin protocol's, as go-plugin negotiates it.
const ProtocolVersion = 1

// lifecycleName is the capability that every plugin has.
const lifecycleName = "lifecycle"

// Plugin is a plugin process. Set its fields, register capabilities, then call
// Serve once. It is not safe for concurrent use.
type Plugin struct {
	ID       string            // what the host knows it by
	Version  string            // its own
	Logger   logging.Logger    // nil means that nothing is logged
	Settings settings.Provider // nil means defaults

	capabilities map[string]plugin.Plugin
	closers      []func()
}

// Register adds a capability. stop is called when the process has served its
// host. It fails if there is one of that name already.
func (p *Plugin) Register(name string, capability plugin.Plugin, stop func()) error {
	if _, ok := p.capabilities[name]; ok || name == lifecycleName {
		return fmt.Errorf("plugin %q has a capability %q already", p.ID, name)
	}
	if p.capabilities == nil {
		p.capabilities = make(map[string]plugin.Plugin)
	}
	p.capabilities[name] = capability
	p.closers = append(p.closers, stop)
	return nil
}

// Capabilities returns the names of what was registered, in order.
func (p *Plugin) Capabilities() []string { return slices.Sorted(maps.Keys(p.capabilities)) }

// Serve answers the host that started the process. It returns when the host
// is done with it; run by anything but a host it says so and exits.
func (p *Plugin) Serve() {
	set := maps.Clone(p.capabilities)
	if set == nil {
		set = make(map[string]plugin.Plugin)
	}
	set[lifecycleName] = &lifecycle{plugin: p}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: Handshake(p.ID),
		Plugins:         set,
		GRPCServer:      plugin.DefaultGRPCServer,
	})
	for _, stop := range p.closers {
		stop()
	}
}

// Handshake is what a host and the plugin with this ID agree on.
func Handshake(id string) plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   "OMNIVIEW",
		MagicCookieValue: id,
	}
}

// lifecycle serves a plugin's account of itself.
type lifecycle struct {
	plugin.NetRPCUnsupportedPlugin
	lifecyclepb.UnimplementedPluginLifecycleServer
	plugin *Plugin
}

func (l *lifecycle) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	lifecyclepb.RegisterPluginLifecycleServer(s, l)
	return nil
}

func (l *lifecycle) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return lifecyclepb.NewPluginLifecycleClient(c), nil
}

func (l *lifecycle) GetInfo(context.Context, *emptypb.Empty) (*lifecyclepb.GetInfoResponse, error) {
	return &lifecyclepb.GetInfoResponse{
		PluginId:           l.plugin.ID,
		Version:            l.plugin.Version,
		SdkProtocolVersion: ProtocolVersion,
	}, nil
}

func (l *lifecycle) GetCapabilities(context.Context, *emptypb.Empty) (*lifecyclepb.GetCapabilitiesResponse, error) {
	return &lifecyclepb.GetCapabilitiesResponse{Capabilities: l.plugin.Capabilities()}, nil
}

func (l *lifecycle) HealthCheck(context.Context, *emptypb.Empty) (*lifecyclepb.HealthCheckResponse, error) {
	return &lifecyclepb.HealthCheckResponse{Status: lifecyclepb.ServingStatus_SERVING_STATUS_SERVING}, nil
}
