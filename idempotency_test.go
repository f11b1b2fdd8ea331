package hellio

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestKeyIsSentAsGiven(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "order-1234:sms", "!#$%&()*+-./:;<=>?@[]^_`{|}~", strings.Repeat("k", 255)} {
		s := newStub(reply(202, sentBody))
		result, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey(key))
		require.NoError(t, err)
		require.Equal(t, []string{key}, s.requests()[0].header["Idempotency-Key"])
		require.Equal(t, key, result.IdempotencyKey)
	}
}

func TestKeyThatCouldNotArriveAsGivenIsRefused(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"empty": "", "too long": strings.Repeat("k", 256), "a space": "a b", "a quote": `a"b`, "an apostrophe": "a'b", "a comma": "a,b", "CR": "a\rb",
		"LF": "a\nX-Evil: 1", "NUL": "a\x00", "DEL": "a\x7f", "not ASCII": "clé", "a tab": "a\tb", "blank": " ", "bytes above ASCII": "\xff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(202, sentBody))
			_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey(key))
			requireParamError(t, err, "idempotency key", "255")
			require.Empty(t, s.requests())
			if len(key) > 1 {
				require.NotContains(t, err.Error(), key)
			}
		})
	}
	_, err := stubbed(t, newStub(lost)).SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey(strings.Repeat("k", 256)))
	requireParamError(t, err, "idempotency key", "256 bytes")
}

func TestEachCallHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody))
	c := stubbed(t, s)
	keys := map[string]bool{}
	for range 50 {
		result, err := c.SMS.Send(t.Context(), oneSMS())
		require.NoError(t, err)
		id, err := uuid.Parse(result.IdempotencyKey)
		require.NoError(t, err)
		require.Equal(t, uuid.Version(4), id.Version())
		keys[result.IdempotencyKey] = true
	}
	require.Len(t, keys, 50)
	for _, r := range s.requests() {
		require.True(t, keys[r.header.Get("Idempotency-Key")], "the key on the wire is the one in the result")
	}
}

func TestKeysGoOnlyWhereTheAPIHonoursThem(t *testing.T) {
	t.Parallel()
	for _, op := range []contract.Operation{
		contract.BalanceGet, contract.WebhookDelete, contract.EmailVerify, contract.LookupCreate, contract.OTPVerify, contract.USSDExtCreate,
		contract.AuthToken, contract.WebhookCreate,
	} {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(200, `{"data":{}}`))
			c := stubbed(t, s)
			var r Response
			_, err := call[map[string]any](t.Context(), c.core, request{op: &op, id: "1"}, []CallOption{WithResponse(&r)})
			require.NoError(t, err)
			require.NotContains(t, s.requests()[0].header, "Idempotency-Key", "not even an empty one: net/http would repeat the request")
			require.NotContains(t, s.requests()[0].header, "X-Idempotency-Key")
			require.Empty(t, r.IdempotencyKey)

			_, err = call[map[string]any](t.Context(), c.core, request{op: &op, id: "1"}, []CallOption{WithIdempotencyKey("k1")})
			requireParamError(t, err, "idempotency key", op.Name)
			require.Len(t, s.requests(), 1)
		})
	}
	for _, op := range []contract.Operation{contract.SMSSend, contract.OTPSend, contract.VoiceSend} {
		s := newStub(reply(200, `{"data":{}}`))
		_, err := call[map[string]any](t.Context(), stubbed(t, s).core, request{op: &op, body: 1}, nil)
		require.NoError(t, err)
		require.Len(t, s.requests()[0].header["Idempotency-Key"], 1, op.Name)
	}
}
