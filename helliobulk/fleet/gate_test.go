package fleet

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliobulk"
)

func TestAnOldReplyDoesNotOpenTheGate(t *testing.T) {
	t.Parallel()
	g := newGate(context.Background())
	before := g.before() // and then Redis is asked, and says that no one has stopped the fleet
	require.True(t, g.shut())
	g.follow(false, before)
	require.Error(t, g.now().Err(), "the stop is on its way to Redis")
	g.settled()
	g.follow(false, before)
	require.Error(t, g.now().Err(), "Redis knows of the stop now, and did not then")
	g.follow(true, g.before())
	require.Error(t, g.now().Err())
	g.follow(false, g.before())
	require.NoError(t, g.now().Err(), "the fleet was started again")
}

// The workers that have tasks already may be refused while the rest is handed
// out.
func TestEnqueuingKeepsANewerStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	q := w.queue()
	w.enqueue(helliobulk.Options{})
	requireStopped := func(want bool) {
		t.Helper()
		s, err := q.stopped(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, want, s != nil)
		info, err := q.inspector.GetQueueInfo(q.name)
		require.NoError(t, err)
		require.Equal(t, want, info.Paused)
	}
	for _, reason := range []string{"402", "401"} {
		before, err := q.readStop(t.Context(), "")
		require.NoError(t, err)
		require.NoError(t, q.stop(t.Context(), Stopped{Reason: reason}))
		require.NoError(t, q.start(t.Context(), "", before))
		requireStopped(true)
	}
	w.enqueue(helliobulk.Options{})
	requireStopped(false)
}
