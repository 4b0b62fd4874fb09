package exec

import (
	"context"
	"encoding/json"
	"net"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/xsh-project/xsh/internal/jsonescape"
	"github.com/xsh-project/xsh/pkg/types"
)

// The metadata keys under which a PluginContext crosses the wire, one a field.
// Without keyRequestID there is none.
const (
	keyRequestID      = "omniview-request-id"
	keyRequesterID    = "omniview-requester-id"
	keyConnectionID   = "omniview-connection-id"
	keyConnectionData = "omniview-connection-data"
	keyResourceKey    = "omniview-resource-key"
	keyProtocol       = "omniview-protocol-version"

	// keyOwnRequestID stands for keyRequestID where that must not be sent.
	keyOwnRequestID = "xsh-request-id"

	protocolVersion = "2"
)

// outgoing returns the context of a call that carries c.
func outgoing(c *types.PluginContext) context.Context {
	return withMetadata(c.Ctx(), c)
}

// outgoingCreate is outgoing for CreateSession. A plugin of the wire contract
// that finds a request ID there makes the session live on the request, which
// ends with the call; so the ID goes under a key that only our servers read.
func outgoingCreate(c *types.PluginContext) context.Context {
	return withMetadataAs(c.Ctx(), c, keyOwnRequestID)
}

func withMetadata(ctx context.Context, c *types.PluginContext) context.Context {
	return withMetadataAs(ctx, c, keyRequestID)
}

func withMetadataAs(ctx context.Context, c *types.PluginContext, requestKey string) context.Context {
	pairs := []string{keyProtocol, protocolVersion}
	add := func(key, value string) {
		if value != "" {
			pairs = append(pairs, key, value)
		}
	}
	if c != nil {
		// Always sent: it is what tells that there is a context.
		pairs = append(pairs, requestKey, c.RequestID)
		add(keyRequesterID, c.RequesterID)
		if c.Connection != nil {
			add(keyConnectionID, c.Connection.ID)
			if data, err := json.Marshal(c.Connection.Data); err == nil && c.Connection.Data != nil {
				add(keyConnectionData, jsonescape.ASCII(data)) // a value of metadata can hold nothing else
			}
		}
		if c.ResourceContext != nil {
			add(keyResourceKey, c.ResourceContext.Key)
		}
	}
	return metadata.AppendToOutgoingContext(ctx, pairs...)
}

// incoming returns the PluginContext of a request, or one that tells nothing
// but the request's life.
func incoming(ctx context.Context) *types.PluginContext {
	if p, ok := peer.FromContext(ctx); ok {
		switch p.Addr.(type) {
		case *net.UnixAddr, *net.TCPAddr: // one for each connection, told apart by its pointer
			ctx = withConnection(ctx, p.Addr)
		}
	}
	c := &types.PluginContext{Context: ctx}
	md, _ := metadata.FromIncomingContext(ctx)
	ids := append(md.Get(keyRequestID), md.Get(keyOwnRequestID)...)
	if len(ids) == 0 {
		return c
	}
	first := func(key string) string {
		if v := md.Get(key); len(v) > 0 {
			return v[0]
		}
		return ""
	}
	c.RequestID = ids[0]
	c.RequesterID = first(keyRequesterID)
	id, data := first(keyConnectionID), first(keyConnectionData)
	if id != "" || data != "" {
		c.Connection = &types.Connection{ID: id}
		// Data that is no JSON object is left out: it is the peer's fault,
		// and no reason to refuse what it asks for.
		_ = json.Unmarshal([]byte(data), &c.Connection.Data)
	}
	if key := first(keyResourceKey); key != "" {
		c.ResourceContext = &types.ResourceContext{Key: key}
	}
	return c
}
