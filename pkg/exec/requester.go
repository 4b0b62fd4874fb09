package exec

import (
	"context"

	"github.com/xsh-project/xsh/pkg/types"
)

// requester is who a call comes from: what it calls itself, within the
// connection that it came over.
type requester struct {
	conn any // nil in the same process
	id   string
}

type connKey struct{}

// withConnection marks the context of a call that came over a connection.
func withConnection(ctx context.Context, conn any) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

func requesterOf(c *types.PluginContext) requester {
	return requester{c.Ctx().Value(connKey{}), c.Requester()}
}
