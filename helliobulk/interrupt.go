package helliobulk

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// untilSent is a context for one call. Once soft has ended, the call ends at once as long as no connection was given to it: it still waits
// for the rate limit or for a dial, so nothing was sent, and its end says so. Later only ctx ends it.
func untilSent(ctx, soft context.Context) (call context.Context, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	var begun atomic.Bool
	stop := context.AfterFunc(soft, func() {
		if !begun.Load() {
			cancel()
		}
	})
	if soft.Err() != nil {
		cancel()
	}
	call = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begun.Store(true) }})
	return call, func() {
		stop()
		cancel()
	}
}
