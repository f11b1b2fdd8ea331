package behaviour_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/behaviour"
)

func TestClaimsHaveAnIDAndASentence(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z0-9_]+\.[a-z0-9_]+$`)
	seen := make(map[string]bool)
	for _, b := range behaviour.All() {
		require.Regexp(t, form, b.ID)
		require.False(t, seen[b.ID] || seen[b.Text], "twice: %s", b.ID)
		seen[b.ID], seen[b.Text] = true, true
		require.NotEmpty(t, b.Text, b.ID)
		require.False(t, strings.HasSuffix(b.Text, "."), b.ID)
		require.Contains(t, []behaviour.Basis{
			behaviour.Documented, behaviour.Inferred, behaviour.Decided,
		}, b.Basis, b.ID)
	}
}

func TestErrorsAreDifferentRefusals(t *testing.T) {
	t.Parallel()
	seen := make(map[behaviour.Refusal]string)
	for _, b := range behaviour.All() {
		r, ok := b.Follow.Refusal()
		require.Equal(t, strings.HasPrefix(b.ID, "error.") && ok, ok, b.ID)
		if !ok || b.ID == "error.route" { // an unknown route is told by its path
			continue
		}
		require.Empty(t, seen[r], b.ID)
		seen[r] = b.ID
	}
}

func TestValuesOfObservations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, value, err string }{
		{"sms_send.success", `200`, ""},
		{"sms_send.success", `404`, "a whole number from 200 to 299"},
		{"sms_send.success", `"200"`, "a whole number"},
		{"sms_send.success", `null`, "a whole number"},
		{"error.scope", `{"status":403,"code":"forbidden"}`, ""},
		{"error.scope", `{"status":403,"code":null}`, ""},
		{"error.scope", `{"status":200,"code":"ok"}`, "a status from 400 to 599"},
		{"error.scope", `{"status":403,"code":"+233 20"}`, "lower-case letters"},
		{"error.scope", `{"status":403,"code":"x","more":1}`, "a status"},
		{"otp_send.order", `["sender","fields","recipient","spend_limit","balance"]`, ""},
		{"otp_send.order", `["sender","fields"]`, "each of"},
		{"otp_send.order", `["sender","sender","recipient","spend_limit","balance"]`, "each of"},
		{"idempotency.kept", `"all"`, ""},
		{"idempotency.kept", `"some"`, "one of"},
		{"idempotency.lifetime", `"48h"`, ""},
		{"idempotency.lifetime", `48`, "a duration"},
		{"idempotency.lifetime", `"-1h"`, "a duration"},
		{"idempotency.lifetime", `"99999h"`, "at most a year"},
		{"otp.tries", `3`, ""},
		{"otp.tries", `0`, "from 1 to 100"},
		{"webhook.attempts", `["0s","30s"]`, ""},
		{"webhook.attempts", `[]`, "growing offsets"},
		{"webhook.attempts", `["1s","30s"]`, "growing offsets"},
		{"webhook.attempts", `["0s","30s","20s"]`, "growing offsets"},
		{"balance.fields", `{"absent":["reserved"],"number":["balance"]}`, ""},
		{"balance.fields", `{}`, "at least one"},
		{"balance.fields", `{"absent":["reserved"],"null":["reserved"]}`, "in two lists"},
		{"balance.fields", `{"absent":["120.50"]}`, "lower-case letters"},
		{"balance.fields", `{"missing":["reserved"]}`, "lists of members"},
		{"token.missing", `1`, "can't follow"},
	} {
		claim, found := behaviour.Find(c.id)
		require.True(t, found, c.id)
		_, err := claim.Follow.Parse([]byte(c.value))
		if c.err == "" {
			require.NoError(t, err, "%s: %s", c.id, c.value)
		} else {
			require.ErrorContains(t, err, c.err, "%s: %s", c.id, c.value)
		}
	}
}
