package hellioredis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/pacing"
)

const (
	presetLimit = 120                    // requests per minute until a limit is known (documented)
	askTimeout  = 250 * time.Millisecond // a slower response of Redis counts as none
	restAfter   = time.Second            // how long no command follows a failure of Redis
	keyLife     = 10 * time.Minute       // retention of a token; no slot or block is later
	otpShare    = 12                     // one in so many requests may be an OTP that starts first
)

//go:embed reserve.lua
var reserveText string

// Limiter is a hellio.Limiter for many processes that share one token. It
// assigns slots of a schedule in Redis, in order of arrival over the whole
// fleet, by the clock of the Redis server. The schedule is GCRA with a burst of
// one, at 97.5 % of the limit that the API reports. Until it reports one, the
// limit is 120 per minute. OTPs start immediately, up to a twelfth of the
// limit, and the other calls start later by as much. After a 429 the whole
// fleet waits for Retry-After, at least a second and at most ten minutes.
//
// A process that cannot reach Redis within 250 ms paces itself with a
// hellio.WindowLimiter and tries Redis again after a second. Redis sees only
// the fingerprints of tokens. A Limiter is safe for concurrent use and may
// serve several clients.
type Limiter struct {
	redis   redis.Cmdable
	prefix  string
	reserve *redis.Script        // go-redis sends its text only if the server does not know it
	timeout time.Duration        // askTimeout, but for tests
	alone   hellio.WindowLimiter // while Redis is unavailable

	mu        sync.Mutex
	limits    map[string]int // by fingerprint, as the API reports them
	restUntil time.Time      // no command is sent to Redis before
	otpUntil  time.Time      // this machine's address may send no OTP before
}

// NewLimiter returns a Limiter over a go-redis client, cluster or ring. Keys
// begin with prefix; "" means "hellio:". A nil client is a *hellio.ParamError.
func NewLimiter(client redis.Cmdable, prefix string) (*Limiter, error) {
	if client == nil {
		return nil, &hellio.ParamError{
			Field:   "redis client",
			Given:   "nil",
			Allowed: "a go-redis client",
		}
	}
	return &Limiter{
		redis:   client,
		prefix:  orPrefix(prefix),
		limits:  map[string]int{},
		reserve: redis.NewScript(reserveText),
		timeout: askTimeout,
	}, nil
}

func orPrefix(prefix string) string {
	if prefix == "" {
		return "hellio:"
	}
	return prefix
}

// Wait returns nil at the call's slot. If that is less than a second before
// ctx's deadline, or after it, Wait takes no slot and immediately returns a
// *hellio.RateLimitError with the wait.
func (l *Limiter) Wait(ctx context.Context, r hellio.LimitRequest) error {
	if r.OTP {
		if err := l.waitForAddress(ctx); err != nil {
			return err
		}
	}
	wait, err := l.ask(ctx, r)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errTooLate):
		return tooLate(wait)
	case err != nil:
		return l.alone.Wait(ctx, r)
	default:
		return sleep(ctx, wait)
	}
}

// waitForAddress waits while this machine's address may send no OTP.
func (l *Limiter) waitForAddress(ctx context.Context) error {
	wait := l.untilOTP()
	if wait > patience(ctx) {
		return tooLate(wait)
	}
	return sleep(ctx, wait)
}

// patience returns how long a call may wait.
func patience(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return math.MaxInt64
	}
	return max(0, time.Until(deadline)-pacing.SpareTime)
}

func tooLate(wait time.Duration) error {
	const text = "the rate limit allows the next call in %s, too late for the deadline"
	return &hellio.RateLimitError{
		APIError: &hellio.APIError{
			Message: fmt.Sprintf(text, wait.Round(time.Millisecond)),
			Outcome: hellio.OutcomeNotSent,
		},
		RetryAfter: wait,
	}
}

var (
	errTooLate = errors.New("the slot is after the deadline")
	errResting = errors.New("redis failed less than a second ago")
)

// ask reserves a slot and returns the time until then.
func (l *Limiter) ask(ctx context.Context, r hellio.LimitRequest) (time.Duration, error) {
	if !l.redisIsUp() {
		return 0, errResting
	}
	limit := l.limit(r.Token)
	step := time.Minute * 40 / 39 / time.Duration(limit)
	urgent := 0
	if r.OTP {
		urgent = limit / otpShare
	}
	asking, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	answer, err := inTime(asking, func() ([]int64, error) {
		return l.reserve.Run(
			asking, l.redis, l.keys(r.Token),
			step.Microseconds(),
			min(patience(ctx), keyLife).Microseconds(),
			urgent,
			keyLife.Milliseconds(),
		).Int64Slice()
	})
	if err != nil {
		l.rest(ctx)
		return 0, err
	}
	wait := time.Duration(answer[1]) * time.Microsecond
	if answer[0] == 0 {
		return wait, errTooLate
	}
	return wait, nil
}

// inTime returns when the command does or ctx ends. By default go-redis ignores
// the deadline of ctx and waits for its own timeouts, which are seconds. If
// Redis carries the command out later, its slot is unused.
func inTime[T any](ctx context.Context, command func() (T, error)) (T, error) {
	type result struct {
		answer T
		err    error
	}
	ended := make(chan result, 1)
	go func() {
		answer, err := command()
		ended <- result{answer, err}
	}()
	select {
	case r := <-ended:
		return r.answer, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// keys returns the keys of the token's schedule, its OTPs' own schedule and its
// block. The braces keep them on one node of a cluster.
func (l *Limiter) keys(token string) []string {
	schedule := l.prefix + "pace:{" + token + "}"
	return []string{schedule, schedule + ":otp", schedule + ":block"}
}

// Observe learns the token's limit, and after a 429 makes the whole fleet wait.
// A 429 on an OTP may come from the limit of this machine's address, which
// shows as a different Limit. That one delays only the OTPs of this process.
func (l *Limiter) Observe(r hellio.LimitRequest, result hellio.LimitResult) {
	l.alone.Observe(r, result)
	rl := result.RateLimit
	if rl.Limit > 0 && !r.OTP {
		l.learn(r.Token, rl.Limit)
	}
	if result.Status != http.StatusTooManyRequests {
		return
	}
	wait := min(max(rl.RetryAfter, time.Second), keyLife)
	if r.OTP && rl.Limit != l.limit(r.Token) {
		l.blockOTP(wait)
		return
	}
	if !l.redisIsUp() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.timeout)
	defer cancel()
	_, err := inTime(ctx, func() (string, error) {
		return l.redis.Set(ctx, l.keys(r.Token)[2], 1, wait).Result()
	})
	if err != nil {
		l.rest(ctx)
	}
}

func (l *Limiter) blockOTP(wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.otpUntil = time.Now().Add(wait)
}

func (l *Limiter) untilOTP() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.otpUntil)
}

func (l *Limiter) limit(token string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.limits[token]; n > 0 {
		return n
	}
	return presetLimit
}

// learn keeps the limit of a token. With too many tokens it forgets all of
// them.
func (l *Limiter) learn(token string, limit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.limits) >= 1000 {
		clear(l.limits)
	}
	l.limits[token] = limit
}

func (l *Limiter) redisIsUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !time.Now().Before(l.restUntil)
}

// rest stops the commands to Redis for a while, unless the caller cancelled
// ctx.
func (l *Limiter) rest(ctx context.Context) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.restUntil = time.Now().Add(restAfter)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
