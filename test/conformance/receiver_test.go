package conformance

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReceiverChecksRequestsAndReplies(t *testing.T) {
	t.Parallel()
	const (
		delivery = `{"event":"message.delivered","mobile_number":"+233209990001",` +
			`"provider_message_id":"prv-77","status":"delivered",` +
			`"timestamp":"2026-03-04T05:06:12+00:00"}`
		step = `{"sessionId":"s","msisdn":"233209990001","serviceCode":"*920#",` +
			`"input":"","sequence":1,"mode":"test"}`
	)
	signature := strings.Repeat("ab", 32)
	v2 := []string{
		"X-Hellio-Signature", signature, "X-Hellio-Timestamp", "1772600772",
		"X-Hellio-Signature-V2", signature,
	}
	tests := []struct {
		name, webhook, body string
		headers             []string
		reply               string
		want                string
	}{
		{"a delivery", "webhook_delivery", delivery, v2, "thank you", ""},
		{
			"a delivery without timestamp", "webhook_delivery", delivery, v2[:2], "",
			"X-Hellio-Timestamp",
		},
		{
			"another event",
			"webhook_delivery",
			strings.Replace(delivery, ".delivered", ".read", 1),
			v2,
			"",
			"message.delivered",
		},
		{"a step", "ussd_callback", step, v2[:2], `{"message":"Hi","action":"end"}`, ""},
		{
			"a step with null",
			"ussd_callback",
			strings.Replace(step, `""`, "null", 1),
			v2[:2],
			`{"message":"Hi","action":"end"}`,
			"got null",
		},
		{
			"a signature with a prefix", "ussd_callback", step,
			[]string{v2[0], "sha256=" + signature}, `{"message":"Hi","action":"end"}`, v2[0],
		},
		{
			"a reply with an unknown action", "ussd_callback", step, v2[:2],
			`{"message":"Hi","action":"stop"}`, "ussd_callback: response 200",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := NewReceiver(theDocument(t), tt.webhook, http.HandlerFunc(
				func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					require.Equal(t, tt.body, string(body))
					if tt.webhook == "ussd_callback" {
						w.Header().Set("Content-Type", "application/json")
					}
					_, _ = io.WriteString(w, tt.reply)
				},
			))
			r := httptest.NewRequestWithContext(t.Context(), "POST",
				"https://example.com/hooks?a=1", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			for i := 0; i < len(tt.headers); i += 2 {
				r.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			w := httptest.NewRecorder()
			rec.ServeHTTP(w, r)
			require.Equal(t, tt.reply, w.Body.String())
			require.Equal(t, 1, rec.Received())
			requireDifference(t, tt.want, rec.Differences())
		})
	}
}
