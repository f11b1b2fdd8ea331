package helliotest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestARepeatedKeyReplaysTheFirstAnswer(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	first := a.send(oneSMS, "Idempotency-Key", "k")
	require.Empty(t, first.header.Get("Idempotent-Replayed"))
	again := a.send(`{"other":"body"}`, "Idempotency-Key", "k")
	require.Equal(t, first.status, again.status)
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Equal(t, "118", again.header.Get("X-RateLimit-Remaining"), "a replay counts to the limit")
	require.Len(t, f.Messages(), 1)
	require.Equal(t, "0.0310", f.Balance().Reserved)
	require.True(t, f.Requests()[1].Replayed)
}

func TestAKeyBelongsToTokenAndOperation(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	a := newAPI(t, f)
	a.send(oneSMS, "Idempotency-Key", "k")
	require.Equal(t, 201, a.sendOTP(oneOTP, "Idempotency-Key", "k").status, "another operation, though it honours keys too")
	a.token = f.IssueToken()
	require.Empty(t, a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	require.Empty(t, a.do("GET", "/balance", "", "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	require.Len(t, f.Messages(), 3)
}

func TestARefusalFreesTheKey(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t, helliotest.WithBalance("0"))
	a := newAPI(t, f)
	a.send(oneSMS, "Idempotency-Key", "k").refused(t, 402, "insufficient_balance")
	topUp := "1"
	require.NoError(t, f.Update(helliotest.AccountChange{Balance: &topUp}))
	resp := a.send(oneSMS, "Idempotency-Key", "k")
	require.Equal(t, 202, resp.status)
	require.Empty(t, resp.header.Get("Idempotent-Replayed"))
}

func TestAKeyLivesADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		a := newAPI(t, f)
		a.send(oneSMS, "Idempotency-Key", "k")
		time.Sleep(24*time.Hour - time.Second)
		require.NotEmpty(t, a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
		time.Sleep(time.Second)
		require.Empty(t, a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
	})
}

func TestAKeyHasOneTo255Characters(t *testing.T) {
	t.Parallel()
	a := newAPI(t, helliotest.New(t))
	require.Equal(t, 202, a.send(oneSMS, "Idempotency-Key", strings.Repeat("k", 255)).status)
	a.send(oneSMS, "Idempotency-Key", strings.Repeat("k", 256)).refused(t, 422, "invalid_request")
	a.send(oneSMS, "Idempotency-Key", "").refused(t, 422, "invalid_request")
}

func TestTheSameKeyInFlightIsAConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(10*time.Second))
		a := newAPI(t, f)
		first := make(chan response)
		go func() { first <- a.send(oneSMS, "Idempotency-Key", "k") }()
		synctest.Wait()
		a.send(oneSMS, "Idempotency-Key", "k").refused(t, 409, "idempotency_conflict")
		require.Empty(t, f.Messages(), "a delayed call is handled after its delay")
		require.Equal(t, 202, (<-first).status)
		require.Equal(t, "true", a.send(oneSMS, "Idempotency-Key", "k").header.Get("Idempotent-Replayed"))
		require.Len(t, f.Messages(), 1)
	})
}
