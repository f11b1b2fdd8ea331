package helliootel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/hellio-go/hellio"
)

// meters are the instruments of a Tracer.
type meters struct {
	request   metric.Float64Histogram
	duration  metric.Float64Histogram
	attempts  metric.Int64Histogram
	calls     metric.Int64Counter
	remaining metric.Int64Gauge
}

// newMeters makes the instruments. The first buckets are those of the semantic
// conventions; a call lasts longer than its attempts, because it waits.
func newMeters(provider metric.MeterProvider) (*meters, error) {
	meter := provider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL))
	buckets := []float64{
		0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
	}
	var m meters
	var errs [5]error
	m.request, errs[0] = meter.Float64Histogram("http.client.request.duration",
		metric.WithDescription("Duration of HTTP client requests."),
		metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(buckets...))
	m.duration, errs[1] = meter.Float64Histogram("hellio.call.duration",
		metric.WithDescription("Duration of calls, with retries and waits."),
		metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(append(buckets, 30, 60, 120, 300)...))
	m.attempts, errs[2] = meter.Int64Histogram("hellio.call.attempts",
		metric.WithDescription("Attempts per call, refused dials included."),
		metric.WithUnit("{attempt}"),
		metric.WithExplicitBucketBoundaries(0, 1, 2, 3, 4, 5, 10))
	m.calls, errs[3] = meter.Int64Counter("hellio.calls",
		metric.WithDescription("Calls by operation, outcome and error type."),
		metric.WithUnit("{call}"))
	m.remaining, errs[4] = meter.Int64Gauge("hellio.rate_limit.remaining",
		metric.WithDescription("Requests left in the window, as the latest response reported."),
		metric.WithUnit("{request}"))
	return &m, errors.Join(errs[:]...)
}

func (m *meters) endCall(ctx context.Context, e hellio.CallEnd, outcome attribute.KeyValue) {
	attrs := []attribute.KeyValue{operationKey.String(e.Operation), outcome}
	if e.Err != nil {
		attrs = append(attrs, semconv.ErrorTypeKey.String(errorType(e.Err)))
	}
	set := metric.WithAttributeSet(attribute.NewSet(attrs...))
	m.duration.Record(ctx, e.Duration.Seconds(), set)
	m.attempts.Record(ctx, int64(e.Response.Attempts), set)
	m.calls.Add(ctx, 1, set)
}

func (m *meters) endAttempt(ctx context.Context, a hellio.Attempt, server []attribute.KeyValue) {
	attrs := append(make([]attribute.KeyValue, 0, 6), server...)
	attrs = append(attrs, semconv.HTTPRequestMethodKey.String(a.Method), semconv.URLTemplate(a.Route))
	if a.StatusCode != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(a.StatusCode))
	}
	if a.Err != nil {
		attrs = append(attrs, semconv.ErrorTypeKey.String(errorType(a.Err)))
	}
	m.request.Record(ctx, a.Duration.Seconds(),
		metric.WithAttributeSet(attribute.NewSet(attrs...)))
	if a.RateLimit.Limit > 0 {
		limit := append(make([]attribute.KeyValue, 0, 3), server...)
		limit = append(limit, limitScopeKey.String(limitScope(a.Operation)))
		m.remaining.Record(ctx, int64(a.RateLimit.Remaining),
			metric.WithAttributeSet(attribute.NewSet(limit...)))
	}
}

// limitScope names what a response's rate limit counts. OTP sends may report
// the limit of their source IP.
func limitScope(operation string) string {
	if operation == "otp_send" {
		return "otp"
	}
	return "token"
}
