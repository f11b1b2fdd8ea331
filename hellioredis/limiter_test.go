package hellioredis

import (
	"context"
	"math"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

var _ hellio.Limiter = (*Limiter)(nil)

const step = time.Minute * 40 / 39 / 120 // between two calls at 120 per minute

var (
	sms = hellio.LimitRequest{Operation: "sms_send", Token: "0123456789abcdef"}
	otp = hellio.LimitRequest{Operation: "otp_send", Token: sms.Token, OTP: true}
)

// newFleet returns the limiters of n processes and their Redis, whose clock
// does not move.
func newFleet(t *testing.T, n int) (*miniredis.Miniredis, []*Limiter) {
	t.Helper()
	mini := miniredis.RunT(t)
	mini.SetTime(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	limiters := make([]*Limiter, n)
	for i := range limiters {
		client := redis.NewClient(&redis.Options{Addr: mini.Addr(), MaxRetries: -1})
		t.Cleanup(func() { _ = client.Close() })
		var err error
		limiters[i], err = NewLimiter(client, "")
		require.NoError(t, err)
		limiters[i].timeout = time.Minute // the machine may be busy
	}
	return mini, limiters
}

// ask reserves a slot and returns the time until then.
func ask(t *testing.T, l *Limiter, r hellio.LimitRequest) time.Duration {
	t.Helper()
	wait, err := l.ask(t.Context(), r)
	require.NoError(t, err)
	return wait
}

func requireWait(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.InDelta(t, float64(want), float64(got), float64(50*time.Microsecond))
}

// accepted is the result of a call that the API accepted.
func accepted(remaining, limit int) hellio.LimitResult {
	return hellio.LimitResult{
		Status:    http.StatusAccepted,
		RateLimit: hellio.RateLimit{Limit: limit, Remaining: remaining},
	}
}

// throttled is the result of a call that met a 429.
func throttled(limit int, retryAfter time.Duration) hellio.LimitResult {
	return hellio.LimitResult{
		Status:    http.StatusTooManyRequests,
		RateLimit: hellio.RateLimit{Limit: limit, RetryAfter: retryAfter},
	}
}

func TestFleetReceivesOneSlotAfterAnother(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 3)
	for i := range 12 {
		requireWait(t, time.Duration(i)*step, ask(t, fleet[i%3], sms))
	}
}

func TestTokensHaveSchedulesOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 1)
	ask(t, fleet[0], sms)
	require.Zero(t, ask(t, fleet[0], hellio.LimitRequest{Token: "fedcba9876543210"}))
}

func TestCallPastItsDeadlineTakesNoSlot(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 1)
	fleet[0].Observe(sms, accepted(1, 2))
	ask(t, fleet[0], sms)
	for _, left := range []time.Duration{20 * time.Second, 60*step + time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), left)
		defer cancel()
		err := fleet[0].Wait(ctx, sms)
		require.NoError(t, ctx.Err(), "Wait returns immediately")
		var limited *hellio.RateLimitError
		require.ErrorAs(t, err, &limited)
		requireWait(t, 60*step, limited.RetryAfter)
	}
	requireWait(t, 60*step, ask(t, fleet[0], sms))
}

func TestRateFollowsTheReportedLimit(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 1)
	fleet[0].Observe(sms, accepted(59, 60))
	ask(t, fleet[0], sms)
	requireWait(t, 2*step, ask(t, fleet[0], sms))
	fleet[0].Observe(otp, accepted(9, 10))
	requireWait(t, 4*step, ask(t, fleet[0], sms))
	fleet[0].Observe(sms, hellio.LimitResult{Status: http.StatusBadGateway})
	requireWait(t, 6*step, ask(t, fleet[0], sms)) // a response without a limit changes none
}

func TestWaitReturnsAtItsSlot(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 1)
	fleet[0].Observe(sms, accepted(0, 1200))
	began := time.Now()
	for range 5 {
		require.NoError(t, fleet[0].Wait(t.Context(), sms))
	}
	least := (1 + 2 + 3 + 4) * step / 10 // the clock of this Redis does not move
	require.GreaterOrEqual(t, time.Since(began), least)
}

func TestUnusedTokensLeaveRedis(t *testing.T) {
	t.Parallel()
	mini, fleet := newFleet(t, 1)
	ask(t, fleet[0], sms)
	ask(t, fleet[0], otp)
	fleet[0].Observe(sms, throttled(120, time.Minute))
	require.Len(t, mini.Keys(), 3)
	mini.FastForward(keyLife)
	require.Empty(t, mini.Keys())
	for i := range 1500 {
		fleet[0].Observe(hellio.LimitRequest{Token: strconv.Itoa(i)}, accepted(0, 60))
	}
	require.LessOrEqual(t, len(fleet[0].limits), 1000)
}

func TestOTPsDoNotWaitForOtherCalls(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 2)
	for range 40 {
		ask(t, fleet[0], sms)
	}
	for range 10 {
		require.Zero(t, ask(t, fleet[1], otp))
	}
	requireWait(t, 50*step, ask(t, fleet[0], sms))
	requireWait(t, 12*step, ask(t, fleet[1], otp)) // past a twelfth, at a twelfth of the rate
	_, fleet = newFleet(t, 1)
	for range 10 {
		require.Zero(t, ask(t, fleet[0], otp))
	}
	requireWait(t, 10*step, ask(t, fleet[0], otp)) // or at the slot of any call
}

func TestA429BlocksTheWholeFleet(t *testing.T) {
	t.Parallel()
	mini, fleet := newFleet(t, 2)
	ask(t, fleet[0], sms)
	fleet[0].Observe(sms, throttled(120, 30*time.Second))
	requireWait(t, 30*time.Second, ask(t, fleet[1], sms))
	requireWait(t, 30*time.Second, ask(t, fleet[1], otp))
	mini.FastForward(31 * time.Second)
	mini.SetTime(time.Date(2026, 3, 4, 5, 7, 0, 0, time.UTC))
	require.Zero(t, ask(t, fleet[1], sms))
}

func TestA429BlocksForASecondToTenMinutes(t *testing.T) {
	t.Parallel()
	for retryAfter, want := range map[time.Duration]time.Duration{
		0:                time.Second,
		time.Millisecond: time.Second,
		65 * time.Second: 65 * time.Second,
		25 * time.Hour:   keyLife,
		math.MaxInt64:    keyLife,
	} {
		_, fleet := newFleet(t, 2)
		fleet[0].Observe(sms, throttled(120, retryAfter))
		requireWait(t, want, ask(t, fleet[1], sms))
	}
}

func TestOTPAtTheTokensLimitBlocksTheFleet(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 2)
	fleet[0].Observe(otp, throttled(presetLimit, 30*time.Second))
	requireWait(t, 30*time.Second, ask(t, fleet[1], sms))
}

func TestAddressLimitBlocksOnlyItsOTPs(t *testing.T) {
	t.Parallel()
	for retryAfter, least := range map[time.Duration]time.Duration{
		40 * time.Second: 20 * time.Second,
		math.MaxInt64:    keyLife - 20*time.Second,
	} {
		_, fleet := newFleet(t, 2)
		fleet[0].Observe(otp, throttled(10, retryAfter))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var limited *hellio.RateLimitError
		require.ErrorAs(t, fleet[0].Wait(ctx, otp), &limited)
		require.Greater(t, limited.RetryAfter, least)
		require.NoError(t, fleet[1].Wait(t.Context(), otp))
		require.NoError(t, fleet[0].Wait(t.Context(), hellio.LimitRequest{Token: "another"}))
	}
}

func TestClockThatIsSetBackDoesNotBlock(t *testing.T) {
	t.Parallel()
	mini, fleet := newFleet(t, 1)
	ask(t, fleet[0], sms)
	mini.SetTime(time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC))
	require.Zero(t, ask(t, fleet[0], sms))
}

func TestWithoutRedisEachProcessPacesItself(t *testing.T) {
	t.Parallel()
	mini, fleet := newFleet(t, 1)
	mini.Close()
	require.NoError(t, fleet[0].Wait(t.Context(), sms))
	fleet[0].Observe(sms, accepted(0, 2))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var limited *hellio.RateLimitError
	require.ErrorAs(t, fleet[0].Wait(ctx, sms), &limited, "its own window is used up")
	require.NotZero(t, fleet[0].restUntil)
}

func TestNoCommandFollowsAFailureForASecond(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 1)
	began := time.Now()
	fleet[0].rest(t.Context())
	require.False(t, fleet[0].restUntil.Before(began.Add(restAfter)))
	fleet[0].restUntil = time.Now().Add(time.Hour)
	_, err := fleet[0].ask(t.Context(), sms)
	require.ErrorIs(t, err, errResting)
	fleet[0].restUntil = time.Now()
	require.Zero(t, ask(t, fleet[0], sms))
}

// A stalled server accepts connections and sends nothing. go-redis ignores the
// deadline of a context, so only the limiter's own timeout ends this test.
func TestStalledRedisCountsAsUnavailable(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer mute.Close()
	client := redis.NewClient(&redis.Options{
		Addr:        mute.Addr().String(),
		ReadTimeout: time.Hour,
		PoolTimeout: time.Hour,
		MaxRetries:  -1,
	})
	defer client.Close()
	l, err := NewLimiter(client, "")
	require.NoError(t, err)
	require.NoError(t, l.Wait(t.Context(), sms))
	require.NotZero(t, l.restUntil)
	l.restUntil = time.Time{}
	l.Observe(sms, throttled(120, time.Second))
	require.NotZero(t, l.restUntil)
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, fleet := newFleet(t, 1)
	ask(t, fleet[0], sms)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, fleet[0].Wait(ctx, sms), context.Canceled)
	require.True(t, fleet[0].redisIsUp(), "a cancelled caller is no failure of Redis")
}

func TestLimiterNeedsARedisClient(t *testing.T) {
	t.Parallel()
	_, err := NewLimiter(nil, "")
	var bad *hellio.ParamError
	require.ErrorAs(t, err, &bad)
}
