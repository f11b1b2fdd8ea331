package hellioshadow_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioshadow"
)

// messages is a page of fifty messages, the longest common answer.
var messages = `{"data":[` + strings.Repeat(message+",", 49) + message +
	`],"next_cursor":null,"per_page":50}`

const message = `{"id":1,"reference":"0b6f3f2e-3d1a-4f60-8a52-6f3c5d7e9a01","campaign_id":1,` +
	`"channel":"sms","mobile_number":"+233209990001","sender":"HELLIO","message":"Hello",` +
	`"status":"delivered","segments":1,"cost":"0.0310","currency":"GHS",` +
	`"provider_message_id":"prv-77","error":null,"created_at":"2026-03-04T05:06:07+00:00",` +
	`"sent_at":"2026-03-04T05:06:07+00:00","delivered_at":"2026-03-04T05:06:07+00:00"}`

// BenchmarkCall measures calls over loopback: without a Shadow, with one that
// compares at most 100 per second, and with one that compares each.
func BenchmarkCall(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/v1/balance" {
			_, _ = io.WriteString(w, balance)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(messages)))
		_, _ = io.WriteString(w, messages)
	}))
	defer server.Close()
	passing := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(next.RoundTrip)
	}
	for _, variant := range []struct {
		name string
		wrap func(http.RoundTripper) http.RoundTripper
	}{
		{"middleware", passing},
		{"shadow", hellioshadow.New().Wrap},
		{"each", hellioshadow.New(hellioshadow.WithPerSecond(1 << 30)).Wrap},
	} {
		client, err := hellio.NewClient("token", hellio.WithBaseURL(server.URL+"/v1"),
			hellio.WithMiddleware(variant.wrap))
		require.NoError(b, err)
		b.Run("balance/"+variant.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := client.Balance.Get(b.Context())
				require.NoError(b, err)
			}
		})
		b.Run("messages/"+variant.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := client.Reports.ListMessages(b.Context(), &hellio.MessageListParams{})
				require.NoError(b, err)
			}
		})
	}
}
