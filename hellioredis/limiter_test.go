package hellioredis

import (
	"context"
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

const step = time.Minute * 40 / 39 / 120 // between two calls at 120 a minute

var (
	sms = hellio.LimitRequest{Operation: "sms_send", Token: "0123456789abcdef"}
	otp = hellio.LimitRequest{Operation: "otp_send", Token: sms.Token, OTP: true}
)

// fleet makes the limiters of n processes on one small Redis whose clock stands still.
func fleet(t *testing.T, n int) (*miniredis.Miniredis, []*Limiter) {
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
	}
	return mini, limiters
}

// ask reserves a moment and gives its distance to the microsecond.
func ask(t *testing.T, l *Limiter, r hellio.LimitRequest) time.Duration {
	t.Helper()
	wait, err := l.ask(t.Context(), r)
	require.NoError(t, err)
	return wait
}

func limitResult(status int, rl hellio.RateLimit) hellio.LimitResult {
	return hellio.LimitResult{Status: status, RateLimit: rl}
}

func requireWait(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.InDelta(t, float64(want), float64(got), float64(50*time.Microsecond))
}

func TestTheFleetIsGivenOneMomentAfterAnother(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 3)
	for i := range 12 {
		requireWait(t, time.Duration(i)*step, ask(t, ls[i%3], sms))
	}
}

func TestTokensHaveSchedulesOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 1)
	ask(t, ls[0], sms)
	require.Zero(t, ask(t, ls[0], hellio.LimitRequest{Token: "fedcba9876543210"}))
}

func TestACallWhoseMomentIsTooLateTakesNone(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 1)
	ls[0].Observe(sms, limitResult(http.StatusAccepted, hellio.RateLimit{Limit: 2}))
	ask(t, ls[0], sms)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := ls[0].Wait(ctx, sms)
	require.NoError(t, ctx.Err(), "it is told at once")
	var limited *hellio.RateLimitError
	require.ErrorAs(t, err, &limited)
	requireWait(t, 60*step, limited.RetryAfter)
	requireWait(t, 60*step, ask(t, ls[0], sms))
}

func TestTheRateFollowsTheLimitThatTheAPITells(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 1)
	ls[0].Observe(sms, limitResult(http.StatusAccepted, hellio.RateLimit{Limit: 60, Remaining: 59}))
	ask(t, ls[0], sms)
	requireWait(t, 2*step, ask(t, ls[0], sms))
	ls[0].Observe(otp, limitResult(http.StatusCreated, hellio.RateLimit{Limit: 10, Remaining: 9}))
	requireWait(t, 4*step, ask(t, ls[0], sms))
	ls[0].Observe(sms, limitResult(http.StatusBadGateway, hellio.RateLimit{}))
	requireWait(t, 6*step, ask(t, ls[0], sms)) // an answer that tells no limit changes none
}

func TestWaitReturnsAtTheMomentThatIsGiven(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 1)
	ls[0].Observe(sms, limitResult(http.StatusAccepted, hellio.RateLimit{Limit: 1200}))
	began := time.Now()
	for range 5 {
		require.NoError(t, ls[0].Wait(t.Context(), sms))
	}
	require.GreaterOrEqual(t, time.Since(began), (1+2+3+4)*step/10, "the clock of this Redis stands still")
}

func TestWhatIsNotUsedAnyMoreLeavesRedis(t *testing.T) {
	t.Parallel()
	mini, ls := fleet(t, 1)
	ask(t, ls[0], sms)
	ask(t, ls[0], otp)
	ls[0].Observe(sms, limitResult(http.StatusTooManyRequests, hellio.RateLimit{Limit: 120, RetryAfter: time.Minute}))
	require.Len(t, mini.Keys(), 3)
	mini.FastForward(keyLife)
	require.Empty(t, mini.Keys())
	for i := range 1500 {
		ls[0].Observe(hellio.LimitRequest{Token: strconv.Itoa(i)}, limitResult(http.StatusAccepted, hellio.RateLimit{Limit: 60}))
	}
	require.LessOrEqual(t, len(ls[0].limits), 1000)
}

func TestAnOTPDoesNotWaitForBulk(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 2)
	for range 40 {
		ask(t, ls[0], sms)
	}
	for range 10 {
		require.Zero(t, ask(t, ls[1], otp))
	}
	requireWait(t, 50*step, ask(t, ls[0], sms))
	requireWait(t, 12*step, ask(t, ls[1], otp)) // past a twelfth of the limit, OTPs come at a twelfth of the rate
	_, ls = fleet(t, 1)
	for range 10 {
		require.Zero(t, ask(t, ls[0], otp))
	}
	requireWait(t, 10*step, ask(t, ls[0], otp)) // or when it would be any call's turn
}

func TestA429StopsTheWholeFleet(t *testing.T) {
	t.Parallel()
	mini, ls := fleet(t, 2)
	ask(t, ls[0], sms)
	ls[0].Observe(sms, limitResult(http.StatusTooManyRequests, hellio.RateLimit{Limit: 120, RetryAfter: 30 * time.Second}))
	requireWait(t, 30*time.Second, ask(t, ls[1], sms))
	requireWait(t, 30*time.Second, ask(t, ls[1], otp))
	mini.FastForward(31 * time.Second)
	mini.SetTime(time.Date(2026, 3, 4, 5, 7, 0, 0, time.UTC))
	require.Zero(t, ask(t, ls[1], sms))
}

func TestA429HoldsTheFleetForASecondAtLeastAndTenMinutesAtMost(t *testing.T) {
	t.Parallel()
	for told, want := range map[time.Duration]time.Duration{0: time.Second, time.Millisecond: time.Second, 24 * time.Hour: keyLife} {
		_, ls := fleet(t, 2)
		ls[0].Observe(sms, limitResult(http.StatusTooManyRequests, hellio.RateLimit{Limit: 120, RetryAfter: told}))
		requireWait(t, want, ask(t, ls[1], sms))
	}
}

func TestAnOTPThatMeetsTheTokensLimitHoldsTheFleet(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 2)
	ls[0].Observe(otp, limitResult(http.StatusTooManyRequests, hellio.RateLimit{Limit: presetLimit, RetryAfter: 30 * time.Second}))
	requireWait(t, 30*time.Second, ask(t, ls[1], sms))
}

func TestTheLimitOfOneAddressKeepsBackItsOTPsAlone(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 2)
	ls[0].Observe(otp, limitResult(http.StatusTooManyRequests, hellio.RateLimit{Limit: 10, RetryAfter: 30 * time.Second}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var limited *hellio.RateLimitError
	require.ErrorAs(t, ls[0].Wait(ctx, otp), &limited)
	require.Greater(t, limited.RetryAfter, 29*time.Second)
	require.NoError(t, ls[1].Wait(ctx, otp))
	require.NoError(t, ls[0].Wait(ctx, hellio.LimitRequest{Token: "another"}))
}

func TestAClockThatWasSetBackDoesNotHoldTheFleet(t *testing.T) {
	t.Parallel()
	mini, ls := fleet(t, 1)
	ask(t, ls[0], sms)
	mini.SetTime(time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC))
	require.Zero(t, ask(t, ls[0], sms))
}

func TestWithoutRedisEachProcessPacesItself(t *testing.T) {
	t.Parallel()
	mini, ls := fleet(t, 1)
	mini.Close()
	require.NoError(t, ls[0].Wait(t.Context(), sms))
	ls[0].Observe(sms, limitResult(http.StatusAccepted, hellio.RateLimit{Limit: 2, Remaining: 0}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var limited *hellio.RateLimitError
	require.ErrorAs(t, ls[0].Wait(ctx, sms), &limited, "the window that it learned alone is used up")
	require.ErrorIs(t, firstError(ls[0].ask(t.Context(), sms)), errResting, "and Redis is left alone for a while")
}

func firstError(_ time.Duration, err error) error { return err }

// A stalled server takes connections and says nothing. go-redis by itself would wait for seconds, whatever a context says.
func TestARedisThatStallsCountsAsAwayAfterAQuarterOfASecond(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer mute.Close()
	client := redis.NewClient(&redis.Options{Addr: mute.Addr().String()})
	defer client.Close()
	l, err := NewLimiter(client, "")
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, l.Wait(t.Context(), sms))
	l.restUntil = time.Time{}
	l.Observe(sms, limitResult(http.StatusTooManyRequests, hellio.RateLimit{Limit: 120, RetryAfter: time.Second}))
	require.Less(t, time.Since(began), 4*askTimeout)
	require.False(t, l.redisIsUp())
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, ls := fleet(t, 1)
	ask(t, ls[0], sms)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, ls[0].Wait(ctx, sms), context.Canceled)
	require.True(t, ls[0].redisIsUp(), "the caller's leaving is no failure of Redis")
}

func TestALimiterNeedsARedisClient(t *testing.T) {
	t.Parallel()
	_, err := NewLimiter(nil, "")
	var bad *hellio.ParamError
	require.ErrorAs(t, err, &bad)
}
