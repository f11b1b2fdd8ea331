package hellio

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestKeyIsSentAsGiven(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "order-1234:sms", "!#$%&()*+-./:;<=>?@[]^_`{|}~",
		strings.Repeat("k", 255)} {
		s := newStub(reply(202, sentBody))
		result, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey(key))
		require.NoError(t, err)
		require.Equal(t, []string{key}, s.requests()[0].header["Idempotency-Key"])
		require.Equal(t, key, result.IdempotencyKey)
	}
}

func TestUnsafeIdempotencyKeyIsRefused(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"empty":             "",
		"too long":          strings.Repeat("k", 256),
		"a space":           "a b",
		"a quote":           `a"b`,
		"an apostrophe":     "a'b",
		"a comma":           "a,b",
		"CR":                "a\rb",
		"LF":                "a\nX-Evil: 1",
		"NUL":               "a\x00",
		"DEL":               "a\x7f",
		"not ASCII":         "clé",
		"a tab":             "a\tb",
		"blank":             " ",
		"bytes above ASCII": "\xff",
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
	client := stubbed(t, newStub(lost))
	_, err := client.SMS.Send(t.Context(), oneSMS(), WithIdempotencyKey(strings.Repeat("k", 256)))
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
		require.True(t, keys[r.header.Get("Idempotency-Key")],
			"the key on the wire equals the key in the result")
	}
}

func TestOnlyKeyedOperationsSendAKey(t *testing.T) {
	t.Parallel()
	for _, op := range []contract.Operation{
		contract.BalanceGet,
		contract.WebhookDelete,
		contract.EmailVerify,
		contract.LookupCreate,
		contract.OTPVerify,
		contract.USSDExtCreate,
		contract.AuthToken,
		contract.WebhookCreate,
	} {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			s := newStub(reply(200, `{"data":{}}`))
			c := stubbed(t, s)
			var r Response
			_, err := call[map[string]any](t.Context(), c.core, request{
				op: &op,
				id: "1",
			}, []CallOption{WithResponse(&r)})
			require.NoError(t, err)
			require.NotContains(t, s.requests()[0].header, "Idempotency-Key",
				"not even an empty key, with which net/http would repeat the request")
			require.NotContains(t, s.requests()[0].header, "X-Idempotency-Key")
			require.Empty(t, r.IdempotencyKey)

			_, err = call[map[string]any](t.Context(), c.core, request{
				op: &op,
				id: "1",
			}, []CallOption{WithIdempotencyKey("k1")})
			requireParamError(t, err, "idempotency key", op.Name)
			require.Len(t, s.requests(), 1)
		})
	}
	for _, op := range []contract.Operation{contract.SMSSend, contract.OTPSend,
		contract.VoiceSend} {
		s := newStub(reply(200, `{"data":{}}`))
		_, err := call[map[string]any](t.Context(), stubbed(t, s).core, request{
			op:   &op,
			body: 1,
		}, nil)
		require.NoError(t, err)
		require.Len(t, s.requests()[0].header["Idempotency-Key"], 1, op.Name)
	}
}

func TestResumedCallSendsItsKey(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody, "Idempotent-Replayed", "true"))
	result, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithResumeKey("order-1"))
	require.NoError(t, err)
	require.Equal(t, []string{"order-1"}, s.requests()[0].header["Idempotency-Key"])
	require.True(t, result.Replayed)
}

// Only a 2xx or the stored refusal says anything about the call before.
func TestResumedCallStaysUnknownUntilItsResult(t *testing.T) {
	replay := []string{"Idempotent-Replayed", "true"}
	for name, c := range map[string]struct {
		step    step
		outcome Outcome
		advice  Advice
	}{
		"401":                 {reply(401, refusalBody), OutcomeUnknown, AdviceResume},
		"402":                 {reply(402, refusalBody), OutcomeUnknown, AdviceResume},
		"403":                 {reply(403, refusalBody), OutcomeUnknown, AdviceResume},
		"409 of another code": {reply(409, refusalBody), OutcomeUnknown, AdviceResume},
		"422":                 {reply(422, refusalBody), OutcomeUnknown, AdviceResume},
		"429": {reply(429, refusalBody, "Retry-After", "120"), OutcomeUnknown,
			AdviceResume},
		"refused dial":    {refused, OutcomeUnknown, AdviceResume},
		"bad certificate": {badCertificate, OutcomeUnknown, AdviceResume},
		"replayed 422":    {reply(422, refusalBody, replay...), OutcomeRejected, AdviceStop},
		"replayed 500": {reply(500, refusalBody, replay...), OutcomeUnknown,
			AdviceInspect},
		"2xx that is unreadable": {reply(202, `{`), OutcomeAccepted, AdviceResume},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client := stubbed(t, newStub(c.step), WithLimiter(nil))
				_, err := client.SMS.Send(t.Context(), oneSMS(), WithResumeKey("order-1"))
				requireOutcome(t, c.outcome, err)
				advice, _ := RetryAdvice(err)
				require.Equal(t, c.advice.String(), advice.String())
			})
		})
	}
}

func TestResumedCallThatNeverBeginsStaysUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		expired, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancelLate := context.WithTimeout(t.Context(), time.Second/2)
		defer cancelLate()
		busy := &limiter{wait: func(int) error {
			return &RateLimitError{APIError: &APIError{}, RetryAfter: time.Minute}
		}}
		vault := &tokens{fetch: func(int64) (string, error) { return "", errors.New("sealed") }}
		for name, c := range map[string]struct {
			ctx context.Context
			opt Option
		}{
			"ended context": {expired, WithLimiter(nil)},
			"late deadline": {late, WithLimiter(nil)},
			"limiter":       {t.Context(), WithLimiter(busy)},
			"token source":  {t.Context(), WithTokenSource(vault)},
		} {
			s := newStub(reply(202, sentBody))
			_, err := stubbed(t, s, c.opt).SMS.Send(c.ctx, oneSMS(), WithResumeKey("order-1"))
			requireOutcome(t, OutcomeUnknown, err)
			advice, after := RetryAdvice(err)
			require.Equal(t, AdviceResume, advice, name)
			require.Equal(t, name == "limiter", after == time.Minute, name)
			require.Empty(t, s.requests(), name)
		}
	})
}

func TestBadResumeKeyIsRefused(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]CallOption{
		"empty":                  {WithResumeKey("")},
		"after an unused key":    {WithIdempotencyKey("a"), WithResumeKey("b")},
		"before an unused key":   {WithResumeKey("b"), WithIdempotencyKey("a")},
		"same key in both forms": {WithIdempotencyKey("a"), WithResumeKey("a")},
	} {
		s := newStub(reply(202, sentBody))
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), opts...)
		requireParamError(t, err, "idempotency key")
		require.Empty(t, s.requests(), name)
	}
	s := newStub(reply(200, anyResult))
	requireParamError(t, verifyEmail(t.Context(), stubbed(t, s), WithResumeKey("a")),
		"idempotency key", "email_verify")
	_, err := stubbed(t, s).Balance.Get(t.Context(), WithResumeKey("a"))
	requireParamError(t, err, "idempotency key", "balance_get")
	require.Empty(t, s.requests())
}
