package hellio_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func memoryStore(t testing.TB, retention time.Duration, size int) *hellio.MemoryDedupeStore {
	t.Helper()
	s, err := hellio.NewMemoryDedupeStore(retention, size)
	require.NoError(t, err)
	return s
}

// claims tells what a claim of a minute got: "fresh", "committed", "held" or "full".
func claims(t testing.TB, s hellio.DedupeStore, id string) string {
	t.Helper()
	fresh, err := s.Claim(t.Context(), id, time.Minute)
	switch {
	case fresh:
		require.NoError(t, err)
		return "fresh"
	case err == nil:
		return "committed"
	case err == hellio.ErrClaimHeld:
		return "held"
	default:
		return "full"
	}
}

func TestAClaimLastsUntilItIsCommittedReleasedOrRunsOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 0)
		require.Equal(t, "fresh", claims(t, s, "a"))
		require.Equal(t, "held", claims(t, s, "a"))
		require.Equal(t, "fresh", claims(t, s, "b"), "another id is free")

		require.NoError(t, s.Release(t.Context(), "a"))
		require.Equal(t, "fresh", claims(t, s, "a"))

		time.Sleep(time.Minute - time.Nanosecond)
		require.Equal(t, "held", claims(t, s, "a"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, "fresh", claims(t, s, "a"), "whoever had it is taken for dead")

		require.NoError(t, s.Commit(t.Context(), "a"))
		require.Equal(t, "committed", claims(t, s, "a"))
		require.NoError(t, s.Release(t.Context(), "a"))
		require.Equal(t, "committed", claims(t, s, "a"), "what is done can't be given back")
	})
}

func TestWorkThatOutlastedItsLeaseIsDoneAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 1)
		require.Equal(t, "fresh", claims(t, s, "a"))
		time.Sleep(2 * time.Minute)
		require.Equal(t, "fresh", claims(t, s, "b"), "the dead claim made room")
		require.NoError(t, s.Release(t.Context(), "b"))
		require.NoError(t, s.Commit(t.Context(), "a"))
		require.Equal(t, "committed", claims(t, s, "a"))
	})
}

func TestCommittedIDsStaySevenDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 0)
		require.NoError(t, s.Commit(t.Context(), "a"))
		time.Sleep(7*24*time.Hour - time.Nanosecond)
		require.Equal(t, "committed", claims(t, s, "a"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, "fresh", claims(t, s, "a"))
	})
}

func TestAFullStoreLetsTheOldestCommittedGoAndNeverAClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 3)
		require.Equal(t, "fresh", claims(t, s, "being handled"))
		for _, id := range []string{"first", "second"} {
			require.Equal(t, "fresh", claims(t, s, id))
			require.NoError(t, s.Commit(t.Context(), id))
		}
		require.Equal(t, "fresh", claims(t, s, "third"), "in the place of the first")
		require.Equal(t, "committed", claims(t, s, "second"))
		require.Equal(t, "held", claims(t, s, "being handled"))

		require.Equal(t, "fresh", claims(t, s, "first"), "in the place of the second")
		require.Equal(t, "full", claims(t, s, "fourth"), "all three are being handled")
		time.Sleep(time.Minute)
		require.Equal(t, "fresh", claims(t, s, "fourth"))
	})
}

func TestAClaimThatWasTakenOverIsNotForgottenWithTheOneBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 2)
		require.Equal(t, "fresh", claims(t, s, "a"))
		time.Sleep(time.Minute)
		require.Equal(t, "fresh", claims(t, s, "a"))
		require.Equal(t, "fresh", claims(t, s, "b"))
		require.Equal(t, "full", claims(t, s, "c"), "nothing has run out")
		require.Equal(t, "held", claims(t, s, "a"))
	})
}

func TestACommittedIDIsNotForgottenWithItsClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, 0, 2)
		require.Equal(t, "fresh", claims(t, s, "a"))
		require.NoError(t, s.Commit(t.Context(), "a"))
		require.Equal(t, "fresh", claims(t, s, "b"))
		time.Sleep(time.Minute)
		require.Equal(t, "fresh", claims(t, s, "c"), "in the place of the second, which has run out")
		require.Equal(t, "committed", claims(t, s, "a"))
	})
}

func TestCommitsKeepToTheSizeAndTheRetention(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memoryStore(t, time.Hour, 2)
		require.NoError(t, s.Release(t.Context(), "never claimed"))
		for _, id := range []string{"a", "b", "c"} {
			require.NoError(t, s.Commit(t.Context(), id))
		}
		require.Equal(t, "committed", claims(t, s, "b"))
		require.Equal(t, "fresh", claims(t, s, "a"), "the third took its place")
		time.Sleep(time.Hour - time.Nanosecond)
		require.Equal(t, "committed", claims(t, s, "c"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, "fresh", claims(t, s, "c"))
	})
}

func TestOneOfManyGetsTheClaim(t *testing.T) {
	t.Parallel()
	s := memoryStore(t, 0, 0)
	var fresh atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 100 {
				if got, _ := s.Claim(t.Context(), fmt.Sprint(i), time.Minute); got {
					fresh.Add(1)
				}
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 100, fresh.Load())
}

func TestAMemoryStoreRefusesNegativeBounds(t *testing.T) {
	t.Parallel()
	for field, bounds := range map[string][2]int{"retention": {-1, 0}, "size": {0, -1}} {
		_, err := hellio.NewMemoryDedupeStore(time.Duration(bounds[0]), bounds[1])
		var p *hellio.ParamError
		require.ErrorAs(t, err, &p)
		require.Equal(t, field, p.Field)
	}
}
