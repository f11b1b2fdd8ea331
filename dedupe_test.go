package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/internal/dedupetest"
)

func memoryStore(t testing.TB, retention time.Duration, size int) *hellio.MemoryDedupeStore {
	t.Helper()
	s, err := hellio.NewMemoryDedupeStore(retention, size)
	require.NoError(t, err)
	return s
}

// requireClaim claims an id for a minute and returns the owner.
func requireClaim(t testing.TB, s hellio.DedupeStore, id string, because ...any) string {
	t.Helper()
	owner, err := s.Claim(t.Context(), id, time.Minute)
	require.NoError(t, err, because...)
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

// requireFull checks that a store has no room for an id.
func requireFull(t testing.TB, s hellio.DedupeStore, id string) {
	t.Helper()
	_, err := s.Claim(t.Context(), id, time.Minute)
	require.ErrorContains(t, err, "full")
}

// commitID claims and commits an id.
func commitID(t testing.TB, s hellio.DedupeStore, id string) {
	t.Helper()
	require.NoError(t, s.Commit(t.Context(), id, requireClaim(t, s, id)))
}

func TestEveryOrderOfTwoOwnersKeepsTheRules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sequences := dedupetest.Run(t, 6, func(string) dedupetest.Subject {
			return dedupetest.Subject{
				Store:    new(hellio.MemoryDedupeStore),
				EndLease: func(string) { time.Sleep(dedupetest.Lease) },
				Held:     hellio.ErrClaimHeld,
				Handled:  hellio.ErrAlreadyHandled,
			}
		})
		t.Log(sequences, "sequences")
	})
}

func TestAClaimLastsExactlyItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 0)
		before := requireClaim(t, s, "a")
		requireClaim(t, s, "b", "another id is free")
		time.Sleep(time.Minute - time.Nanosecond)
		requireNoClaim(t, s, "a", hellio.ErrClaimHeld)
		time.Sleep(time.Nanosecond)
		require.NotEqual(t, before, requireClaim(t, s, "a"))
	})
}

func TestALateReleaseLeavesTheNextClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 0)
		slow := requireClaim(t, s, "a")
		time.Sleep(time.Minute)
		next := requireClaim(t, s, "a")
		require.NoError(t, s.Release(t.Context(), "a", slow))
		requireNoClaim(t, s, "a", hellio.ErrClaimHeld)
		require.NoError(t, s.Commit(t.Context(), "a", next))
	})
}

func TestALateCommitLeavesTheNextClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 0)
		slow := requireClaim(t, s, "a")
		time.Sleep(time.Minute)
		next := requireClaim(t, s, "a")
		require.ErrorIs(t, s.Commit(t.Context(), "a", slow), hellio.ErrClaimHeld)
		require.NoError(t, s.Release(t.Context(), "a", next))
		requireClaim(t, s, "a", "the late commit changed nothing")
	})
}

func TestWorkThatOutlastedItsLeaseIsCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 1)
		slow := requireClaim(t, s, "a")
		time.Sleep(2 * time.Minute)
		next := requireClaim(t, s, "b", "the ended claim made room")
		require.NoError(t, s.Release(t.Context(), "b", next))
		require.NoError(t, s.Commit(t.Context(), "a", slow))
		requireNoClaim(t, s, "a", hellio.ErrAlreadyHandled)
	})
}

func TestCommittedIDsStaySevenDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 0)
		commitID(t, s, "a")
		time.Sleep(7*24*time.Hour - time.Nanosecond)
		requireNoClaim(t, s, "a", hellio.ErrAlreadyHandled)
		time.Sleep(time.Nanosecond)
		requireClaim(t, s, "a")
	})
}

func TestASecondCommitDoesNotExtendTheRetention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, time.Hour, 0)
		owner := requireClaim(t, s, "a")
		require.NoError(t, s.Commit(t.Context(), "a", owner))
		time.Sleep(time.Hour - time.Nanosecond)
		require.NoError(t, s.Commit(t.Context(), "a", owner))
		time.Sleep(time.Nanosecond)
		requireClaim(t, s, "a")
	})
}

func TestAFullStoreEvictsOnlyCommittedIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 3)
		requireClaim(t, s, "in flight")
		commitID(t, s, "first")
		commitID(t, s, "second")
		requireClaim(t, s, "third", "it takes the place of the first")
		requireNoClaim(t, s, "second", hellio.ErrAlreadyHandled)
		requireNoClaim(t, s, "in flight", hellio.ErrClaimHeld)

		requireClaim(t, s, "first", "it takes the place of the second")
		requireFull(t, s, "fourth")
		time.Sleep(time.Minute)
		requireClaim(t, s, "fourth")
	})
}

func TestEndedLeasesMakeRoomBehindALongerOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 2)
		_, err := s.Claim(t.Context(), "long", time.Hour)
		require.NoError(t, err)
		requireClaim(t, s, "short")
		requireFull(t, s, "next")
		time.Sleep(time.Minute)
		requireClaim(t, s, "next")
		requireNoClaim(t, s, "long", hellio.ErrClaimHeld)
	})
}

func TestAClaimOutlivesTheEndedClaimBeforeIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 2)
		requireClaim(t, s, "a")
		time.Sleep(time.Minute)
		requireClaim(t, s, "a")
		requireClaim(t, s, "b")
		requireFull(t, s, "c")
		requireNoClaim(t, s, "a", hellio.ErrClaimHeld)
	})
}

func TestACommittedIDOutlivesItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 2)
		commitID(t, s, "a")
		requireClaim(t, s, "b")
		time.Sleep(time.Minute)
		requireClaim(t, s, "c", "it takes the place of b, whose lease has ended")
		requireNoClaim(t, s, "a", hellio.ErrAlreadyHandled)
	})
}

func TestAFullStoreTakesOneMoreCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 1)
		slow := requireClaim(t, s, "a")
		time.Sleep(time.Minute)
		requireClaim(t, s, "b")
		require.NoError(t, s.Commit(t.Context(), "a", slow))
		requireNoClaim(t, s, "a", hellio.ErrAlreadyHandled)
		requireNoClaim(t, s, "b", hellio.ErrClaimHeld)
	})
}

func TestOneOfManyGetsTheClaim(t *testing.T) {
	t.Parallel()
	s := memoryStore(t, 0, 0)
	var claimed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 100 {
				if _, err := s.Claim(t.Context(), fmt.Sprint(i), time.Minute); err == nil {
					claimed.Add(1)
				}
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 100, claimed.Load())
}

func TestAMemoryStoreRefusesNegativeBounds(t *testing.T) {
	t.Parallel()
	for field, bounds := range map[string][2]int{"retention": {-1, 0}, "size": {0, -1}} {
		_, err := hellio.NewMemoryDedupeStore(time.Duration(bounds[0]), bounds[1])
		requireParamField(t, field, err)
	}
}

func TestAMemoryStoreRefusesBadInput(t *testing.T) {
	t.Parallel()
	claim := func(s *hellio.MemoryDedupeStore, id string, lease time.Duration) error {
		owner, err := s.Claim(t.Context(), id, lease)
		require.Empty(t, owner)
		return err
	}
	s := new(hellio.MemoryDedupeStore)
	requireParamField(t, "id", claim(s, "", time.Minute))
	requireParamField(t, "lease", claim(s, "a", 0))
	requireParamField(t, "lease", claim(s, "a", -time.Second))
	requireParamField(t, "store", claim(nil, "a", time.Minute))

	type end = func(s *hellio.MemoryDedupeStore, ctx context.Context, id, owner string) error
	commit, release := (*hellio.MemoryDedupeStore).Commit, (*hellio.MemoryDedupeStore).Release
	for _, f := range []end{commit, release} {
		requireParamField(t, "id", f(s, t.Context(), "", "1"))
		requireParamField(t, "owner", f(s, t.Context(), "a", ""))
		requireParamField(t, "store", f(nil, t.Context(), "a", "1"))
	}
	require.False(t, errors.Is(claim(s, "a", 0), hellio.ErrClaimHeld))
}
