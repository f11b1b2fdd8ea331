package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
)

// Response describes a call beyond its result. [WithResponse] fills one, and
// [ResponseOf] returns that of an error.
type Response struct {
	StatusCode     int         // of the last attempt; 0 when no response came
	Header         http.Header // of the last attempt
	Body           []byte      // of the last attempt, as received
	RateLimit      RateLimit   // of the last attempt
	IdempotencyKey string      // "" on operations that take none
	Replayed       bool        // stored result of an earlier attempt; nothing sent or charged again
	Attempts       int         // requests made, refused dials included
}

// WithResponse sets the Response that the client fills when the call ends, on
// success and on failure. A nil r is a *ParamError.
func WithResponse(r *Response) CallOption {
	return func(o *callOptions) error {
		if r == nil {
			return &ParamError{Field: "response", Given: "nil", Allowed: "a *Response"}
		}
		o.response = r
		return nil
	}
}

// Format prints the response without its header and body, for every verb.
func (r Response) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Response{status %d, attempts %d, replayed %t, key %q}",
		r.StatusCode, r.Attempts, r.Replayed, r.IdempotencyKey)
}

// LogValue implements slog.LogValuer with what Format prints, as attributes.
func (r Response) LogValue() slog.Value { return slog.GroupValue(r.attrs()...) }

func (r Response) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 4)
	if r.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", r.StatusCode))
	}
	attrs = append(attrs, slog.Int("attempts", r.Attempts))
	if r.IdempotencyKey != "" {
		attrs = append(attrs, slog.String("idempotency_key", r.IdempotencyKey))
	}
	if r.Replayed {
		attrs = append(attrs, slog.Bool("replayed", true))
	}
	return attrs
}

// MarshalJSON writes what Format prints, as an object.
func (r Response) MarshalJSON() ([]byte, error) { return attrsJSON(r.attrs()) }

// attrsJSON writes attributes as one JSON object, so the printed, the logged
// and the marshalled form can't differ.
func attrsJSON(attrs []slog.Attr) ([]byte, error) {
	object := make(map[string]any, len(attrs))
	for _, a := range attrs {
		object[a.Key] = a.Value.Any()
	}
	return json.Marshal(object)
}

// redacted is the printed form of a value that contains what must not be
// logged. It serves fmt for every verb and slog alike.
type redacted string

func (r redacted) format(f fmt.State)   { _, _ = io.WriteString(f, string(r)) }
func (r redacted) logValue() slog.Value { return slog.StringValue(string(r)) }

// read takes status, headers and the whole body of a response, and decodes a
// 2xx.
func (x *exchange) read(ctx context.Context, resp *http.Response) {
	r := &x.response
	r.StatusCode = resp.StatusCode
	r.Header = resp.Header
	r.RateLimit = parseRateLimit(resp.Header)
	r.Replayed = isReplay(resp.Header)
	success := r.StatusCode >= 200 && r.StatusCode < 300
	limit := x.core.maxResponse
	if !success {
		limit = min(limit, maxErrorBody)
	}
	body, err := readBody(resp, limit)
	r.Body = body
	if !success {
		x.readRefusal()
		return
	}
	switch {
	case err == nil, errors.Is(err, errTooLarge):
		x.decode(body, err)
	case x.ctx.Err() != nil:
		x.fault = faultCaller
		x.cause = contextError(x.ctx)
	case ctx.Err() != nil:
		x.fault = faultTruncated
		x.cause = timeoutError{}
	default:
		x.fault = faultTruncated
		x.cause = err
	}
}

// decode decodes the body of a 2xx, unless err says that it is too large.
func (x *exchange) decode(body []byte, err error) {
	if err == nil {
		err = x.decoder.decode(body)
	}
	if err != nil {
		x.fault = faultMalformed
		x.cause = err
		return
	}
	x.ok = true
}

// readRefusal reads the body of a status that is not 2xx, as much of it as has
// come: the status says enough. Where a refusal may be a result, only a body
// without data makes it an error.
func (x *exchange) readRefusal() {
	if x.response.StatusCode == x.altStatus {
		switch err := x.decoder.decode(x.response.Body); err {
		case nil:
			x.ok = true
			return
		case errNotBool:
			x.fault = faultMalformed
			x.cause = err
			return
		}
	}
	x.errs.parse(x.response.Body)
}

const maxErrorBody = 64 << 10

var (
	errTooLarge = errors.New("the response is too large")
	errNoBody   = errors.New("the response is empty")
	errNoData   = errors.New("the response has no data")
)

// readBody reads at most limit bytes and closes the body. It reads to the end
// of the stream, so that the connection can be used again and an HTTP/2 stream
// is not reset. A body of the announced length is whole even if its end is
// late.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.Body == nil {
		return nil, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is the raw connection, and no context ends a read of it.
		return nil, nil
	}
	if n := resp.ContentLength; n > 0 && n <= min(limit, maxErrorBody) {
		data := make([]byte, n+1)
		read, err := io.ReadFull(resp.Body, data)
		if int64(read) >= n {
			return data[:n], nil
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return data[:read], err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if int64(len(data)) > limit {
		return data[:limit], errTooLarge
	}
	return data, err
}

// isAPIAnswer reports whether a 2xx is the API's own response, JSON or empty,
// and not the page of a portal or proxy. If the body ended before its first
// byte, the Content-Type decides.
func (x *exchange) isAPIAnswer() bool {
	contentType := headerValue(x.response.Header, "Content-Type")
	if contentType == "" {
		return x.fault != faultMalformed || len(x.response.Body) == 0
	}
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "application/json" || strings.HasSuffix(media, "+json")
}
