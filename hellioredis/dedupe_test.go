package hellioredis_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioredis"
)

var _ hellio.DedupeStore = (*hellioredis.DedupeStore)(nil)

// onMini makes two stores, as two processes have them, on one small Redis whose time is moved by hand.
func onMini(t *testing.T) (mini *miniredis.Miniredis, here, there *hellioredis.DedupeStore) {
	t.Helper()
	mini = miniredis.RunT(t)
	stores := make([]*hellioredis.DedupeStore, 2)
	for i := range stores {
		client := redis.NewClient(&redis.Options{Addr: mini.Addr()})
		t.Cleanup(func() { _ = client.Close() })
		var err error
		stores[i], err = hellioredis.NewDedupeStore(client, "", 0)
		require.NoError(t, err)
	}
	return mini, stores[0], stores[1]
}

func TestAnEventIsClaimedByOneProcess(t *testing.T) {
	t.Parallel()
	_, here, there := onMini(t)
	fresh, err := here.Claim(t.Context(), "delivered:prv-1", time.Minute)
	require.NoError(t, err)
	require.True(t, fresh)
	fresh, err = there.Claim(t.Context(), "delivered:prv-1", time.Minute)
	require.ErrorIs(t, err, hellio.ErrClaimHeld)
	require.False(t, fresh)
	fresh, err = there.Claim(t.Context(), "delivered:prv-2", time.Minute)
	require.NoError(t, err)
	require.True(t, fresh)
}

func TestACommittedEventIsNeitherFreshNorHeld(t *testing.T) {
	t.Parallel()
	mini, here, there := onMini(t)
	_, err := here.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.NoError(t, here.Commit(t.Context(), "e"))
	mini.FastForward(6 * 24 * time.Hour)
	fresh, err := there.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.False(t, fresh)
	mini.FastForward(25 * time.Hour)
	fresh, err = there.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.True(t, fresh, "after seven days it is forgotten")
}

func TestAReleasedEventIsFreshAgain(t *testing.T) {
	t.Parallel()
	_, here, there := onMini(t)
	_, err := here.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.NoError(t, here.Release(t.Context(), "e"))
	fresh, err := there.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.True(t, fresh)
}

func TestTheClaimOfAProcessThatDiedEndsWithItsLease(t *testing.T) {
	t.Parallel()
	mini, here, there := onMini(t)
	_, err := here.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	mini.FastForward(61 * time.Second)
	fresh, err := there.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.True(t, fresh)
	require.NoError(t, here.Release(t.Context(), "e"), "it comes back, too late")
	_, err = here.Claim(t.Context(), "e", time.Minute)
	require.ErrorIs(t, err, hellio.ErrClaimHeld, "and has not taken the other's claim away")
}

func TestReleaseLeavesACommittedEventAlone(t *testing.T) {
	t.Parallel()
	_, here, there := onMini(t)
	require.NoError(t, here.Commit(t.Context(), "e"))
	require.NoError(t, here.Release(t.Context(), "e"))
	fresh, err := there.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.False(t, fresh)
}

func TestBadInputOfADedupeStoreIsRefused(t *testing.T) {
	t.Parallel()
	mini, here, _ := onMini(t)
	var bad *hellio.ParamError
	_, err := hellioredis.NewDedupeStore(nil, "", 0)
	require.ErrorAs(t, err, &bad)
	_, err = hellioredis.NewDedupeStore(redis.NewClient(&redis.Options{Addr: mini.Addr()}), "", -1)
	require.ErrorAs(t, err, &bad)
	_, err = here.Claim(t.Context(), "e", 0)
	require.ErrorAs(t, err, &bad)
}

func TestWithoutRedisNoEventIsCalledDone(t *testing.T) {
	t.Parallel()
	mini, here, _ := onMini(t)
	mini.Close()
	fresh, err := here.Claim(t.Context(), "e", time.Minute)
	require.Error(t, err)
	require.NotErrorIs(t, err, hellio.ErrClaimHeld)
	require.False(t, fresh)
	require.Error(t, here.Commit(t.Context(), "e"))
	require.Error(t, here.Release(t.Context(), "e"))
}

func TestOneOfManyProcessesHandlesAnEventOnARealRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var won atomic.Int32
	inParallel(16, func(int) {
		store, err := hellioredis.NewDedupeStore(server.client(), prefixOf(t), 0)
		if err != nil {
			return
		}
		for i := range 20 {
			if fresh, _ := store.Claim(t.Context(), string(rune('a'+i)), time.Minute); fresh {
				won.Add(1)
			}
		}
	})
	require.EqualValues(t, 20, won.Load())
}

func TestAHandledEventIsRememberedThroughARestartOfRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	store, err := hellioredis.NewDedupeStore(server.client(), prefixOf(t), 0)
	require.NoError(t, err)
	require.NoError(t, store.Commit(t.Context(), "e"))
	server.restart()
	again, err := hellioredis.NewDedupeStore(server.client(), prefixOf(t), 0)
	require.NoError(t, err)
	fresh, err := again.Claim(t.Context(), "e", time.Minute)
	require.NoError(t, err)
	require.False(t, fresh)
}
