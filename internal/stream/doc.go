// Package stream is the local stream: what xsh's own client and the server say
// to each other on the server's socket, beside gRPC. It owns the frames and
// their bounds, and knows no socket, session or terminal: it asks of a
// connection but that it carries bytes both ways.
//
// A connection begins with [Preface], which no HTTP/2 connection can begin
// with, and a Hello; then it carries one attachment or one call. A [Reader]
// takes frames out of what was received, as many as one read brought; the
// Append functions build frames in the caller's buffer, so that several go out
// in one write. PROTOCOL.md beside this file defines the protocol for clients
// in other languages.
package stream
