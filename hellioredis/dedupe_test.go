package hellioredis_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioredis"
	"github.com/hellio-go/hellio/internal/dedupetest"
)

var _ hellio.DedupeStore = (*hellioredis.DedupeStore)(nil)

// onMini returns two stores, as two processes have them, on one miniredis,
// whose time the test moves.
func onMini(t *testing.T) (mini *miniredis.Miniredis, here, there *hellioredis.DedupeStore) {
	t.Helper()
	mini = miniredis.RunT(t)
	stores := make([]*hellioredis.DedupeStore, 2)
	for i := range stores {
		client := redis.NewClient(&redis.Options{
			Addr:          mini.Addr(),
			MaxRetries:    -1,
			DialerRetries: 1,
		})
		t.Cleanup(func() { _ = client.Close() })
		stores[i] = dedupeStore(t, client)
	}
	return mini, stores[0], stores[1]
}

func dedupeStore(t *testing.T, client redis.Cmdable) *hellioredis.DedupeStore {
	t.Helper()
	s, err := hellioredis.NewDedupeStore(client, prefixOf(t), 0)
	require.NoError(t, err)
	return s
}

// requireClaim claims an id for a minute and returns the owner.
func requireClaim(t testing.TB, s hellio.DedupeStore, id string) string {
	t.Helper()
	owner, err := s.Claim(t.Context(), id, time.Minute)
	require.NoError(t, err)
	require.NotEmpty(t, owner)
	return owner
}

// requireNoClaim checks that an id cannot be claimed, and why.
func requireNoClaim(t testing.TB, s hellio.DedupeStore, id string, want error) {
	t.Helper()
	owner, err := s.Claim(t.Context(), id, time.Minute)
	require.ErrorIs(t, err, want)
	require.Empty(t, owner)
}

func TestEveryOrderOfTwoOwnersKeepsTheRules(t *testing.T) {
	t.Parallel()
	client := startRedis(t).client()
	require.NoError(t, client.ConfigSet(t.Context(), "appendfsync", "no").Err())
	store := dedupeStore(t, client)
	sequences := dedupetest.Run(t, 5, func(string) dedupetest.Subject {
		return dedupetest.Subject{
			Store:    store,
			EndLease: func(id string) { endLease(t, client, prefixOf(t)+"event:"+id) },
			Held:     hellio.ErrClaimHeld,
			Handled:  hellio.ErrAlreadyHandled,
		}
	})
	t.Log(sequences, "sequences")
}

// endLease lets Redis expire the key of a claim. The key of a committed event
// lives longer than a lease, and stays.
func endLease(t testing.TB, client *redis.Client, key string) {
	t.Helper()
	left, err := client.PTTL(t.Context(), key).Result()
	require.NoError(t, err)
	if left <= dedupetest.Lease {
		require.NoError(t, client.PExpire(t.Context(), key, 0).Err())
	}
}

func TestAnEventIsClaimedByOneProcess(t *testing.T) {
	t.Parallel()
	_, here, there := onMini(t)
	requireClaim(t, here, "a")
	requireNoClaim(t, there, "a", hellio.ErrClaimHeld)
	requireClaim(t, there, "b")
}

func TestAClaimLastsItsLease(t *testing.T) {
	t.Parallel()
	mini, here, there := onMini(t)
	late := requireClaim(t, here, "a")
	mini.FastForward(time.Minute - time.Millisecond)
	requireNoClaim(t, there, "a", hellio.ErrClaimHeld)
	mini.FastForward(time.Millisecond)
	requireClaim(t, there, "a")
	require.NoError(t, here.Release(t.Context(), "a", late))
	require.ErrorIs(t, here.Commit(t.Context(), "a", late), hellio.ErrClaimHeld)
	requireNoClaim(t, here, "a", hellio.ErrClaimHeld)
}

func TestACommittedEventStaysSevenDays(t *testing.T) {
	t.Parallel()
	mini, here, there := onMini(t)
	owner := requireClaim(t, here, "a")
	require.NoError(t, here.Commit(t.Context(), "a", owner))
	mini.FastForward(6 * 24 * time.Hour)
	require.NoError(t, here.Commit(t.Context(), "a", owner))
	requireNoClaim(t, there, "a", hellio.ErrAlreadyHandled)
	mini.FastForward(24 * time.Hour)
	requireClaim(t, there, "a") // the second commit did not extend the retention
}

// lostReplies repeats every script, as go-redis does after a lost reply.
type lostReplies struct{}

func (lostReplies) DialHook(next redis.DialHook) redis.DialHook { return next }

func (lostReplies) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if err := next(ctx, cmd); err != nil {
			return err
		}
		return next(ctx, cmd)
	}
}

func (lostReplies) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestARepeatAfterALostReplyChangesNothing(t *testing.T) {
	t.Parallel()
	client := startRedis(t).client()
	client.AddHook(lostReplies{})
	s := dedupeStore(t, client)
	require.NoError(t, s.Release(t.Context(), "a", requireClaim(t, s, "a")))
	require.NoError(t, s.Commit(t.Context(), "a", requireClaim(t, s, "a")))
	requireNoClaim(t, s, "a", hellio.ErrAlreadyHandled)
}

func TestNoOwnerPassesForACommit(t *testing.T) {
	t.Parallel()
	_, here, _ := onMini(t)
	require.NoError(t, here.Commit(t.Context(), "a", requireClaim(t, here, "a")))
	require.NoError(t, here.Release(t.Context(), "a", "done"))
	requireNoClaim(t, here, "a", hellio.ErrAlreadyHandled)
}

func TestBadInputOfADedupeStoreIsRefused(t *testing.T) {
	t.Parallel()
	_, here, _ := onMini(t)
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	t.Cleanup(func() { _ = client.Close() })
	build := func(client redis.Cmdable, retention time.Duration) func() error {
		return func() error {
			_, err := hellioredis.NewDedupeStore(client, "", retention)
			return err
		}
	}
	claim := func(s *hellioredis.DedupeStore, id string, lease time.Duration) func() error {
		return func() error {
			owner, err := s.Claim(t.Context(), id, lease)
			require.Empty(t, owner)
			return err
		}
	}
	commit := func(s *hellioredis.DedupeStore, id, owner string) func() error {
		return func() error { return s.Commit(t.Context(), id, owner) }
	}
	release := func(s *hellioredis.DedupeStore, id, owner string) func() error {
		return func() error { return s.Release(t.Context(), id, owner) }
	}
	zero := new(hellioredis.DedupeStore)
	for name, c := range map[string]struct {
		run   func() error
		field string
	}{
		"no client":            {build(nil, 0), "redis client"},
		"a nil client":         {build((*redis.Client)(nil), 0), "redis client"},
		"a negative retention": {build(client, -1), "retention"},
		"a tiny retention":     {build(client, time.Microsecond), "retention"},
		"no lease":             {claim(here, "a", 0), "lease"},
		"a tiny lease":         {claim(here, "a", time.Microsecond), "lease"},
		"a claim of no id":     {claim(here, "", time.Minute), "id"},
		"a commit of no id":    {commit(here, "", "x"), "id"},
		"a release of no id":   {release(here, "", "x"), "id"},
		"a commit of no one":   {commit(here, "a", ""), "owner"},
		"a release of no one":  {release(here, "a", ""), "owner"},
		"a zero store claims":  {claim(zero, "a", time.Minute), "redis client"},
		"a nil store claims":   {claim(nil, "a", time.Minute), "redis client"},
		"a nil store commits":  {commit(nil, "a", "x"), "redis client"},
		"a nil store releases": {release(nil, "a", "x"), "redis client"},
	} {
		var bad *hellio.ParamError
		require.ErrorAs(t, c.run(), &bad, name)
		require.Equal(t, c.field, bad.Field, name)
	}
}

func TestWithoutRedisNoEventIsHeldOrHandled(t *testing.T) {
	t.Parallel()
	mini, here, _ := onMini(t)
	mini.Close()
	owner, err := here.Claim(t.Context(), "a", time.Minute)
	require.Empty(t, owner)
	for _, err := range []error{
		err,
		here.Commit(t.Context(), "a", "x"),
		here.Release(t.Context(), "a", "x"),
	} {
		require.Error(t, err)
		require.NotErrorIs(t, err, hellio.ErrClaimHeld)
		require.NotErrorIs(t, err, hellio.ErrAlreadyHandled)
	}
}

func TestOneOfManyProcessesClaimsAnEvent(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	var claimed atomic.Int32
	inParallel(16, func(int) {
		store, err := hellioredis.NewDedupeStore(server.client(), prefixOf(t), 0)
		if err != nil {
			return
		}
		for i := range 20 {
			if _, err := store.Claim(t.Context(), fmt.Sprint(i), time.Minute); err == nil {
				claimed.Add(1)
			}
		}
	})
	require.EqualValues(t, 20, claimed.Load())
}

func TestACommittedEventOutlivesARestartOfRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	store := dedupeStore(t, server.client())
	require.NoError(t, store.Commit(t.Context(), "a", requireClaim(t, store, "a")))
	server.restart()
	requireNoClaim(t, dedupeStore(t, server.client()), "a", hellio.ErrAlreadyHandled)
}
