package fleet

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatRedisSaidBeforeAStopDoesNotOpenTheGate(t *testing.T) {
	t.Parallel()
	g := newGate(context.Background())
	before := g.before() // and then Redis is asked, and says that nobody has stopped the fleet
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
