package helliootel_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliootel"
	"github.com/hellio-go/hellio/helliotest"
)

func TestNilOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]helliootel.Option{
		"option: got nil, want an Option": nil,
		"tracer provider: got nil, want a trace.TracerProvider": helliootel.
			WithTracerProvider(nil),
		"meter provider: got nil, want a metric.MeterProvider": helliootel.
			WithMeterProvider(nil),
		"propagator: got nil, want a propagation.TextMapPropagator": helliootel.
			WithPropagator(nil),
	} {
		tracer, err := helliootel.New(o)
		require.Nil(t, tracer)
		var bad *hellio.ParamError
		require.ErrorAs(t, err, &bad)
		require.EqualError(t, err, "hellio: invalid "+want)
	}
}

var errNoInstrument = errors.New("no such instrument here")

// brokenMeters can make no gauge.
type brokenMeters struct{ metricnoop.MeterProvider }

func (brokenMeters) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

type brokenMeter struct{ metricnoop.Meter }

func (brokenMeter) Int64Gauge(string, ...metric.Int64GaugeOption) (metric.Int64Gauge, error) {
	return nil, errNoInstrument
}

func TestNewReturnsTheErrorOfAnInstrument(t *testing.T) {
	t.Parallel()
	tracer, err := helliootel.New(helliootel.WithMeterProvider(brokenMeters{}))
	require.Nil(t, tracer)
	require.ErrorIs(t, err, errNoInstrument)
}

// The only test that sets the globals, so it does not run in parallel.
func TestGlobalsAreTheDefaults(t *testing.T) {
	exported := tracetest.NewInMemoryExporter()
	reader := sdkmetric.NewManualReader()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(exported)))
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	defer func() {
		otel.SetTracerProvider(tracenoop.NewTracerProvider())
		otel.SetMeterProvider(metricnoop.NewMeterProvider())
		otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
	}()
	tracer, err := helliootel.New()
	require.NoError(t, err)
	fake := helliotest.New(t)
	require.NoError(t, sendSMS(t.Context(), fake.Client(hellio.WithTracer(tracer))))
	seen := &telemetry{exported: exported, reader: reader}
	require.Len(t, seen.spans(), 2)
	require.Contains(t, seen.metrics(t), "hellio.calls")
	require.Contains(t, fake.Requests()[0].Header, "Traceparent")
}
