package hellio

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
)

// Response tells about a call beyond its result. WithResponse fills one, and each error of a call carries one.
type Response struct {
	StatusCode     int         // of the last attempt; 0 when no response came
	Header         http.Header // of the last attempt
	Body           []byte      // of the last attempt, as received
	RateLimit      RateLimit   // of the last attempt
	IdempotencyKey string      // "" on calls that carry none
	Replayed       bool        // the API answered with the stored result of an earlier attempt: nothing was sent or charged again
	Attempts       int         // requests made, those refused at dial included
}

// WithResponse fills r when the call ends, on success and on failure. A nil r is a *ParamError.
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
	fmt.Fprintf(f, "Response{status %d, attempts %d, replayed %t, key %q}", r.StatusCode, r.Attempts, r.Replayed, r.IdempotencyKey)
}

// LogValue gives what Format prints, as attributes.
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

// attrsJSON writes attributes as one JSON object; the printed, the logged and the marshalled form thus can't differ.
func attrsJSON(attrs []slog.Attr) ([]byte, error) {
	object := make(map[string]any, len(attrs))
	for _, a := range attrs {
		object[a.Key] = a.Value.Any()
	}
	return json.Marshal(object)
}

// redacted is the printed form of a value that holds what must not be logged: it serves fmt for every verb and slog alike.
type redacted string

func (r redacted) format(f fmt.State)   { _, _ = io.WriteString(f, string(r)) }
func (r redacted) logValue() slog.Value { return slog.StringValue(string(r)) }
