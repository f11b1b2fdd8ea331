package helliotest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestAReplayIsTheSameBytesSignedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		fault := f.Fault(helliotest.WebhookDelivery, helliotest.Always(),
			helliotest.WebhookBadSignature())
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.NoError(t, f.Replay(f.Deliveries()[0].ID))
		seen := v.got()
		require.Len(t, seen, 2)
		require.Equal(t, seen[0].body, seen[1].body)
		require.NotEqual(t, seen[0].header.Get("X-Hellio-Timestamp"),
			seen[1].header.Get("X-Hellio-Timestamp"))
		require.True(t, seen[1].genuine(hookSecret), "no fault acts on a replay")
		require.Equal(t, 1, fault.Hits())
		d := f.Deliveries()[0]
		require.Equal(t, []bool{false, true}, []bool{d.Attempts[0].Replay, d.Attempts[1].Replay})
		require.ErrorContains(t, f.Replay("dlv_0"), `no delivery "dlv_0"`)
	})
}

func TestAReplayThatGetsThroughEndsTheLadder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := answering(500, 500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		require.NoError(t, f.Replay(f.Deliveries()[0].ID), "posted, whatever the answer")
		require.Equal(t, "pending", f.Deliveries()[0].Status)
		require.NoError(t, f.Replay(f.Deliveries()[0].ID))
		require.Equal(t, "delivered", f.Deliveries()[0].Status)
		f.Advance(time.Hour)
		require.Len(t, v.got(), 3)
	})
}

func TestAReplayLeavesTheLadderAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := always(500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(12 * time.Second)
		require.NoError(t, f.Replay(f.Deliveries()[0].ID))
		f.Advance(time.Hour)
		require.Equal(t,
			[]time.Duration{
				0, 7 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute,
				30 * time.Minute,
			}, offsets(f.Deliveries()[0]))
		require.Len(t, v.got(), 6)
	})
}

func TestADisabledOrDeletedWebhookTakesReplays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := answering(500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		require.NoError(t, f.Client().Webhooks.Delete(t.Context(), hooks(t, f)[0].ID))
		require.NoError(t, f.Replay(f.Deliveries()[0].ID))
		require.Equal(t, "delivered", f.Deliveries()[0].Status)
		require.Len(t, v.got(), 2)
	})
}

func TestAClosedFakeReplaysNothing(t *testing.T) {
	t.Parallel()
	v := &receiver{}
	f, err := helliotest.Start(helliotest.WithWebhookHandler(hookURL, v, hookSecret))
	require.NoError(t, err)
	sendTo(t, f, someone)
	f.Advance(time.Minute)
	id := f.Deliveries()[0].ID
	require.NoError(t, f.Close())
	require.ErrorContains(t, f.Replay(id), "closed")
	require.Len(t, v.got(), 1)
}

func TestASuccessfulReplayEndsTheRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{answer: func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 5 {
				time.Sleep(9 * time.Second)
			}
			if n <= 5 {
				w.WriteHeader(500)
			}
		}}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		time.Sleep(30*time.Minute + 6*time.Second) // the last attempt has begun
		require.NoError(t, f.Replay(f.Deliveries()[0].ID))
		f.Advance(time.Hour)
		require.Equal(t, "delivered", f.Deliveries()[0].Status)
		require.Len(t, v.got(), 6)
	})
}
