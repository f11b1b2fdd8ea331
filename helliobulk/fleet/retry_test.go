package fleet

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryDelayIsNeverShorterThanAsked(t *testing.T) {
	t.Parallel()
	for _, asked := range []time.Duration{1, time.Minute, math.MaxInt64 - 1, math.MaxInt64} {
		require.GreaterOrEqual(t, retryDelay(1, &retryTask{after: asked}, nil), asked)
	}
}
