package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestRolledBackOrderSendsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		tx, err := s.store.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		o := Order{ID: "1", MobileNumber: numberOf(1), Item: "a kettle"}
		require.NoError(t, insertOrder(t.Context(), tx, o))
		require.NoError(t, enqueue(t.Context(), tx, o.ID, confirmation(o)))
		require.NoError(t, tx.Rollback())

		worked, err := s.Step(t.Context())
		require.NoError(t, err)
		require.False(t, worked)
		require.Empty(t, s.fake.Requests())
		s.place(1) // the id is free again
		s.step()
		s.requireCharged(1)
	})
}

func TestSecondPlacingOfAnOrderSendsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		o := Order{ID: "1", MobileNumber: numberOf(2), Item: "two cups"}
		require.ErrorContains(t, s.store.Place(t.Context(), o), "order 1")
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(1)
	})
}

func TestDocsShowTheSchema(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/outbox.md")
	require.NoError(t, err)
	tables, _, _ := strings.Cut(strings.TrimSpace(schema), "\nCREATE INDEX")
	require.Contains(t, string(docs), strings.ReplaceAll(tables, "IF NOT EXISTS ", ""))
}

func TestFailedEnqueueRollsTheOrderBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.exec(`ALTER TABLE outbox RENAME TO elsewhere`)
		o := Order{ID: "1", MobileNumber: numberOf(1), Item: "a kettle"}
		require.ErrorContains(t, s.store.Place(t.Context(), o), "outbox")
		s.exec(`ALTER TABLE elsewhere RENAME TO outbox`)
		s.place(1)
	})
}

func TestKeyExistsBeforeTheFirstCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(2)
		key := s.message(1).Key
		require.Len(t, key, 26)
		require.NotEqual(t, key, s.message(2).Key)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		require.NoError(t, s.Drain(t.Context()))
		for _, n := range []int{0, 2} { // the two calls of order 1
			require.Equal(t, key, s.fake.Requests()[n].IdempotencyKey)
		}
	})
}

func TestOnlyUnsentMessagesAreRequeued(t *testing.T) {
	for _, c := range []struct {
		state State
		ok    bool
	}{
		{state: Waiting},
		{state: Sent},
		{state: Failed, ok: true},
		{state: Inspect, ok: true},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(1)
				s.exec(`UPDATE outbox SET state = $1, first_try = 1, account = 'another'`, c.state)
				before := s.message(1)
				err := s.store.Requeue(t.Context(), "1")
				if !c.ok {
					require.ErrorContains(t, err, "order 1")
					require.Equal(t, before, s.message(1))
					return
				}
				require.NoError(t, err)
				require.NotEqual(t, before.Key, s.message(1).Key)
				s.step()
				s.requireCharged(1)
			})
		})
	}
}

func TestUnknownOrderIsNotRequeued(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		require.ErrorContains(t, newShop(t).store.Requeue(t.Context(), "7"), "order 7")
	})
}

func TestLostLeaseChangesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		stale, err := s.store.claim(t.Context(), "account")
		require.NoError(t, err)
		s.step() // after the lease
		sent := s.message(1)

		stale.settle(nil, &hellio.ParamError{Field: "sender"})
		saved, err := s.store.save(t.Context(), stale)
		require.NoError(t, err)
		require.False(t, saved)
		require.Equal(t, sent, s.message(1))
	})
}

func TestUnusableDatabaseIsAnError(t *testing.T) {
	_, err := OpenStore(t.Context(), t.TempDir())
	require.Error(t, err)

	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		require.NoError(t, s.store.Close())
		worked, err := s.Step(t.Context())
		require.Error(t, err)
		require.False(t, worked)
		require.Error(t, s.Drain(t.Context()))
		require.Empty(t, s.fake.Requests())
	})
}
