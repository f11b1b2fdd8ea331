package helliotest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzFromSnapshot holds that no file, its checksum right or wrong, does more
// than be refused or make a fake that works.
func FuzzFromSnapshot(f *testing.F) {
	whole := seedSnapshot(f)
	var e envelope
	require.NoError(f, json.Unmarshal(whole, &e))
	f.Add(whole)
	f.Add([]byte(e.State))
	for _, change := range []string{
		`"LastID":1`, `"ID":0`, `"Status":"delivered"`, `"Campaign":7`, `"Tries":-1`, `"Tries":9`,
		`"Count":-1`, `"Webhook":1`, `"Segments":-5`, `"Months":0`,
		`"At":"0001-01-01T00:00:00Z"`, `"At":"9999-12-31T00:00:00Z"`,
	} {
		name, _, _ := strings.Cut(change, ":")
		f.Add([]byte(swap(string(e.State), name, change)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		tryOut(t, data)
		if json.Valid(data) {
			s := new(savedWorld)
			if strictly(data, s) == nil {
				sealed, err := seal(envelope{}, s)
				if err == nil {
					tryOut(t, sealed)
				}
			}
		}
	})
}

// swap puts a change in place of the last member of that name.
func swap(state, name, change string) string {
	i := strings.LastIndex(state, name+":")
	if i < 0 {
		return state
	}
	end := i + strings.IndexAny(state[i:], ",}")
	return state[:i] + change + state[end:]
}

func seedSnapshot(tb testing.TB) []byte {
	f := New(tb, WithWebhook("http://127.0.0.1:1/", "whsec_x"), WithUSSDBalance("40"))
	for _, c := range [][2]string{
		{
			"/v1/sms/send",
			`{"recipients":["233209990001","233209990002"],"sender":"HELLIO","message":"Hi"}`,
		},
		{"/v1/otp/send", `{"mobile_number":"233209990001","sender":"HELLIO"}`},
		{"/v1/voice/send", `{"recipients":["233209990001"],"text":"Hello"}`},
		{"/v1/lookup", `{"numbers":["233209990001"]}`},
		{"/v1/ussd/extensions", `{"code":"4821"}`},
	} {
		req, err := http.NewRequestWithContext(context.Background(), "POST",
			"https://fake.hellio.invalid"+c[0], strings.NewReader(c[1]))
		require.NoError(tb, err)
		req.Header = http.Header{
			"Authorization":   {"Bearer " + DefaultToken},
			"Content-Type":    {"application/json"},
			"Idempotency-Key": {c[0]},
		}
		resp, err := f.HTTPClient().Do(req)
		require.NoError(tb, err)
		require.Less(tb, resp.StatusCode, 300)
		resp.Body.Close()
	}
	data, err := f.Snapshot()
	require.NoError(tb, err)
	return data
}

// tryOut starts a fake with a snapshot and lets an hour pass in it.
func tryOut(t *testing.T, data []byte) {
	f, err := Start(FromSnapshot(data), AllowUnusedFaults())
	if err != nil {
		require.ErrorContains(t, err, "FromSnapshot: ")
		return
	}
	f.mu.Lock()
	for _, h := range f.world.webhooks.rows {
		h.Active = false // whatever is written there is not called
	}
	f.mu.Unlock()
	f.Advance(time.Hour)
	f.Messages()
	f.Deliveries()
	_, _ = f.Snapshot()
	f.Reset()
	require.NoError(t, f.Close())
}
