package hellio

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// keeper is a RoundTripper that reads its requests after they have ended.
type keeper struct {
	next http.RoundTripper
	late sync.WaitGroup
	mu   sync.Mutex
	kept map[*http.Request]seenRequest // as they were sent
}

func (k *keeper) RoundTrip(req *http.Request) (*http.Response, error) {
	k.mu.Lock()
	k.kept[req] = snapshot(req)
	k.mu.Unlock()
	k.late.Go(func() {
		<-req.Context().Done()
		reachWire(req)
	})
	return k.next.RoundTrip(req)
}

func snapshot(req *http.Request) seenRequest {
	return seenRequest{
		method: req.Method,
		url:    req.URL.String(),
		header: maps.Clone(req.Header),
	}
}

func TestTransportMayKeepItsRequests(t *testing.T) {
	t.Parallel()
	k := &keeper{
		next: newStub(
			reply(http.StatusServiceUnavailable, "", "Retry-After", "0"),
			reply(http.StatusAccepted, sentBody),
		),
		kept: map[*http.Request]seenRequest{},
	}
	c := stubbed(t, k, quick(), WithLimiter(nil))
	var calls sync.WaitGroup
	for i := range 16 {
		calls.Go(func() {
			for n := range 20 {
				key := WithIdempotencyKey(itoa(100*i + n))
				_, _ = c.SMS.Send(t.Context(), oneSMS(), key)
				_ = c.Webhooks.Delete(t.Context(), ID(itoa(100*i+n)))
			}
		})
	}
	calls.Wait()
	k.late.Wait()
	require.Greater(t, len(k.kept), 600)
	for req, sent := range k.kept {
		require.Equal(t, sent, snapshot(req))
	}
}

func TestHookMayCallTheClient(t *testing.T) {
	t.Parallel()
	var c *Client
	inner := 0
	c = stubbed(t, newStub(reply(http.StatusOK, balanceBody)),
		WithAttemptHook(func(ctx context.Context, a Attempt) {
			if inner++; inner < 5 {
				require.NoError(t, getBalance(ctx, c))
			}
		}))
	require.NoError(t, getBalance(t.Context(), c))
	require.Equal(t, 5, inner)
}

func TestCallAfterAPanicBeginsEmpty(t *testing.T) {
	t.Parallel()
	calls := 0
	c := stubbed(t, newStub(reply(http.StatusAccepted, sentBody)),
		WithAttemptHook(func(context.Context, Attempt) {
			if calls++; calls == 1 {
				panic("hook")
			}
		}))
	require.PanicsWithValue(t, "hook", func() { _ = sendSMS(t.Context(), c) })
	var r Response
	_, err := c.SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
	require.NoError(t, err)
	require.Equal(t, 1, r.Attempts)
}
