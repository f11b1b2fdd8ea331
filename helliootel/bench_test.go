package helliootel_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliootel"
)

// discard is an exporter that keeps nothing.
type discard struct{}

func (discard) ExportSpans(context.Context, []trace.ReadOnlySpan) error { return nil }
func (discard) Shutdown(context.Context) error                          { return nil }

// acceptSMS answers each request from memory.
func acceptSMS(req *http.Request) (*http.Response, error) {
	const body = `{"data":{"reference":"0b8f6c9e-7f0e-4d52-9f0c-5d8f1f6f2a11",` +
		`"campaign_id":7731,"status":"queued","accepted_recipients":1,` +
		`"invalid_recipients":0,"segments":1,"estimated_cost":"0.0310","currency":"GHS"}}`
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusAccepted,
		Header: http.Header{
			"Content-Type":          {"application/json"},
			"X-Ratelimit-Limit":     {"120"},
			"X-Ratelimit-Remaining": {"120"},
		},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}, nil
}

// BenchmarkSend measures SMS.Send without a network: BenchmarkSend/none has no
// tracer.
func BenchmarkSend(b *testing.B) {
	sampled := func(s trace.Sampler) *trace.TracerProvider {
		return trace.NewTracerProvider(trace.WithSyncer(discard{}), trace.WithSampler(s))
	}
	metrics := func() helliootel.Option {
		reader := metric.NewManualReader()
		return helliootel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	}
	w3c := helliootel.WithPropagator(propagation.TraceContext{})
	for _, row := range []struct {
		name string
		opts []helliootel.Option
	}{
		{name: "none"},
		{name: "noop", opts: []helliootel.Option{
			helliootel.WithTracerProvider(tracenoop.NewTracerProvider()),
			helliootel.WithMeterProvider(metricnoop.NewMeterProvider()),
		}},
		{name: "spans", opts: []helliootel.Option{
			helliootel.WithTracerProvider(sampled(trace.AlwaysSample())),
			helliootel.WithMeterProvider(metricnoop.NewMeterProvider()), w3c,
		}},
		{name: "unsampled spans and metrics", opts: []helliootel.Option{
			helliootel.WithTracerProvider(sampled(trace.NeverSample())), metrics(), w3c,
		}},
		{name: "spans and metrics", opts: []helliootel.Option{
			helliootel.WithTracerProvider(sampled(trace.AlwaysSample())), metrics(), w3c,
		}},
	} {
		b.Run(row.name, func(b *testing.B) {
			opts := []hellio.Option{
				hellio.WithHTTPClient(&http.Client{Transport: roundTripFunc(acceptSMS)}),
			}
			if row.opts != nil {
				tracer, err := helliootel.New(row.opts...)
				require.NoError(b, err)
				opts = append(opts, hellio.WithTracer(tracer))
			}
			client, err := hellio.NewClient("7|token", opts...)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if err := sendSMS(b.Context(), client); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
