package hellio

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Attempt is one request of a call, as the hook of WithAttemptHook sees it.
type Attempt struct {
	Number         int           // 1 for the first
	Method         string        // HTTP method
	Route          string        // with {id} in place of an id
	StatusCode     int           // 0 when no response came
	Err            error         // as the call would return it if this attempt were the last; nil on success
	Duration       time.Duration // from sending to the end of the body
	Wait           time.Duration // before this attempt, for a retry or for the limiter
	RateLimit      RateLimit     // as this attempt's response tells it
	IdempotencyKey string        // the same for all attempts of a call
}

// Format prints the attempt without anything that was sent or received, for every verb.
func (a Attempt) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Attempt{%d: %s %s, status %d, %s, after a wait of %s", a.Number, a.Method, a.Route, a.StatusCode, a.Duration, a.Wait)
	if a.Err != nil {
		fmt.Fprintf(f, ", %s", infoText(a.Err))
	}
	fmt.Fprint(f, "}")
}

// LogValue gives what Format prints, as attributes.
func (a Attempt) LogValue() slog.Value { return slog.GroupValue(a.attrs()...) }

// MarshalJSON writes what Format prints, as an object.
func (a Attempt) MarshalJSON() ([]byte, error) { return attrsJSON(a.attrs()) }

func (a Attempt) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.Int("attempt", a.Number), slog.String("method", a.Method), slog.String("route", a.Route), slog.Int("status", a.StatusCode),
		slog.Duration("duration", a.Duration), slog.Duration("wait", a.Wait),
	}
	if a.IdempotencyKey != "" {
		attrs = append(attrs, slog.String("idempotency_key", a.IdempotencyKey))
	}
	if a.Err != nil {
		attrs = append(attrs, slog.String("error", infoText(a.Err)))
	}
	return attrs
}

// infoText is an error without its sentence: status, code and outcome.
func infoText(err error) string {
	switch e := err.(type) {
	case interface{ api() *APIError }:
		if a := e.api(); a != nil {
			return fmt.Sprintf("%d %s, outcome %s", a.Status, shownCode(a.Code), a.Outcome)
		}
		return "api error"
	case *DecodeError:
		return "unreadable answer, outcome " + e.Outcome.String()
	case *ConnectionError:
		return "no answer, outcome " + e.Outcome.String()
	default:
		return "error"
	}
}

func (e *APIError) api() *APIError { return e }

// report hands the attempt that has ended to hook and logger.
func (x *exchange) report() {
	if x.core.hook == nil && x.core.logger == nil {
		return
	}
	a := Attempt{
		Number: x.response.Attempts, Method: x.op.Method, Route: x.op.Route, StatusCode: x.response.StatusCode, Err: x.err,
		Duration: time.Since(x.began), Wait: x.waited, RateLimit: x.response.RateLimit, IdempotencyKey: x.response.IdempotencyKey,
	}
	if x.core.logger != nil {
		x.log(a)
	}
	if x.core.hook != nil {
		x.core.hook(x.ctx, a)
	}
}

// log writes one line an attempt: at debug, and at info when another follows.
func (x *exchange) log(a Attempt) {
	level, attrs := slog.LevelDebug, a.attrs()
	if x.again {
		level = slog.LevelInfo
		attrs = append(attrs, slog.String("retry_because", x.why.String()), slog.Duration("retry_in", x.wait))
	}
	x.core.logger.LogAttrs(context.WithoutCancel(x.ctx), level, "hellio "+x.op.Name, attrs...)
}
