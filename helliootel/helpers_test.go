package helliootel_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliootel"
)

const testNumber = "+233209990001"

// oneSMS returns valid params.
func oneSMS() *hellio.SMSSendParams {
	return &hellio.SMSSendParams{
		Recipients: []string{testNumber},
		Sender:     "ACME",
		Message:    "the gate opens at nine",
	}
}

// telemetry is a Tracer with what it has exported.
type telemetry struct {
	*helliootel.Tracer
	provider *trace.TracerProvider
	exported *tracetest.InMemoryExporter
	reader   *metric.ManualReader
}

// observe returns a Tracer that keeps everything, with W3C propagation.
func observe(t testing.TB, opts ...trace.TracerProviderOption) *telemetry {
	t.Helper()
	seen := &telemetry{
		exported: tracetest.NewInMemoryExporter(),
		reader:   metric.NewManualReader(),
	}
	seen.provider = trace.NewTracerProvider(append(opts, trace.WithSyncer(seen.exported))...)
	var err error
	seen.Tracer, err = helliootel.New(
		helliootel.WithTracerProvider(seen.provider),
		helliootel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(seen.reader))),
		helliootel.WithPropagator(propagation.TraceContext{}),
	)
	require.NoError(t, err)
	return seen
}

// option returns the client's option.
func (s *telemetry) option() hellio.Option { return hellio.WithTracer(s) }

// spans returns the spans in the order in which they began.
func (s *telemetry) spans() tracetest.SpanStubs {
	spans := s.exported.GetSpans()
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int {
		return a.StartTime.Compare(b.StartTime)
	})
	slices.Reverse(spans) // of spans that began together a child ended first
	slices.SortStableFunc(spans, func(a, b tracetest.SpanStub) int {
		return a.StartTime.Compare(b.StartTime)
	})
	return spans
}

// metrics returns the metrics by name.
func (s *telemetry) metrics(t testing.TB) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, s.reader.Collect(t.Context(), &all))
	byName := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/hellio-go/hellio/helliootel", scope.Scope.Name)
		for _, m := range scope.Metrics {
			byName[m.Name] = m
		}
	}
	return byName
}

// dump returns everything that was exported, as text.
func (s *telemetry) dump(t testing.TB) string {
	t.Helper()
	text, err := json.MarshalIndent([]any{s.spans(), s.metrics(t)}, "", " ")
	require.NoError(t, err)
	return string(text)
}

// outline returns the spans as lines, each with its attributes in order of
// their keys, then its events. Durations are whole seconds.
func outline(spans tracetest.SpanStubs) []string {
	var lines []string
	for _, s := range spans {
		indent := ""
		if s.SpanKind == oteltrace.SpanKindClient {
			indent = "  "
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s%s [%s %s] %s", indent, s.Name,
			s.SpanKind, s.Status.Code, pairs(s.Attributes)), " "))
		for _, e := range s.Events {
			lines = append(lines, fmt.Sprintf("%s* %s %s", indent, e.Name, pairs(e.Attributes)))
		}
	}
	return lines
}

func pairs(attrs []attribute.KeyValue) string {
	var texts []string
	for _, a := range attrs {
		value := a.Value.String()
		if a.Value.Type() == attribute.FLOAT64 {
			value = fmt.Sprintf("%ds", int(a.Value.AsFloat64()))
		}
		texts = append(texts, string(a.Key)+"="+value)
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func attemptCount(n int) attribute.KeyValue { return attribute.Int("hellio.attempts", n) }
