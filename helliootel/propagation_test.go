package helliootel_test

import (
	"net"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestServersSpanIsAChildOfItsAttempt(t *testing.T) {
	t.Parallel()
	fake := helliotest.New(t)
	exported := tracetest.NewInMemoryExporter()
	server := httptest.NewServer(otelhttp.NewHandler(fake.Handler(), "api",
		otelhttp.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(exported))),
		otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{})))
	defer server.Close()
	address, ok := server.Listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	seen := observe(t)
	client := fake.Client(seen.option(), hellio.WithBaseURL(server.URL+"/v1"),
		hellio.WithHTTPClient(server.Client()))
	state, err := oteltrace.ParseTraceState("vendor=value")
	require.NoError(t, err)
	caller := oteltrace.NewSpanContext(oteltrace.SpanContextConfig{
		TraceID:    oteltrace.TraceID{1},
		SpanID:     oteltrace.SpanID{2},
		TraceFlags: oteltrace.FlagsSampled,
		TraceState: state,
	})
	ctx := oteltrace.ContextWithSpanContext(t.Context(), caller)
	require.NoError(t, sendSMS(ctx, client))
	require.NoError(t, verifyEmail(ctx, client))
	server.Close() // a handler may end after the client has the response

	attempts := map[oteltrace.SpanID]tracetest.SpanStub{}
	for _, s := range seen.spans() {
		if s.SpanKind == oteltrace.SpanKindClient {
			attempts[s.SpanContext.SpanID()] = s
		}
	}
	require.Len(t, attempts, 2)
	require.Len(t, exported.GetSpans(), 2)
	for _, s := range exported.GetSpans() {
		require.Contains(t, attempts, s.Parent.SpanID())
		require.True(t, s.Parent.IsRemote())
		require.Equal(t, caller.TraceID(), s.SpanContext.TraceID())
		require.Equal(t, "vendor=value", s.SpanContext.TraceState().String())
		attempt := attempts[s.Parent.SpanID()]
		delete(attempts, s.Parent.SpanID())
		require.Contains(t, attempt.Attributes, attribute.String("server.address", "127.0.0.1"))
		require.Contains(t, attempt.Attributes, attribute.Int("server.port", address.Port))
	}
}

func TestEachAttemptSendsItsOwnContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		require.NoError(t, sendSMS(t.Context(), fake.Client(seen.option())))
		for i, r := range fake.Requests() {
			sent := propagation.TraceContext{}.Extract(t.Context(), propagation.HeaderCarrier(r.Header))
			require.Equal(t, seen.spans()[i+1].SpanContext.SpanID(),
				oteltrace.SpanContextFromContext(sent).SpanID())
		}
	})
}
