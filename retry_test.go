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

func TestBackoffDoublesUpToItsCeiling(t *testing.T) {
	t.Parallel()
	policy, err := RetryPolicy{}.check()
	require.NoError(t, err)
	for n, ceiling := range map[int]time.Duration{
		1:   500 * time.Millisecond,
		2:   time.Second,
		3:   2 * time.Second,
		4:   4 * time.Second,
		5:   8 * time.Second,
		6:   8 * time.Second,
		100: 8 * time.Second,
	} {
		for _, why := range []reason{whyLost, whyNotSent, whyServer, whyUnavailable, whyTimeout,
			whyMalformed} {
			require.Equal(t, 50*time.Millisecond, delay(policy, why, n, nil, 0),
				"never immediately")
			require.Equal(t, ceiling/2, delay(policy, why, n, nil, 0.5))
			require.Less(t, delay(policy, why, n, nil, math.Nextafter(1, 0)), ceiling+1)
		}
	}
	require.Equal(t, 500*time.Millisecond, delay(policy, whyThrottled, 1, nil, 0.5),
		"a 429 without Retry-After starts from 1 s")
	require.Equal(t, 4*time.Second, delay(policy, whyThrottled, 9, nil, 0.5))
	policy.MinWait = 3 * time.Second
	require.Equal(t, 1500*time.Millisecond, delay(policy, whyThrottled, 1, nil, 0.5),
		"or from the policy's MinWait if that is longer")
}

func TestDelayOfAnyPolicyStaysWithinBounds(t *testing.T) {
	t.Parallel()
	for _, p := range []RetryPolicy{
		{MinWait: 24 * time.Hour},
		{MinWait: 1, MaxWait: 24 * time.Hour},
		{MinWait: 1, MaxWait: 1},
		{MinWait: 7*time.Hour + 1, MaxWait: 24 * time.Hour},
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

// retryAfterDate is the Date of the responses of the two tests below.
var retryAfterDate = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// askFor returns the headers of a response at retryAfterDate with this
// Retry-After.
func askFor(value string) http.Header {
	return limitHeaders("Retry-After", value, "Date", httpDate(0))
}

func resetAt(value string) http.Header {
	return limitHeaders("X-RateLimit-Reset", value, "Date", httpDate(0))
}

func httpDate(d time.Duration) string {
	return retryAfterDate.Add(d).Format(http.TimeFormat)
}

func epoch(d time.Duration) string {
	return strconv.FormatInt(retryAfterDate.Add(d).Unix(), 10)
}

func TestDelayObeysRetryAfterAndReset(t *testing.T) {
	t.Parallel()
	policy, err := RetryPolicy{}.check()
	require.NoError(t, err)
	const most = time.Duration(math.MaxInt64)
	resetToo := askFor("7")
	resetToo.Set("X-RateLimit-Reset", epoch(time.Minute))
	for name, c := range map[string]struct {
		header http.Header
		least  time.Duration
	}{
		"seconds":                       {askFor("60"), 60 * time.Second},
		"one second":                    {askFor("1"), time.Second},
		"zero, the end of the window":   {askFor("0"), time.Second},
		"a fraction":                    {askFor("1.5"), 2 * time.Second},
		"a date":                        {askFor(httpDate(30 * time.Second)), 30 * time.Second},
		"Reset without Retry-After":     {resetAt(epoch(42 * time.Second)), 42 * time.Second},
		"Retry-After and Reset":         {resetToo, 7 * time.Second},
		"a second more than a day":      {askFor("86401"), 24*time.Hour + time.Second},
		"a date in 100 days":            {askFor(httpDate(2400 * time.Hour)), 2400 * time.Hour},
		"the last whole second":         {askFor("9223372036"), 9223372036 * time.Second},
		"a fraction beyond that":        {askFor("9223372036.1"), most},
		"a second beyond that":          {askFor("9223372037"), most},
		"a number that wraps to 290 ms": {askFor("18446744074"), most},
		"a number beyond any integer":   {askFor("99999999999999999999999999"), most},
		"the last date":                 {askFor("Fri, 31 Dec 9999 23:59:59 GMT"), most},
		"Reset in a thousand years":     {resetAt("33333333333"), most},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			half := sumWaits(c.least, 500*time.Millisecond)
			require.Equal(t, c.least, delay(policy, whyThrottled, 3, c.header, 0))
			require.Equal(t, half, delay(policy, whyThrottled, 3, c.header, 0.5))
			require.Equal(t, c.least, delay(policy, whyUnavailable, 1, c.header, 0),
				"also on a 503")
			without := delay(policy, whyServer, 1, c.header, 0.999)
			require.Less(t, without, policy.MinWait, "not on a 500")
		})
	}
}

func TestDelayIgnoresUnreadableHeaders(t *testing.T) {
	t.Parallel()
	policy, err := RetryPolicy{}.check()
	require.NoError(t, err)
	for name, h := range map[string]http.Header{
		"nothing":                     {},
		"an empty value":              askFor(""),
		"a negative number":           askFor("-5"),
		"a sign":                      askFor("+5"),
		"an exponent":                 askFor("1e3"),
		"a point without a fraction":  askFor("1."),
		"a fraction without a number": askFor(".5"),
		"two points":                  askFor("1.5.5"),
		"a unit":                      askFor("5s"),
		"digits of another script":    askFor("٣"),
		"words":                       askFor("soon"),
		"a past date":                 askFor(httpDate(-time.Second)),
		"a date without Date":         {"Retry-After": {httpDate(30 * time.Second)}},
		"Reset without Date":          {contract.HeaderRateLimitReset: {epoch(time.Minute)}},
		"Reset in the past":           resetAt(epoch(-time.Second)),
		"Reset of 13 digits":          resetAt(epoch(0) + "000"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 50*time.Millisecond, delay(policy, whyThrottled, 1, h, 0))
			require.Equal(t, 500*time.Millisecond, delay(policy, whyThrottled, 1, h, 0.5))
		})
	}
}

// retryAfterRow is the effect of a Retry-After on a call that receives it each
// time.
type retryAfterRow struct {
	value  func(now time.Time) string
	wait   time.Duration // in the error and for the limiter
	hits   int
	noDate bool // the response has no Date
}

func retryAfterTable() map[string]retryAfterRow {
	seconds := func(text string, wait time.Duration, hits int) retryAfterRow {
		return retryAfterRow{value: func(time.Time) string { return text }, wait: wait, hits: hits}
	}
	date := func(d, wait time.Duration, hits int) retryAfterRow {
		value := func(now time.Time) string { return now.Add(d).UTC().Format(http.TimeFormat) }
		return retryAfterRow{value: value, wait: wait, hits: hits}
	}
	const century = 36525 * 24 * time.Hour // in a bubble the year is 2000
	withoutDate := date(30*time.Second, 0, 4)
	withoutDate.noDate = true
	return map[string]retryAfterRow{
		"0":                   seconds("0", 0, 4),
		"1":                   seconds("1", time.Second, 4),
		"59":                  seconds("59", 59*time.Second, 4),
		"1.5":                 seconds("1.5", 2*time.Second, 4),
		"65":                  seconds("65", 65*time.Second, 4),
		"66":                  seconds("66", 66*time.Second, 1),
		"86401":               seconds("86401", 86401*time.Second, 1),
		"90000":               seconds("90000", 25*time.Hour, 1),
		"20 digits":           seconds("12345678901234567890", math.MaxInt64, 1),
		"words":               seconds("soon", 0, 4),
		"a date in 30 s":      date(30*time.Second, 30*time.Second, 4),
		"a date in 2100":      date(century, century, 1),
		"a past date":         date(-time.Minute, 0, 4),
		"a date without Date": withoutDate,
	}
}

func (r retryAfterRow) reply(status int) step {
	return func(req *http.Request) (*http.Response, error) {
		headers := []string{"Retry-After", r.value(time.Now())}
		if !r.noDate {
			headers = append(headers, "Date", time.Now().UTC().Format(http.TimeFormat))
		}
		return reply(status, `{"error":"throttled"}`, headers...)(req)
	}
}

func TestRetryAfterOfAnySizeIsObeyed(t *testing.T) {
	for name, row := range retryAfterTable() {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := &limiter{}
				s := newStub(row.reply(429))
				start := time.Now()
				err := sendSMS(t.Context(), stubbed(t, s, WithLimiter(l), quick()))
				var limited *RateLimitError
				require.ErrorAs(t, err, &limited)
				require.Equal(t, row.wait, limited.RetryAfter)
				requireOutcome(t, OutcomeRejected, err)
				require.Len(t, s.requests(), row.hits)
				for _, gap := range s.gaps() {
					require.GreaterOrEqual(t, gap, row.wait)
				}
				if row.hits == 1 {
					require.Zero(t, time.Since(start), "the call returns immediately")
				}
				require.Len(t, l.limits, row.hits)
				for _, rl := range l.limits {
					require.Equal(t, RateLimit{RetryAfter: row.wait}, rl)
				}
			})
		})
	}
}

func TestRetryAfterOnA503IsObeyed(t *testing.T) {
	for name, row := range retryAfterTable() {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(row.reply(503))
				err := getBalance(t.Context(), stubbed(t, s, WithLimiter(nil), quick()))
				require.Len(t, s.requests(), min(row.hits, 3))
				require.Equal(t, row.wait, responseOf(t, err).RateLimit.RetryAfter)
				for _, gap := range s.gaps() {
					require.GreaterOrEqual(t, gap, row.wait)
				}
			})
		})
	}
}

func TestWindowLimiterBlocksForAtMost65Seconds(t *testing.T) {
	for name, row := range retryAfterTable() {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(row.reply(429), reply(202, sentBody))
				c := stubbed(t, s)
				_, err := c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
				require.Error(t, err)
				require.NoError(t, sendSMS(t.Context(), c))
				least := min(max(row.wait, throttleWait), 65*time.Second)
				require.GreaterOrEqual(t, s.gaps()[0], least)
				require.Less(t, s.gaps()[0], least+time.Second)
			})
		})
	}
}

func TestDelayAfterAConflictIsFixed(t *testing.T) {
	t.Parallel()
	var waits []time.Duration
	for n := 1; n <= 6; n++ {
		waits = append(waits,
			delay(RetryPolicy{}, whyConflict, n, http.Header{"Retry-After": {"60"}}, 0.9))
	}
	require.Equal(t,
		[]time.Duration{300 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second,
			4 * time.Second, 4 * time.Second}, waits)
}

func TestBudgetAllowsTenFailuresAndRefillsWithSuccess(t *testing.T) {
	t.Parallel()
	var b budget
	for range 10 {
		require.True(t, b.take(whyLost, false))
	}
	require.False(t, b.take(whyLost, false), "50 tokens pay for 10 retries of 5")
	require.False(t, b.take(whyThrottled, false))
	require.True(t, b.take(whyConflict, false), "a conflict costs nothing")
	require.True(t, b.take(whyServer, true),
		"the first retry of an unknown keyed send is always allowed")
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
	require.EqualValues(t, budgetSize, b.spent.Load())
}

func TestForcedRetriesLeaveNoDebt(t *testing.T) {
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
	require.Equal(t, RetryPolicy{
		MinWait:       500 * time.Millisecond,
		MaxWait:       8 * time.Second,
		MaxRetryAfter: 65 * time.Second,
	}, p)
	require.Equal(t, 3, p.retries(classKeyed))
	for _, c := range []class{classGet, classDelete, classBillable, classOther} {
		require.Equal(t, 2, p.retries(c))
	}
	require.Equal(t, 0, RetryPolicy{MaxRetries: -1}.retries(classKeyed))
	require.Equal(t, 7, RetryPolicy{MaxRetries: 7}.retries(classBillable))

	p, err = RetryPolicy{MaxWait: 100 * time.Millisecond}.check()
	require.NoError(t, err, "a short MaxWait alone is valid")
	require.Equal(t, p.MaxWait, p.MinWait)
	p, err = RetryPolicy{MaxWait: time.Minute}.check()
	require.NoError(t, err)
	require.Equal(t, 500*time.Millisecond, p.MinWait,
		"a long MaxWait does not extend the first waits")
	p, err = RetryPolicy{MinWait: time.Minute}.check()
	require.NoError(t, err, "a long MinWait alone is valid")
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
		requireParamError(t, err, "RetryPolicy."+field)
		_, err = NewClient(testToken, WithRetryPolicy(p))
		requireParamError(t, err, "RetryPolicy."+field)
	}
	_, err := RetryPolicy{MaxRetries: 100}.check()
	require.NoError(t, err)
	_, err = RetryPolicy{MaxRetries: 101}.check()
	requireParamError(t, err, "RetryPolicy.MaxRetries", "101", "100")
	_, err = RetryPolicy{MinWait: 2 * time.Second, MaxWait: time.Second}.check()
	requireParamError(t, err, "RetryPolicy.MinWait", "2s", "1s")
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

func TestPollWaitIsNeverNegative(t *testing.T) {
	t.Parallel()
	limited := &RateLimitError{
		APIError:   &APIError{Status: http.StatusTooManyRequests},
		RetryAfter: math.MaxInt64,
	}
	for _, random := range []float64{0, 0.5, 1} {
		require.EqualValues(t, int64(math.MaxInt64), pollWait(firstPoll, RateLimit{}, limited, random))
	}
}
