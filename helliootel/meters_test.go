package helliootel_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// points returns a metric's data points as lines: attributes, then count and
// sum of a histogram, or the value. Sums of seconds are rounded down.
func points(m metricdata.Metrics) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range data.DataPoints {
			add("%s: count %d, sum %ds", pairs(p.Attributes.ToSlice()), p.Count, int(p.Sum))
		}
	case metricdata.Histogram[int64]:
		for _, p := range data.DataPoints {
			add("%s: count %d, sum %d", pairs(p.Attributes.ToSlice()), p.Count, p.Sum)
		}
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			add("%s: %d", pairs(p.Attributes.ToSlice()), p.Value)
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			add("%s: %d", pairs(p.Attributes.ToSlice()), p.Value)
		}
	}
	slices.Sort(lines)
	return lines
}

func TestMetricsCountCallsAndAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		fake := helliotest.New(t, helliotest.WithRateLimit(100),
			helliotest.WithLatency(2*time.Second))
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		fake.Fault(helliotest.SMSSend, helliotest.Nth(4), helliotest.Status(422, "no_route"))
		client := fake.Client(seen.option())
		require.NoError(t, sendSMS(t.Context(), client), "its first reply is lost")
		require.NoError(t, sendSMS(t.Context(), client))
		require.Error(t, sendSMS(t.Context(), client))
		metrics := seen.metrics(t)
		const request = "http.request.method=POST "
		const target = toFake + " url.template=/sms/send"
		require.Equal(t, []string{
			"error.type=422 " + request + "http.response.status_code=422 " + target +
				": count 1, sum 2s",
			"error.type=eof " + request + target + ": count 1, sum 2s",
			request + "http.response.status_code=202 " + target + ": count 2, sum 4s",
		}, points(metrics["http.client.request.duration"]))
		const refused = "error.type=422 hellio.operation=sms_send hellio.outcome=rejected: "
		const accepted = "hellio.operation=sms_send hellio.outcome=accepted: "
		require.Equal(t, []string{refused + "count 1, sum 2s", accepted + "count 2, sum 6s"},
			points(metrics["hellio.call.duration"]))
		require.Equal(t, []string{refused + "count 1, sum 1", accepted + "count 2, sum 3"},
			points(metrics["hellio.call.attempts"]))
		require.Equal(t, []string{refused + "1", accepted + "2"}, points(metrics["hellio.calls"]))
		require.Equal(t, []string{"hellio.rate_limit.scope=token " + toFake + ": 96"},
			points(metrics["hellio.rate_limit.remaining"]))
		require.Len(t, metrics, 5)
	})
}

func TestOTPSendsHaveTheirOwnRateLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		client := helliotest.New(t, helliotest.WithRateLimit(100),
			helliotest.WithOTPLimit(10)).Client(seen.option(), hellio.WithDefaultSender("ACME"))
		_, err := client.OTP.Send(t.Context(), &hellio.OTPSendParams{MobileNumber: testNumber})
		require.NoError(t, err)
		_, err = client.Balance.Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{
			"hellio.rate_limit.scope=otp " + toFake + ": 9",
			"hellio.rate_limit.scope=token " + toFake + ": 98",
		}, points(seen.metrics(t)["hellio.rate_limit.remaining"]))
	})
}

func TestUnreportedRateLimitIsNotRecorded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		client := helliotest.New(t, helliotest.WithRateLimit(0)).Client(seen.option())
		require.NoError(t, sendSMS(t.Context(), client))
		require.NotContains(t, seen.metrics(t), "hellio.rate_limit.remaining")
	})
}

func TestRequestDurationHasTheStandardBuckets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		require.NoError(t, sendSMS(t.Context(), helliotest.New(t).Client(seen.option())))
		m := seen.metrics(t)["http.client.request.duration"]
		require.Equal(t, "s", m.Unit)
		data, ok := m.Data.(metricdata.Histogram[float64])
		require.True(t, ok)
		require.Equal(t, []float64{
			0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
		}, data.DataPoints[0].Bounds)
	})
}

func TestLimitersRefusalIsACallWithoutAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		refuses := delays{err: &hellio.RateLimitError{APIError: &hellio.APIError{}}}
		client := helliotest.New(t).Client(seen.option(), hellio.WithLimiter(refuses))
		require.Error(t, sendSMS(t.Context(), client))
		require.Equal(t, []string{"error.type=rate_limited hellio.operation=sms_send " +
			"hellio.outcome=not sent: count 1, sum 0"},
			points(seen.metrics(t)["hellio.call.attempts"]))
		require.NotContains(t, seen.metrics(t), "http.client.request.duration")
	})
}
