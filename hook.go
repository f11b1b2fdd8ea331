package hellio

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Attempt is one request of a call, as WithAttemptHook and Tracer see it.
type Attempt struct {
	Operation      string        // such as "sms_send"
	Number         int           // 1 for the first
	Method         string        // HTTP method
	Route          string        // with {id} in place of an id
	StatusCode     int           // 0 when no response came
	Err            error         // as the call returns it if no attempt follows; nil on success
	Duration       time.Duration // from sending to the end of the body
	Wait           time.Duration // before this attempt, for a retry or for the limiter
	RateLimit      RateLimit     // of this attempt's response
	IdempotencyKey string        // the same for all attempts of a call
	Final          bool          // the client does not retry
	RetryBecause   string        // reason for the retry, such as "connection lost"; "" if Final
	RetryIn        time.Duration // wait before the retry, without the limiter's; 0 if Final
}

// Format prints the attempt without anything that was sent or received, for
// every verb.
func (a Attempt) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Attempt{%d: %s %s, status %d, %s, after a wait of %s",
		a.Number, a.Method, a.Route, a.StatusCode, a.Duration, a.Wait)
	if a.Err != nil {
		fmt.Fprintf(f, ", %s", infoText(a.Err))
	}
	if a.RetryBecause != "" {
		fmt.Fprintf(f, ", retry in %s because: %s", a.RetryIn, a.RetryBecause)
	}
	fmt.Fprint(f, "}")
}

// LogValue implements slog.LogValuer with what Format prints, as attributes.
func (a Attempt) LogValue() slog.Value { return slog.GroupValue(a.attrs()...) }

// MarshalJSON writes what Format prints, as an object.
func (a Attempt) MarshalJSON() ([]byte, error) { return attrsJSON(a.attrs()) }

func (a Attempt) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.Int("attempt", a.Number),
		slog.String("method", a.Method),
		slog.String("route", a.Route),
		slog.Int("status", a.StatusCode),
		slog.Duration("duration", a.Duration),
		slog.Duration("wait", a.Wait),
	}
	if a.IdempotencyKey != "" {
		attrs = append(attrs, slog.String("idempotency_key", a.IdempotencyKey))
	}
	if a.Err != nil {
		attrs = append(attrs, slog.String("error", infoText(a.Err)))
	}
	if a.RetryBecause != "" {
		attrs = append(attrs,
			slog.String("retry_because", a.RetryBecause), slog.Duration("retry_in", a.RetryIn))
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
		return "unreadable response, outcome " + e.Outcome.String()
	case *ConnectionError:
		return "no response, outcome " + e.Outcome.String()
	default:
		return "error"
	}
}

func (e *APIError) api() *APIError { return e }

// report passes the attempt that has ended to log, hook and tracer.
func (x *exchange) report() {
	c := x.core
	if c.hook == nil && c.logger == nil && c.tracer == nil {
		return
	}
	a := Attempt{
		Operation:      x.op.Name,
		Number:         x.response.Attempts,
		Method:         x.op.Method,
		Route:          x.op.Route,
		StatusCode:     x.response.StatusCode,
		Err:            x.err,
		Duration:       time.Since(x.began),
		Wait:           x.waited,
		RateLimit:      x.response.RateLimit,
		IdempotencyKey: x.response.IdempotencyKey,
		Final:          !x.again,
	}
	if x.again {
		a.RetryBecause = x.why.String()
		a.RetryIn = x.wait
	}
	if c.logger != nil {
		x.log(a)
	}
	if c.hook != nil {
		c.hook(x.ctx, a)
	}
	if c.tracer != nil {
		c.tracer.EndAttempt(x.latest.ctx, a)
	}
}

// log writes one line per attempt: at debug, and at info when another follows.
func (x *exchange) log(a Attempt) {
	level := slog.LevelDebug
	if !a.Final {
		level = slog.LevelInfo
	}
	ctx := context.WithoutCancel(x.ctx)
	x.core.logger.LogAttrs(ctx, level, "hellio "+x.op.Name, a.attrs()...)
}
