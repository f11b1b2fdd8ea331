package workers

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// runActivity is one attempt of a workflow engine with the retry policy that
// Activities names.
func runActivity(ctx context.Context, c *hellio.Client, job Job, n int) (o ending) {
	activities := &Activities{Client: c, Log: quietLog}
	o.err = activities.SendSMS(ctx, copied(job))
	var failed *ActivityError
	if !errors.As(o.err, &failed) || failed.NonRetryable {
		o.ended = true
		return o
	}
	interval := math.Min(math.Pow(2, float64(n-1)), maxBackoff.Seconds())
	o.wait = time.Duration(interval * float64(time.Second))
	if failed.NextRetryDelay > 0 {
		o.wait = failed.NextRetryDelay
	}
	return o
}

func TestActivityUnderEveryFault(t *testing.T) { exploreHandler(t, runActivity) }

func TestActivityErrorShowsTypeAndCause(t *testing.T) {
	cause := errors.New("lost")
	err := &ActivityError{Type: "again", Cause: cause}
	require.EqualError(t, err, "again: lost")
	require.ErrorIs(t, err, cause)
}
