package hellio

import (
	"math"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestDelayOfABackoffDoublesUpToItsCeiling(t *testing.T) {
	t.Parallel()
	policy, err := RetryPolicy{}.check()
	require.NoError(t, err)
	for n, ceiling := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second, 5: 8 * time.Second, 6: 8 * time.Second, 100: 8 * time.Second,
	} {
		for _, why := range []reason{whyLost, whyNotSent, whyServer, whyUnavailable, whyTimeout, whyMalformed} {
			require.Equal(t, 50*time.Millisecond, delay(policy, why, n, nil, 0), "never at once")
			require.Equal(t, ceiling/2, delay(policy, why, n, nil, 0.5))
			require.Less(t, delay(policy, why, n, nil, math.Nextafter(1, 0)), ceiling+1)
		}
	}
	require.Equal(t, 500*time.Millisecond, delay(policy, whyThrottled, 1, nil, 0.5), "a 429 without Retry-After starts from 1 s")
	require.Equal(t, 4*time.Second, delay(policy, whyThrottled, 9, nil, 0.5))
	policy.MinWait = 3 * time.Second
	require.Equal(t, 1500*time.Millisecond, delay(policy, whyThrottled, 1, nil, 0.5), "or from the policy's own, where that is longer")
}

func TestDelayOfAnAbsurdPolicyStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	for _, p := range []RetryPolicy{
		{MinWait: 24 * time.Hour}, {MinWait: 1, MaxWait: 24 * time.Hour}, {MinWait: 1, MaxWait: 1}, {MinWait: 7*time.Hour + 1, MaxWait: 24 * time.Hour},
	} {
		policy, err := p.check()
		require.NoError(t, err)
		last := time.Duration(0)
		for n := 1; n <= 200; n++ {
			wait := delay(policy, whyLost, n, nil, math.Nextafter(1, 0))
			require.GreaterOrEqual(t, wait, last, "retry %d of %+v: waits never shrink", n, p)
			require.LessOrEqual(t, wait, max(policy.MaxWait, shortestWait))
			last = wait
		}
		require.InDelta(t, max(policy.MaxWait, shortestWait), last, 1)
	}
}

func TestDelayAfterAThrottleHonoursWhatTheAPISays(t *testing.T) {
	t.Parallel()
	policy, err := RetryPolicy{}.check()
	require.NoError(t, err)
	date := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	h := func(pairs ...string) http.Header {
		h := http.Header{"Date": {date.Format(http.TimeFormat)}}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	const absent = time.Second // its backoff ceiling
	for name, c := range map[string]struct {
		header http.Header
		least  time.Duration
	}{
		"seconds":                         {h("Retry-After", "60"), 60 * time.Second},
		"one second":                      {h("Retry-After", "1"), time.Second},
		"zero, the window's very end":     {h("Retry-After", "0"), time.Second},
		"a date, by the API's own clock":  {h("Retry-After", date.Add(30*time.Second).Format(http.TimeFormat)), 30 * time.Second},
		"Reset where Retry-After is gone": {h("X-RateLimit-Reset", strconv.FormatInt(date.Add(42*time.Second).Unix(), 10)), 42 * time.Second},
		"Retry-After goes before Reset":   {h("Retry-After", "7", "X-RateLimit-Reset", strconv.FormatInt(date.Add(42*time.Second).Unix(), 10)), 7 * time.Second},
		"exactly a day":                   {h("Retry-After", "86400"), 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.least, delay(policy, whyThrottled, 3, c.header, 0))
			require.Equal(t, c.least+500*time.Millisecond, delay(policy, whyThrottled, 3, c.header, 0.5))
			require.Equal(t, c.least, delay(policy, whyUnavailable, 1, c.header, 0), "a 503 is heard as well")
			require.Less(t, delay(policy, whyServer, 1, c.header, 0.999), 500*time.Millisecond, "a 500 is not")
		})
	}
	for name, header := range map[string]http.Header{
		"nothing":                            {},
		"a negative number":                  h("Retry-After", "-5"),
		"a fraction":                         h("Retry-After", "1.5"),
		"a number that would overflow":       h("Retry-After", "9223372037"),
		"a number that overflows to 290 ms":  h("Retry-After", "18446744074"),
		"a number beyond any integer":        h("Retry-After", "99999999999999999999999999"),
		"a second more than a day":           h("Retry-After", "86401"),
		"a past date":                        h("Retry-After", date.Add(-time.Minute).Format(http.TimeFormat)),
		"a date without the response's Date": {"Retry-After": {time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)}},
		"a date in a year":                   h("Retry-After", date.AddDate(1, 0, 0).Format(http.TimeFormat)),
		"words":                              h("Retry-After", "soon"),
		"Reset without the response's Date":  {contract.HeaderRateLimitReset: {strconv.FormatInt(date.Add(time.Minute).Unix(), 10)}},
		"Reset in the past":                  h("X-RateLimit-Reset", strconv.FormatInt(date.Unix()-1, 10)),
		"Reset in a thousand years":          h("X-RateLimit-Reset", "33333333333"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 50*time.Millisecond, delay(policy, whyThrottled, 1, header, 0))
			require.Equal(t, absent/2, delay(policy, whyThrottled, 1, header, 0.5), "as if absent")
		})
	}
}

func TestDelayAfterAConflictIsFixed(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	for n := 1; n <= 6; n++ {
		waits = append(waits, delay(RetryPolicy{}, whyConflict, n, http.Header{"Retry-After": {"60"}}, 0.9))
	}
	require.Equal(t, []time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second, 4 * time.Second}, waits)
}

func TestBudgetAllowsTenFailuresAndComesBackWithSuccess(t *testing.T) {
	t.Parallel()
	var b budget
	for range 10 {
		require.True(t, b.take(whyLost, false))
	}
	require.False(t, b.take(whyLost, false), "50 tokens pay for 10 retries of 5")
	require.False(t, b.take(whyThrottled, false))
	require.True(t, b.take(whyConflict, false), "a conflict costs nothing")
	require.True(t, b.take(whyServer, true), "the first retry of a keyed send in doubt always goes")
	b.refund()
	b.refund()
	require.True(t, b.take(whyThrottled, false), "two successes pay for one retry after a 429")
	require.False(t, b.take(whyThrottled, false))
	for range 1000 {
		b.refund()
	}
	for range 50 {
		require.True(t, b.take(whyThrottled, false))
	}
	require.False(t, b.take(whyThrottled, false), "the budget never grows past its size")
	require.Equal(t, budgetSize, b.spent)
}

func TestForcedRetriesDoNotPutTheBudgetInDebt(t *testing.T) {
	t.Parallel()
	var b budget
	for range 100 {
		require.True(t, b.take(whyLost, true))
	}
	for range 10 {
		b.refund()
	}
	require.True(t, b.take(whyLost, false))
}

func TestRetryPolicyFillsItsDefaults(t *testing.T) {
	t.Parallel()
	p, err := RetryPolicy{}.check()
	require.NoError(t, err)
	require.Equal(t, RetryPolicy{MinWait: 500 * time.Millisecond, MaxWait: 8 * time.Second, MaxRetryAfter: 65 * time.Second}, p)
	require.Equal(t, 3, p.retries(classKeyed))
	for _, c := range []class{classGet, classDelete, classBillable, classOther} {
		require.Equal(t, 2, p.retries(c))
	}
	require.Equal(t, 0, RetryPolicy{MaxRetries: -1}.retries(classKeyed))
	require.Equal(t, 7, RetryPolicy{MaxRetries: 7}.retries(classBillable))

	p, err = RetryPolicy{MaxWait: 100 * time.Millisecond}.check()
	require.NoError(t, err, "a short MaxWait alone is no contradiction")
	require.Equal(t, p.MaxWait, p.MinWait)
	p, err = RetryPolicy{MaxWait: time.Minute}.check()
	require.NoError(t, err)
	require.Equal(t, 500*time.Millisecond, p.MinWait, "and a long one does not make the first waits longer")
	p, err = RetryPolicy{MinWait: time.Minute}.check()
	require.NoError(t, err, "nor is a long MinWait")
	require.Equal(t, p.MinWait, p.MaxWait)
}

func TestRetryPolicyRefusesBadValuesByName(t *testing.T) {
	t.Parallel()
	for field, p := range map[string]RetryPolicy{
		"MaxRetries":    {MaxRetries: -2},
		"MinWait":       {MinWait: -1},
		"MaxWait":       {MaxWait: -time.Second},
		"MaxRetryAfter": {MaxRetryAfter: 25 * time.Hour},
	} {
		_, err := p.check()
		requireParamError(t, err, "retry policy: "+field)
		_, err = NewClient(testToken, WithRetryPolicy(p))
		requireParamError(t, err, "retry policy: "+field)
	}
	_, err := RetryPolicy{MaxRetries: 100}.check()
	require.NoError(t, err)
	_, err = RetryPolicy{MaxRetries: 101}.check()
	requireParamError(t, err, "retry policy: MaxRetries", "101", "100")
	_, err = RetryPolicy{MinWait: 2 * time.Second, MaxWait: time.Second}.check()
	requireParamError(t, err, "retry policy: MinWait", "2s", "1s")
}

func TestReasonsHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for r := whyFinal; r <= whyServer; r++ {
		require.NotEmpty(t, r.String())
		require.False(t, seen[r.String()], "%q is used twice", r)
		seen[r.String()] = true
	}
}
