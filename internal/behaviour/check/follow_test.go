package check_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/behaviour"
	"github.com/hellio-go/hellio/internal/behaviour/check"
)

// bent holds a value for each claim that the fake can follow, but for those
// whose value bend returns.
var bent = map[string]string{
	"error.throttled":        `{"status":429,"code":"slow_down"}`,
	"error.recipient":        `{"status":422,"code":null}`,
	"sms_send.order":         `["sender","recipients","fields","routing","balance","spend_limit"]`,
	"otp_send.order":         `["recipient","fields","sender","balance","spend_limit"]`,
	"voice_send.order":       `["recipients","audio","fields","balance","spend_limit"]`,
	"auth_token.order":       `["fields","locked","credentials","second_factor","unverified"]`,
	"idempotency.other_body": `"refuse"`,
	"idempotency.kept":       `"all"`,
	"idempotency.lifetime":   `"48h0m0s"`,
	"ratelimit.requests":     `90`,
	"ratelimit.window":       `"clock_minute"`,
	"otp.requests":           `7`,
	"login.tries":            `3`,
	"otp.length":             `8`,
	"otp.expiry":             `15`,
	"otp.tries":              `3`,
	"page.maximum":           `"refuse"`,
	"number.leading_zero":    `"accepted"`,
	"webhook.attempts":       `["0s","30s","5m0s"]`,
	"webhook.disable_after":  `4`,
	"sms_send.fields":        `{"absent":["segments"],"number":["estimated_cost"]}`,
	"balance.fields":         `{"number":["balance","available","reserved"]}`,
	"message.fields":         `{"absent":["sent_at"],"null":["sender"]}`,
	"email.fields":           `{"null":["status"]}`,

	"ussd_extension_create.order": `["app","fields","balance","availability"]`,
}

// bend returns another value than the default of a claim.
func bend(b behaviour.Behaviour) string {
	switch _, refusal := b.Follow.Refusal(); {
	case bent[b.ID] != "":
		return bent[b.ID]
	case refusal:
		return `{"status":451,"code":"another_code"}`
	case strings.HasSuffix(b.ID, ".success"):
		return `203`
	case strings.HasSuffix(b.ID, ".fields"):
		_, first, _ := strings.Cut(b.Text, " with ")
		if _, rest, found := strings.Cut(b.Text, " has "); found {
			first = rest
		}
		name, _, _ := strings.Cut(first, ",")
		name, _, _ = strings.Cut(name, " ")
		return `{"absent":["` + name + `"]}`
	}
	return ""
}

// observations returns an observation file that refutes claims.
func observations(values map[string]string) []byte {
	file := behaviour.Observations{
		Format:  behaviour.Format,
		Version: behaviour.Version,
		From:    "2026-11-27T20:00:00+00:00",
		To:      "2026-11-27T20:09:00+00:00",
	}
	for id, value := range values {
		file.Observations = append(file.Observations, behaviour.Observation{
			ID:     id,
			Result: behaviour.Refuted,
			Value:  json.RawMessage(value),
			Count:  1,
		})
	}
	text, err := json.Marshal(file)
	if err != nil {
		panic(err) // it was made here
	}
	return text
}

func TestABentFakeIsRefutedWithItsValue(t *testing.T) {
	named(t, func(t *testing.T, c check.Check) {
		claim, _ := behaviour.Find(c.ID)
		if !claim.Follow.Possible() {
			t.SkipNow()
		}
		value := bend(claim)
		require.NotEmpty(t, value, "no other value is known")
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, helliotest.WithObservations(observations(map[string]string{
				c.ID: value,
			})))
			p := w.probe(t)
			var refuted *check.Refuted
			require.ErrorAs(t, p.Test(c), &refuted)
			seen, err := json.Marshal(refuted.Value)
			require.NoError(t, err)
			require.JSONEq(t, value, string(seen))
		})
	})
}
