package hellioshadow_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioshadow"
	"github.com/hellio-go/hellio/helliotest"
)

func TestNoOutputHoldsASecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		var out bytes.Buffer
		shadow := hellioshadow.New(
			hellioshadow.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))),
			hellioshadow.WithFinding(func(f hellioshadow.Finding) {
				require.NoError(t, json.NewEncoder(&out).Encode(f))
			}),
		)
		// Each answer repeats the values as names, and in place of constants.
		secrets := []string{"hellio_test", number, number[1:], "Your parcel is here", "483920",
			"a.example", "resume-key-7", "Your code is"}
		repeat := bend(func(_ *http.Response, body map[string]any) {
			if data, ok := body["data"].(map[string]any); ok {
				for _, secret := range secrets[1:] {
					data[secret] = secret
				}
				data["status"] = secrets[1]
			}
		})
		client := fake.Client(hellio.WithMiddleware(shadow.Wrap, repeat))
		_, err := client.SMS.Send(t.Context(), sms(number), hellio.WithResumeKey("resume-key-7"))
		require.NoError(t, err)
		session(t, fake, client)
		for _, m := range fake.Messages() {
			secrets = append(secrets, m.Message, m.Reference)
		}
		_, err = shadow.Report().WriteTo(&out)
		require.NoError(t, err)
		require.Contains(t, out.String(), "unknown_member")
		for _, secret := range secrets {
			require.NotContains(t, out.String(), secret)
		}
	})
}

func TestReportIsAnObservationFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t)
		shadow := hellioshadow.New()
		client := fake.Client(hellio.WithMiddleware(shadow.Wrap, bend(
			func(_ *http.Response, body map[string]any) {
				delete(body["data"].(map[string]any), "reserved")
				body["data"].(map[string]any)["bonus"] = 1
			})))
		_, err := client.Balance.Get(t.Context())
		require.NoError(t, err)
		var out strings.Builder
		n, err := shadow.Report().WriteTo(&out)
		require.NoError(t, err)
		require.EqualValues(t, out.Len(), n)
		var file map[string]any
		require.NoError(t, json.Unmarshal([]byte(out.String()), &file))
		require.Equal(t, "hellio observations", file["format"])
		require.Equal(t, "hellioshadow v"+hellio.Version, file["source"])
		require.Equal(t, "https://fake.hellio.invalid/v1", file["api"])
		require.Equal(t, "2000-01-01T00:00:00+00:00", file["from"])
		require.Equal(t, []any{}, file["observations"])
		require.Equal(t, map[string]any{"seen": 1.0, "compared": 1.0, "dropped": 0.0},
			file["answers"])
		require.Equal(t, []any{map[string]any{
			"at":    "GET /balance 200 data.bonus",
			"what":  "unknown_member",
			"count": 1.0,
		}}, file["unknown"])
		require.Contains(t, file["marks"], map[string]any{
			"at":           "GET /balance 200 data.reserved",
			"basis":        "decided",
			"behaviour":    "balance.fields",
			"confirmed":    0.0,
			"contradicted": map[string]any{"absent": 1.0},
		})
	})
}
