package helliobulk

import (
	"context"
	"errors"
	"net/http/httptrace"
	"sync"
)

// permit lets one request leave after its intent is on record. The client asks
// its limiter first and connects then, so the moment is when a connection is
// given to the request: nothing of it was written yet, and no wait is left.
type permit struct {
	intent func() error // puts the intent on record
	cancel context.CancelFunc
	stop   func() bool // ends the watch on soft

	mu    sync.Mutex
	asked bool // intent was called
	over  bool // the call has returned
	err   error
}

var errCallOver = errors.New("helliobulk: the call has returned")

// newPermit returns the context of a call. When soft ends, a call that has no
// connection yet is cancelled; later only ctx ends it.
func newPermit(ctx, soft context.Context, intent func() error) (context.Context, *permit) {
	ctx, cancel := context.WithCancel(ctx)
	p := &permit{intent: intent, cancel: cancel}
	p.stop = context.AfterFunc(soft, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.asked {
			cancel()
		}
	})
	if soft.Err() != nil {
		cancel()
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: p.onConn}), p
}

// onConn asks for the intent. If it cannot be put on record, the connection is
// closed: cancelling alone does not keep net/http from writing.
func (p *permit) onConn(info httptrace.GotConnInfo) {
	if p.ask() == nil {
		return
	}
	p.cancel()
	if info.Conn != nil {
		_ = info.Conn.Close() // the call fails either way
	}
}

// ask puts the intent on record, once.
func (p *permit) ask() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.asked:
	case p.over:
		return errCallOver // a transport that continues after it has returned
	default:
		p.asked = true
		p.err = p.intent()
	}
	return p.err
}

// end is to be called after the call. It reports whether the intent was asked
// for, and why it could not be put on record.
func (p *permit) end() (asked bool, err error) {
	p.stop()
	p.cancel()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	return p.asked, p.err
}
