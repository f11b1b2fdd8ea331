package pacing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPermitOfARemovedWaiterIsReturned(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 120))
	w := d.queued(Bulk, time.Time{})
	d.wait(w)
	require.Equal(t, 1, d.state().token.inflight)
	d.tokens.Remove(w, d.now)
	require.Zero(t, d.state().token.inflight)
}

func TestRemovedWaiterHasNoPermitToReturn(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(1, 120))
	d.waited(Bulk)
	d.tokens.Remove(d.queued(Bulk, time.Time{}), d.now)
	require.Equal(t, 1, d.state().token.inflight, "the one that is in flight")
	require.Empty(t, d.state().queues[Bulk])
}

func TestRefusedWaiterHasNoPermitToReturn(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(2, 120))
	d.waited(Bulk)
	d.waited(Bulk)
	w := d.queued(Bulk, d.now.Add(windowLength))
	d.observe(Bulk, refused(longestBlock))
	<-w.Done
	require.GreaterOrEqual(t, w.TooLong, longestBlock)
	d.tokens.Remove(w, d.now)
	require.Equal(t, 1, d.state().token.inflight, "the one that is in flight")
}

func TestNewCallDoesNotOvertakeTheQueue(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 120))
	first := d.queued(Bulk, time.Time{})
	d.now = d.now.Add(windowLength)
	second := d.queued(Bulk, time.Time{})
	require.Equal(t, queue{first, second}, d.state().queues[Bulk])
}

func TestNextWaiterIsWokenWhenTheFirstStarts(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 1))
	first := d.queued(Bulk, time.Time{})
	second := d.queued(Bulk, time.Time{})
	require.Equal(t, windowLength, d.tokens.WakeAfter(first, d.now))
	d.wait(first)
	require.Len(t, second.Head, 1)
	require.Equal(t, probeTime, d.tokens.WakeAfter(second, d.now))
}

func TestNextWaiterIsWokenWhenTheFirstLeaves(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 1))
	first := d.queued(Bulk, time.Time{})
	second := d.queued(Bulk, time.Time{})
	d.tokens.Remove(first, d.now)
	require.Len(t, second.Head, 1)
	require.Equal(t, queue{second}, d.state().queues[Bulk])
}

func TestWaitersAreRefusedByTheirPlace(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(1, 2))
	d.waited(Bulk)
	first := d.queued(Bulk, time.Time{})
	second := d.queued(Bulk, time.Time{})
	d.state().token.limit = 20 // so that the third may hope for the next window
	third := d.queued(Bulk, d.now.Add(99*time.Second))
	d.observe(Bulk, Response{Status: 429, Limit: 2, RetryAfter: 50 * time.Second})
	require.Equal(t, queue{first, second}, d.state().queues[Bulk])
	<-third.Done
	require.NotZero(t, third.TooLong, "it would start a window after the others")
}

func TestFirstWaiterIsJudgedByItsOwnStart(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 1))
	w := d.queued(Bulk, d.now.Add(69*time.Second))
	d.observe(Bulk, Response{Status: 500})
	d.wait(w)
	require.Zero(t, w.TooLong, "a second waiter would be too late")
	require.Equal(t, noon.Add(windowLength), d.now)
}

func TestCallThatMayStartSoonIsNotRefused(t *testing.T) {
	d := newDriver(t)
	d.waited(Bulk)
	w := d.queued(Bulk, d.now.Add(500*time.Millisecond))
	d.now = d.now.Add(300 * time.Millisecond)
	d.observe(Bulk, shows(119, 120))
	<-w.Done
	require.Zero(t, w.TooLong, "the response that it waits for may come in time")
}

func TestLatestStartIsInclusive(t *testing.T) {
	d := newDriver(t)
	d.call(Bulk, shows(0, 120))
	end := d.now.Add(windowLength)
	_, tooLong := d.tokens.Enter(testToken, Bulk, end.Add(-1), d.now)
	require.Equal(t, windowLength, tooLong)
	d.wait(d.queued(Bulk, end))
	require.Equal(t, end, d.now)
}
