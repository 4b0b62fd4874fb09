// Package types holds what every call of this module's services carries
// beside its arguments: who asks, and about what.
package types

import "context"

// PluginContext is the context of one request. A nil *PluginContext is a
// request that tells nothing of itself.
type PluginContext struct {
	// Context ends the request; nil means context.Background().
	Context context.Context

	// RequestID names the request, RequesterID the client that made it.
	RequestID   string
	RequesterID string

	// Connection is what the request is about; nil if there is none.
	Connection *Connection

	// ResourceContext names the resource; nil if there is none.
	ResourceContext *ResourceContext
}

// Connection is a configured connection of a plugin, such as a cluster.
type Connection struct {
	ID   string
	Data map[string]any
}

// ResourceContext names the resource that a request is about.
type ResourceContext struct {
	Key string
}

// Ctx returns the request's context, never nil; c may be nil.
func (c *PluginContext) Ctx() context.Context {
	if c == nil || c.Context == nil {
		return context.Background()
	}
	return c.Context
}

// Requester returns the RequesterID; c may be nil.
func (c *PluginContext) Requester() string {
	if c == nil {
		return ""
	}
	return c.RequesterID
}

// WithContext returns a copy of c that ends with ctx; c may be nil.
func (c *PluginContext) WithContext(ctx context.Context) *PluginContext {
	if c == nil {
		return &PluginContext{Context: ctx}
	}
	d := *c
	d.Context = ctx
	return &d
}

type contextKey struct{}

// NewContext returns a context that carries c, for calls such as Stream that
// take a plain context.
func NewContext(ctx context.Context, c *PluginContext) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// FromContext returns the PluginContext that ctx carries, or nil.
func FromContext(ctx context.Context) *PluginContext {
	c, _ := ctx.Value(contextKey{}).(*PluginContext)
	return c
}
