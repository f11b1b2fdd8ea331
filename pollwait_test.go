package hellio

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPollWaitIsSpreadAndNeverCutsARetryAfterShort(t *testing.T) {
	t.Parallel()
	limited := func(after time.Duration) *RateLimitError { return &RateLimitError{RetryAfter: after} }
	for name, c := range map[string]struct {
		rl                    RateLimit
		limited               *RateLimitError
		least, amid, justOver time.Duration // for a random number of 0, a half, and 1, which never comes
	}{
		"an interval of 2 s":             {RateLimit{}, nil, 1800 * time.Millisecond, 2 * time.Second, 2200 * time.Millisecond},
		"a tenth of the limit left":      {room(12, 120), nil, 1800 * time.Millisecond, 2 * time.Second, 2200 * time.Millisecond},
		"less than that":                 {room(11, 120), nil, 13500 * time.Millisecond, 15 * time.Second, 16500 * time.Millisecond},
		"a Retry-After":                  {RateLimit{}, limited(40 * time.Second), 40 * time.Second, 42 * time.Second, 44 * time.Second},
		"one shorter than the interval":  {RateLimit{}, limited(time.Second), 2 * time.Second, 2100 * time.Millisecond, 2200 * time.Millisecond},
		"a Retry-After beyond any wait":  {RateLimit{}, limited(math.MaxInt64), math.MaxInt64, math.MaxInt64, math.MaxInt64},
		"one beside a limit all used up": {room(0, 120), limited(time.Second), 15 * time.Second, 15750 * time.Millisecond, 16500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.least, pollWait(firstPoll, c.rl, c.limited, 0))
			require.Equal(t, c.amid, pollWait(firstPoll, c.rl, c.limited, 0.5))
			require.Equal(t, c.justOver, pollWait(firstPoll, c.rl, c.limited, 1))
		})
	}
}
