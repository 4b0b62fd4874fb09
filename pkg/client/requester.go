package client

import (
	"context"

	"github.com/xsh-project/xsh/pkg/types"
)

// NewRequester returns what a program passes to the methods of a Client, PluginClient or
// Manager to say who asks: its RequesterID is one that nobody else has, and its calls end
// with ctx. A program takes one, and [types.PluginContext.WithContext] for calls that end
// otherwise.
//
// Where the program attaches in the plain way of the exec API, by a Stream and
// AttachSession beside it, the requester is what joins the two: the stream, opened with
// [types.NewContext], carries the output of what the same requester attaches. That needs
// a gRPC connection to the server, which DialSocket makes; the local stream has
// AttachTerminal and Open instead.
func NewRequester(ctx context.Context) *types.PluginContext {
	return &types.PluginContext{Context: ctx, RequestID: newID(), RequesterID: newID()}
}
