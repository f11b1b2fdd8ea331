package helliootel

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/hellio-go/hellio"
)

// Option changes a Tracer when it is made.
type Option func(*config) error

type config struct {
	traces     trace.TracerProvider
	metrics    metric.MeterProvider
	propagator propagation.TextMapPropagator
}

// WithTracerProvider sets where spans go. The default is the global
// TracerProvider. A nil p is a *hellio.ParamError.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(c *config) error {
		if p == nil {
			return refuseNil("tracer provider", "a trace.TracerProvider")
		}
		c.traces = p
		return nil
	}
}

// WithMeterProvider sets where metrics go. The default is the global
// MeterProvider. A nil p is a *hellio.ParamError.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(c *config) error {
		if p == nil {
			return refuseNil("meter provider", "a metric.MeterProvider")
		}
		c.metrics = p
		return nil
	}
}

// WithPropagator sets what writes the span context into the headers of each
// request. The default is the global propagator, which writes nothing until
// the program sets one. A propagator with Baggage sends the baggage of the
// caller's context to the API, which belongs to another company:
// propagation.TraceContext sends ids only. A nil p is a *hellio.ParamError.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(c *config) error {
		if p == nil {
			return refuseNil("propagator", "a propagation.TextMapPropagator")
		}
		c.propagator = p
		return nil
	}
}

// newConfig applies the options to the globals.
func newConfig(opts []Option) (*config, error) {
	c := &config{
		traces:     otel.GetTracerProvider(),
		metrics:    otel.GetMeterProvider(),
		propagator: otel.GetTextMapPropagator(),
	}
	for _, o := range opts {
		if o == nil {
			return nil, refuseNil("option", "an Option")
		}
		if err := o(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func refuseNil(field, allowed string) error {
	return &hellio.ParamError{Field: field, Given: "nil", Allowed: allowed}
}
