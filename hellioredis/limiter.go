package hellioredis

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
)

// Limits of what a Limiter asks of Redis and of itself.
const (
	presetLimit = 120                    // requests a minute of a token whose limit is not known yet (documented)
	askTimeout  = 250 * time.Millisecond // an answer that takes longer counts as none
	restAfter   = time.Second            // Redis is left alone that long after a failure
	keyLife     = 10 * time.Minute       // an unused token's state is forgotten; its schedule never lies further ahead
	otpShare    = 12                     // one in so many requests may be an OTP that goes before all others
)

//go:embed reserve.lua
var reserveText string

// Limiter is a hellio.Limiter for many processes on one token. It hands out moments from a schedule in Redis (GCRA with a burst of one, at
// 97.5 % of the limit that the API tells, 120 a minute until it has), first come first served over the whole fleet, on the clock of the
// Redis server. OTPs go at once, up to a twelfth of the limit, and the others make room for them. After a 429 the whole fleet waits.
//
// A process that can't reach Redis within 250 ms paces itself by a hellio.WindowLimiter and tries Redis again after a second. Tokens are
// known to Redis by their fingerprint alone. A Limiter is safe for concurrent use and may serve several clients.
type Limiter struct {
	redis   redis.Cmdable
	prefix  string
	reserve *redis.Script        // go-redis sends its text only when the server does not know it
	alone   hellio.WindowLimiter // when Redis is away

	mu        sync.Mutex
	limits    map[string]int // by fingerprint, as the API told
	restUntil time.Time      // of Redis
	otpUntil  time.Time      // this machine's address may send no OTP before
}

// NewLimiter makes a Limiter over a go-redis client, cluster or ring. Keys begin with prefix, "" means "hellio:". A nil client is a
// *hellio.ParamError.
func NewLimiter(client redis.Cmdable, prefix string) (*Limiter, error) {
	if client == nil {
		return nil, &hellio.ParamError{Field: "redis client", Given: "nil", Allowed: "a go-redis client"}
	}
	return &Limiter{redis: client, prefix: orPrefix(prefix), limits: map[string]int{}, reserve: redis.NewScript(reserveText)}, nil
}

func orPrefix(prefix string) string {
	if prefix == "" {
		return "hellio:"
	}
	return prefix
}

// Wait returns at the moment that the schedule gives the call. When that lies after ctx's deadline it takes no moment, and returns a
// *hellio.RateLimitError with the wait at once.
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
	if deadline, ok := ctx.Deadline(); ok && wait > time.Until(deadline) {
		return tooLate(wait)
	}
	return sleep(ctx, wait)
}

func tooLate(wait time.Duration) error {
	return &hellio.RateLimitError{APIError: &hellio.APIError{Message: "no room before the deadline", Outcome: hellio.OutcomeNotSent}, RetryAfter: wait}
}

var (
	errTooLate = errors.New("the moment lies after the deadline")
	errResting = errors.New("redis failed a moment ago")
)

// ask reserves a moment and returns how far off it is.
func (l *Limiter) ask(ctx context.Context, r hellio.LimitRequest) (time.Duration, error) {
	if !l.redisIsUp() {
		return 0, errResting
	}
	limit := l.limit(r.Token)
	step := time.Minute * 40 / 39 / time.Duration(limit)
	patience := keyLife
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	urgent := 0
	if r.OTP {
		urgent = limit / otpShare
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := inTime(asking, func() ([]int64, error) {
		return l.reserve.Run(asking, l.redis, l.keys(r.Token),
			step.Microseconds(), max(patience, 0).Microseconds(), urgent, keyLife.Milliseconds()).Int64Slice()
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

// inTime gives a command up when ctx ends. Unless its client was told otherwise, go-redis goes on by its own timeouts, which are of seconds. What
// Redis carries out later is a moment that nobody uses.
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

// keys are the token's schedule, its OTPs' own and its block; the braces keep them on one node of a cluster.
func (l *Limiter) keys(token string) []string {
	pace := l.prefix + "pace:{" + token + "}"
	return []string{pace, pace + ":otp", pace + ":block"}
}

// Observe learns the token's limit, and after a 429 makes the whole fleet wait.
// A 429 on an OTP may come from the limit of this machine's address, which shows
// as a different Limit. That one delays only the OTPs of this process.
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
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	if _, err := inTime(ctx, func() (string, error) { return l.redis.Set(ctx, l.keys(r.Token)[2], 1, wait).Result() }); err != nil {
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

// learn keeps the limits of the tokens seen; a process that goes through very many of them begins anew.
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

// rest leaves Redis alone for a while, unless it was the caller who gave up.
func (l *Limiter) rest(callers context.Context) {
	if errors.Is(callers.Err(), context.Canceled) {
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
