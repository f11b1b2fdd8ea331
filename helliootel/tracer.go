package helliootel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/hellio-go/hellio"
)

const scope = "github.com/hellio-go/hellio/helliootel"

// shortestWait is the least wait for the limiter that is worth an event. The
// limiter needs microseconds even for a call that does not wait.
const shortestWait = time.Millisecond

// Tracer is a hellio.Tracer that makes OpenTelemetry's spans and metrics. Make
// one with New; the zero value can't be used. It is safe for concurrent use and
// may serve several clients.
type Tracer struct {
	spans      trace.Tracer
	propagator propagation.TextMapPropagator
	meters     *meters
}

var _ hellio.Tracer = (*Tracer)(nil)

// New returns a Tracer for hellio.WithTracer. Without options it uses the
// global providers and the global propagator, also those that the program sets
// later. A nil option is a *hellio.ParamError; other errors are those of a
// MeterProvider that cannot make an instrument.
func New(opts ...Option) (*Tracer, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	m, err := newMeters(c.metrics)
	if err != nil {
		return nil, err
	}
	return &Tracer{
		spans:      c.traces.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		propagator: c.propagator,
		meters:     m,
	}, nil
}

// call is what the spans and metrics of one call share. It belongs to the
// call's goroutine.
type call struct {
	span    trace.Span
	attempt trace.Span // the latest
	server  []attribute.KeyValue
	backoff time.Duration // planned before the next attempt
}

type callKey struct{}

// callOf returns the call that StartCall put into ctx.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// StartCall implements hellio.Tracer.
func (t *Tracer) StartCall(ctx context.Context, s hellio.CallStart) context.Context {
	ctx, span := t.spans.Start(ctx, s.Operation,
		trace.WithAttributes(operationKey.String(s.Operation)))
	return context.WithValue(ctx, callKey{}, &call{span: span, server: serverOf(s.Address)})
}

// EndCall implements hellio.Tracer.
func (t *Tracer) EndCall(ctx context.Context, e hellio.CallEnd) {
	span := callOf(ctx).span
	outcome := outcomeKey.String(hellio.OutcomeOf(e.Err).String())
	span.SetAttributes(
		outcome,
		attemptsKey.Int(e.Response.Attempts),
		replayedKey.Bool(e.Response.Replayed),
	)
	fail(span, e.Err)
	span.End()
	t.meters.endCall(ctx, e, outcome)
}

// StartAttempt implements hellio.Tracer. It writes the new span's context into
// the headers of the request.
func (t *Tracer) StartAttempt(ctx context.Context, s hellio.AttemptStart) context.Context {
	c := callOf(ctx)
	if limiter := s.Wait - c.backoff; limiter >= shortestWait {
		c.span.AddEvent("hellio.limiter_wait",
			trace.WithAttributes(waitKey.Float64(limiter.Seconds())))
	}
	attrs := append(make([]attribute.KeyValue, 0, 5), c.server...)
	attrs = append(attrs, semconv.HTTPRequestMethodKey.String(s.Method), semconv.URLTemplate(s.Route))
	if s.Number > 1 {
		attrs = append(attrs, semconv.HTTPRequestResendCount(s.Number-1))
	}
	ctx, c.attempt = t.spans.Start(ctx, s.Method+" "+s.Route,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	t.propagator.Inject(ctx, propagation.HeaderCarrier(s.Header))
	return ctx
}

// EndAttempt implements hellio.Tracer.
func (t *Tracer) EndAttempt(ctx context.Context, a hellio.Attempt) {
	c := callOf(ctx)
	if a.StatusCode != 0 {
		c.attempt.SetAttributes(semconv.HTTPResponseStatusCode(a.StatusCode))
	}
	fail(c.attempt, a.Err)
	c.attempt.End()
	if !a.Final {
		c.backoff = a.RetryIn
		c.span.AddEvent("hellio.retry", trace.WithAttributes(
			reasonKey.String(a.RetryBecause), waitKey.Float64(a.RetryIn.Seconds())))
	}
	t.meters.endAttempt(ctx, a, c.server)
}

// fail marks a span as failed. It quotes nothing of err, not even in the
// description of the status.
func fail(span trace.Span, err error) {
	if err == nil {
		return
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(errorType(err)))
	span.SetStatus(codes.Error, "")
}
