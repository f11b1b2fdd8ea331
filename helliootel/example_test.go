package helliootel_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliootel"
	"github.com/hellio-go/hellio/helliotest"
)

// The spans of one SMS, to a fake of the API. A program exports them to its
// collector instead.
func Example() {
	exported := tracetest.NewInMemoryExporter()
	tracer, err := helliootel.New(
		helliootel.WithTracerProvider(trace.NewTracerProvider(trace.WithSyncer(exported))),
		helliootel.WithPropagator(propagation.TraceContext{}),
	)
	if err != nil {
		log.Fatal(err)
	}
	fake, err := helliotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client(hellio.WithTracer(tracer)) // like hellio.NewClient
	_, err = client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "ACME",
		Message:    "Your parcel is here.",
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, span := range exported.GetSpans() {
		fmt.Println(span.SpanKind, span.Name)
		for _, a := range span.Attributes {
			fmt.Printf("  %s = %s\n", a.Key, a.Value.String())
		}
	}
	// Output:
	// client POST /sms/send
	//   server.address = fake.hellio.invalid
	//   server.port = 443
	//   http.request.method = POST
	//   url.template = /sms/send
	//   http.response.status_code = 202
	// internal sms_send
	//   hellio.operation = sms_send
	//   hellio.outcome = accepted
	//   hellio.attempts = 1
	//   hellio.replayed = false
}

func newClient(token string) (*hellio.Client, error) {
	tracer, err := helliootel.New() // the global providers and propagator
	if err != nil {
		return nil, err
	}
	return hellio.NewClient(token, hellio.WithTracer(tracer))
}

func TestPageShowsCodeThatRuns(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		require.Contains(t, string(source), string(block[1]))
	}
	client, err := newClient("7|token")
	require.NoError(t, err)
	require.NotNil(t, client)
}
