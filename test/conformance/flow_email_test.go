package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func emailFlows() []flow {
	return []flow{
		{"addresses of every kind", nil, func(t *testing.T, w *world) {
			results, err := w.client.Email.Verify(t.Context(), &hellio.EmailVerifyParams{
				Emails: []string{
					helliotest.EmailDeliverable, helliotest.EmailUndeliverable,
					helliotest.EmailDisposable, helliotest.EmailRole, helliotest.EmailUnknown,
					"ama@example.com", "ama@nowhere.invalid",
				},
			})
			require.NoError(t, err)
			require.Len(t, results, 7)
		}},
		{"invalid addresses", lenient(), func(t *testing.T, w *world) {
			w.refuses(t, "POST", "/email/verify", map[string]string{
				"emails":   `{"emails":[]}`,
				"emails.1": `{"emails":["ama@example.com","ama"]}`,
			})
		}},
	}
}
