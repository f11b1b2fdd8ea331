package hellio

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// wire is one request as the transport sees it: its body behind a gate, and
// what httptrace reports, hidden repeats by net/http included. Each request has
// its own, because a transport may read or report after the attempt has ended.
type wire struct {
	body  gatedBody
	hooks httptrace.ClientTrace

	gate       atomic.Int32 // gateUnread, gateRead or gateShut
	headers    atomic.Int32 // header blocks written; above 1: hidden repeats
	maxHeaders int32        // cap on headers where no body is gated; 0: none
	ungated    bool         // the transport reads the body past the gate
	direct     bool         // the transport is net/http's, without middleware
	own        bool         // the request must not use a reused HTTP/1.1 connection

	reported atomic.Bool // the transport reports to httptrace
	gotConn  atomic.Bool
	http2    atomic.Bool
	early    atomic.Bool // the body was read before the headers were written
	capped   atomic.Bool // maxHeaders ended the request
	refused  atomic.Bool // own ended the request: nothing was written

	cancel context.CancelFunc // ends the attempt
}

// States of a gate. A body that is unread when the gate shuts stays unread.
const (
	gateUnread int32 = iota
	gateRead
	gateShut
)

var (
	errGateShut = errors.New("the attempt has ended")
	errBodySent = errors.New(
		"the request body can be sent once: no RoundTripper may send the request again")
)

// gatedBody is a request body. Unless it is read, no whole request can be sent,
// whatever the transport does and reports.
type gatedBody struct {
	wire   *wire
	data   bytes.Reader
	closed atomic.Bool // a transport closes the body that it has sent
}

func (b *gatedBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, errBodySent
	}
	if b.wire.gate.CompareAndSwap(gateUnread, gateRead) {
		b.wire.early.Store(b.wire.headers.Load() == 0)
	} else if b.wire.gate.Load() == gateShut {
		return 0, errGateShut
	}
	return b.data.Read(p)
}

// InMemory implements bridge.MemoryBody.
func (b *gatedBody) InMemory() {}

func (b *gatedBody) Close() error {
	b.closed.Store(true)
	return nil
}

func (w *wire) trace() *httptrace.ClientTrace {
	w.hooks.GetConn = w.onGetConn
	w.hooks.GotConn = w.onGotConn
	w.hooks.WroteHeaders = w.onWroteHeaders
	return &w.hooks
}

func (w *wire) onGetConn(string) { w.reported.Store(true) }

func (w *wire) onWroteHeaders() { w.headers.Add(1) }

// onGotConn ends the request where this connection would break a rule. It
// closes an HTTP/1.1 connection, because net/http may begin to write after the
// context has ended.
func (w *wire) onGotConn(info httptrace.GotConnInfo) {
	if c, ok := info.Conn.(*tls.Conn); ok {
		w.http2.Store(c.ConnectionState().NegotiatedProtocol == "h2")
	}
	w.reported.Store(true)
	w.gotConn.Store(true)
	switch {
	case w.maxHeaders > 0 && w.headers.Load() >= w.maxHeaders:
		w.capped.Store(true)
		w.cancel()
	case w.own && info.Reused && !w.http2.Load() && w.gate.CompareAndSwap(gateUnread, gateShut):
		w.refused.Store(true)
	default:
		return
	}
	if !w.http2.Load() && info.Conn != nil {
		_ = info.Conn.Close()
	}
}

// notSent shuts the gate and reports whether it is proven that no whole request
// was or can be sent. err is the transport's error, ended reports whether the
// context ended the attempt.
func (w *wire) notSent(err error, ended bool) bool {
	if w.body.wire == nil || w.ungated {
		return w.untraced(err, ended)
	}
	unread := w.gate.Swap(gateShut) != gateRead
	headers := w.headers.Load()
	if unread && headers == 0 {
		return true
	}
	return headers == 1 && !w.early.Load() && refusedByPeer(err)
}

// untraced reports whether the trace proves that no request has left. On HTTP/2
// net/http may still write when it returns because the context ended. Of a
// RoundTripper that is not an *http.Transport only a failed dial is proof,
// because it may have another route that reports nothing.
func (w *wire) untraced(err error, ended bool) bool {
	if !w.reported.Load() || w.headers.Load() > 0 || !w.direct && !isDialError(err) {
		return false
	}
	return !ended || !w.http2.Load() || !w.gotConn.Load()
}

// isDialError reports whether err is the error of one failed dial.
func isDialError(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if op, ok := err.(*net.OpError); ok {
			return op.Op == "dial"
		}
	}
	return false
}

// refusedByPeer reports whether err is net/http's error for a stream that an
// HTTP/2 peer did not process (RFC 9113, section 8.7). net/http returns it for
// a body without GetBody, and names the reason in the text alone.
func refusedByPeer(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		text, ok := strings.CutPrefix(err.Error(), "http2: Transport: cannot retry err [")
		if !ok {
			continue
		}
		cause, ok := strings.CutSuffix(text,
			"] after Request.Body was written; define Request.GetBody to avoid this error")
		return ok && (cause == "http2: Transport received Server's graceful shutdown GOAWAY" ||
			strings.HasPrefix(cause, "stream error: stream ID ") &&
				strings.HasSuffix(cause, "; REFUSED_STREAM; received from peer"))
	}
	return false
}
