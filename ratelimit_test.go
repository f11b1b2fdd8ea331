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

// limitPair returns the headers of a limit and what remains of it.
func limitPair(limit, remaining string) http.Header {
	return limitHeaders("X-RateLimit-Limit", limit, "X-RateLimit-Remaining", remaining)
}

func TestRateLimitIsReadFromTheHeaders(t *testing.T) {
	t.Parallel()
	throttled := limitPair("120", "0")
	throttled.Set("Retry-After", "17")
	throttled.Set("X-RateLimit-Reset", "1772600784")
	words := limitPair("many", "some")
	words.Set("Retry-After", "later")
	for name, c := range map[string]struct {
		header http.Header
		want   RateLimit
	}{
		"nothing":      {nil, RateLimit{}},
		"accepted":     {limitPair("120", "119"), room(119, 120)},
		"the last one": {limitPair("120", "0"), room(0, 120)},
		"refused": {throttled, RateLimit{
			Limit:      120,
			Reset:      time.Unix(1772600784, 0),
			RetryAfter: 17 * time.Second,
		}},
		"a 503 in maintenance": {
			limitHeaders("Retry-After", "30"), RateLimit{RetryAfter: 30 * time.Second},
		},
		"Limit alone":              {limitHeaders("X-RateLimit-Limit", "120"), RateLimit{}},
		"Remaining alone":          {limitHeaders("X-RateLimit-Remaining", "5"), RateLimit{}},
		"a limit of 1":             {limitPair("1", "1"), room(1, 1)},
		"a limit of 0":             {limitPair("0", "0"), RateLimit{}},
		"more left than the limit": {limitPair("120", "500"), room(500, 120)},
		"12 digits": {
			limitPair("999999999999", "999999999998"), room(mostRequests, mostRequests),
		},
		"a negative Remaining": {limitPair("120", "-1"), RateLimit{}},
		"words":                {words, RateLimit{}},
		"beyond any integer":   {limitPair("99999999999999999999", "1"), RateLimit{}},
		"headers without a value": {
			http.Header{"X-Ratelimit-Limit": nil, "Retry-After": {}}, RateLimit{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, parseRateLimit(c.header))
		})
	}
}

// A wrong or changing clock of this machine does not change a wait.
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

			reset := strconv.FormatInt(until.Unix(), 10)
			byReset := limitHeaders("Date", date, "X-RateLimit-Reset", reset)
			wait, ok = askedWait(byReset)
			require.Equal(t, c.ok, ok, "%s, %s", name, c.after)
			require.Equal(t, c.want, wait, "%s, %s", name, c.after)

			for _, date := range []string{"", "no date"} {
				byDate.Set("Date", date)
				_, ok = askedWait(byDate)
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
	require.Equal(t, RateLimit{}, c.RateLimit(), "nothing was reported yet")
	var r Response
	for i, want := range []RateLimit{{}, room(118, 120), room(118, 120), room(117, 120)} {
		_, err := c.Balance.Get(t.Context(), WithResponse(&r))
		require.Equal(t, i == 3, err != nil)
		require.Equal(t, want, c.RateLimit(), "after call %d", i+1)
	}
	require.Equal(t, room(117, 120), r.RateLimit)
}

// /otp/send may report the limit of the source address instead of the token's.
func TestClientRemembersOnlyTheTokensLimit(t *testing.T) {
	t.Parallel()
	limited := func(limit, remaining string) step {
		return reply(201, anyResult, "X-RateLimit-Limit", limit, "X-RateLimit-Remaining", remaining)
	}
	s := newStub(limited("10", "9"), limited("120", "60"), limited("10", "8"), limited("120", "58"))
	c := stubbed(t, s, WithLimiter(nil))
	for _, want := range []struct {
		op *contract.Operation
		rl RateLimit
	}{
		{&contract.OTPSend, RateLimit{}},
		{&contract.SMSSend, room(60, 120)},
		{&contract.OTPSend, room(60, 120)},
		{&contract.OTPSend, room(58, 120)},
	} {
		_, err := call[map[string]any](t.Context(), c.core, request{op: want.op, body: 1}, nil)
		require.NoError(t, err)
		require.Equal(t, want.rl, c.RateLimit())
	}
}

func TestResponseWithoutALimitKeepsTheKnownOne(t *testing.T) {
	t.Parallel()
	s := newStub(
		reply(200, balanceBody, "X-RateLimit-Limit", "120", "X-RateLimit-Remaining", "118"),
		reply(503, `{}`, "Retry-After", "30"), // maintenance: the API's limiter was not reached
	)
	c := stubbed(t, s)
	require.NoError(t, getBalance(t.Context(), c))
	_, err := c.Balance.Get(t.Context(), WithMaxRetries(0))
	require.Error(t, err)
	require.Equal(t, room(118, 120), c.RateLimit())
}

func FuzzRateLimit(f *testing.F) {
	for _, seed := range [][4]string{
		{"120", "119", "", ""},
		{"120", "0", "60", "1772600784"},
		{"-1", "x", "9223372037", "99999999999999"},
		{"0", "0", "0", "0"},
		{"", "", "Wed, 04 Mar 2026 05:06:07 GMT", ""},
		{"120", "999999999999", "1.5", "-3"},
		{"٣", "1", " 5", "1e3"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	date := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).Format(http.TimeFormat)
	policy, _ := RetryPolicy{}.check()
	f.Fuzz(func(t *testing.T, limit, remaining, retryAfter, reset string) {
		h := limitPair(limit, remaining)
		h.Set("Retry-After", retryAfter)
		h.Set("X-RateLimit-Reset", reset)
		h.Set("Date", date)
		rl := parseRateLimit(h)
		require.GreaterOrEqual(t, rl.Remaining, 0)
		require.GreaterOrEqual(t, rl.Limit, 0)
		require.LessOrEqual(t, max(rl.Limit, rl.Remaining), mostRequests)
		require.GreaterOrEqual(t, rl.RetryAfter, time.Duration(0))
		asked, _ := askedWait(h)
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
