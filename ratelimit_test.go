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

func limitHeaders(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestRateLimitIsReadFromTheHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		want   RateLimit
	}{
		"nothing":                     {nil, RateLimit{}},
		"let through":                 {limitHeaders("X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "119"), RateLimit{Limit: 120, Remaining: 119}},
		"the last one":                {limitHeaders("X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "0"), RateLimit{Limit: 120}},
		"refused":                     {limitHeaders("X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "0", "Retry-After", "17", "X-RateLimit-Reset", "1772600784"), RateLimit{Limit: 120, Reset: time.Unix(1772600784, 0), RetryAfter: 17 * time.Second}},
		"a 503 in maintenance":        {limitHeaders("Retry-After", "30"), RateLimit{RetryAfter: 30 * time.Second}},
		"Limit alone tells nothing":   {limitHeaders("X-RateLimit-Limit", "120"), RateLimit{}},
		"Remaining alone":             {limitHeaders("X-RateLimit-Remaining", "5"), RateLimit{}},
		"a limit of 1":                {limitHeaders("X-RateLimit-Limit", "1", "X-RateLimit-Remaining", "1"), RateLimit{Limit: 1, Remaining: 1}},
		"a limit of 0":                {limitHeaders("X-RateLimit-Limit", "0", "X-RateLimit-Remaining", "0"), RateLimit{}},
		"more left than the limit":    {limitHeaders("X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "500"), RateLimit{Limit: 120, Remaining: 500}},
		"a negative rest":             {limitHeaders("X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "-1"), RateLimit{}},
		"words":                       {limitHeaders("X-RateLimit-Limit", "many", "X-RateLimit-Remaining", "some", "Retry-After", "later"), RateLimit{}},
		"a number beyond any integer": {limitHeaders("X-RateLimit-Limit", "99999999999999999999", "X-RateLimit-Remaining", "1"), RateLimit{}},
		"a header that is there, without a value": {http.Header{"X-Ratelimit-Limit": nil, "Retry-After": {}}, RateLimit{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, parseRateLimit(c.header))
		})
	}
}

// A clock of this machine that is wrong or jumps makes no wait longer or shorter.
func TestRetryAfterDateUsesTheAPIsClock(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]time.Time{
		"an hour behind": time.Now().Add(-time.Hour),
		"an hour ahead":  time.Now().Add(time.Hour),
		"the year 2001":  time.Date(2001, 3, 4, 5, 6, 7, 0, time.UTC),
		"the year 2099":  time.Date(2099, 3, 4, 5, 6, 7, 0, time.UTC),
	} {
		for _, c := range []struct {
			after time.Duration
			want  time.Duration
			ok    bool
		}{
			{20 * time.Second, 20 * time.Second, true},
			{0, 0, true},
			{-time.Second, 0, false},
			{25 * time.Hour, 25 * time.Hour, true},
		} {
			until := now.Add(c.after).UTC()
			date := now.UTC().Format(http.TimeFormat)
			byDate := limitHeaders("Date", date, "Retry-After", until.Format(http.TimeFormat))
			wait, ok := parseRetryAfter(byDate)
			require.Equal(t, c.ok, ok, "%s, %s", name, c.after)
			require.Equal(t, c.want, wait, "%s, %s", name, c.after)

			byReset := limitHeaders("Date", date, "X-RateLimit-Reset", strconv.FormatInt(until.Unix(), 10))
			wait, ok = waitTold(byReset)
			require.Equal(t, c.ok, ok, "%s, %s", name, c.after)
			require.Equal(t, c.want, wait, "%s, %s", name, c.after)

			for _, date := range []string{"", "no date"} {
				byDate.Set("Date", date)
				_, ok = waitTold(byDate)
				require.False(t, ok, "the clock of the API is unknown")
			}
		}
	}
}

func TestClientRemembersTheLatestRateLimit(t *testing.T) {
	t.Parallel()
	s := newStub(
		reply(200, balanceBody),
		reply(200, balanceBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "118"),
		reply(200, balanceBody),
		reply(404, `{}`, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "117"),
	)
	c := stubbed(t, s)
	require.Equal(t, RateLimit{}, c.RateLimit(), "nothing was said yet")
	var r Response
	for i, want := range []RateLimit{{}, {Limit: 120, Remaining: 118}, {Limit: 120, Remaining: 118}, {Limit: 120, Remaining: 117}} {
		_, err := c.Balance.Get(t.Context(), WithResponse(&r))
		require.Equal(t, i == 3, err != nil)
		require.Equal(t, want, c.RateLimit(), "after call %d", i+1)
	}
	require.Equal(t, RateLimit{Limit: 120, Remaining: 117}, r.RateLimit)
}

// /otp/send may show the limit of the source address, which is none of the token's.
func TestClientRemembersOfAnOTPOnlyTheLimitThatItKnowsForTheTokens(t *testing.T) {
	t.Parallel()
	told := func(limit, remaining string) step {
		return reply(201, anyResult, "X-RateLimit-Limit", limit, "X-RateLimit-Remaining", remaining)
	}
	c := stubbed(t, newStub(told("10", "9"), told("120", "60"), told("10", "8"), told("120", "58")), WithLimiter(nil))
	for _, want := range []struct {
		op *contract.Operation
		rl RateLimit
	}{
		{&contract.OTPSend, RateLimit{}}, {&contract.SMSSend, room(60, 120)}, {&contract.OTPSend, room(60, 120)}, {&contract.OTPSend, room(58, 120)},
	} {
		_, err := call[map[string]any](t.Context(), c.core, request{op: want.op, body: 1}, nil)
		require.NoError(t, err)
		require.Equal(t, want.rl, c.RateLimit())
	}
}

func TestAnswerWithoutALimitDoesNotWipeOutTheKnownOne(t *testing.T) {
	t.Parallel()
	s := newStub(
		reply(200, balanceBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "118"),
		reply(503, `{}`, "Retry-After", "30"), // maintenance: the limiter was not asked
	)
	c := stubbed(t, s)
	_, err := c.Balance.Get(t.Context())
	require.NoError(t, err)
	_, err = c.Balance.Get(t.Context(), WithMaxRetries(0))
	require.Error(t, err)
	require.Equal(t, 120, c.RateLimit().Limit)
	require.Equal(t, 118, c.RateLimit().Remaining)
}

func FuzzRateLimit(f *testing.F) {
	for _, seed := range [][4]string{
		{"120", "119", "", ""}, {"120", "0", "60", "1772600784"}, {"-1", "x", "9223372037", "99999999999999"}, {"0", "0", "0", "0"},
		{"", "", "Wed, 04 Mar 2026 05:06:07 GMT", ""}, {"120", "999999999999", "1.5", "-3"}, {"٣", "1", " 5", "1e3"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	policy, _ := RetryPolicy{}.check()
	f.Fuzz(func(t *testing.T, limit, remaining, retryAfter, reset string) {
		h := limitHeaders("X-RateLimit-Limit", limit, "X-RateLimit-Remaining", remaining, "Retry-After", retryAfter, "X-RateLimit-Reset", reset,
			"Date", now.Format(http.TimeFormat))
		rl := parseRateLimit(h)
		require.GreaterOrEqual(t, rl.Remaining, 0)
		require.GreaterOrEqual(t, rl.Limit, 0)
		require.LessOrEqual(t, max(rl.Limit, rl.Remaining), mostRequests)
		require.GreaterOrEqual(t, rl.RetryAfter, time.Duration(0))
		asked, _ := waitTold(h)
		require.GreaterOrEqual(t, asked, rl.RetryAfter)
		for _, why := range []reason{whyThrottled, whyUnavailable, whyServer} {
			for _, random := range []float64{0, math.Nextafter(1, 0)} {
				wait := delay(policy, why, 1, h, random)
				require.GreaterOrEqual(t, wait, 50*time.Millisecond, "a wait is never zero")
				if why != whyServer {
					require.GreaterOrEqual(t, wait, asked)
				}
			}
		}
	})
}
