package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// callEnd is one way in which a call ends. Step makes the call.
type callEnd struct {
	name string
	step func(s *shop)
}

func callEnds() []callEnd {
	ends := []callEnd{
		{"accepted", func(s *shop) { s.stepOnce() }},
		{"request lost", byFault(helliotest.LoseRequest())},
		{"reply lost", byFault(helliotest.LoseReply())},
		{"reply cut", byFault(helliotest.TruncateBody(20))},
		{"reply is HTML", byFault(helliotest.NotJSON())},
		{"acts after the caller left", byFault(helliotest.Delay(3 * time.Minute))},
		{"429 for a second", byFault(helliotest.RateLimited(time.Second))},
		{"429 for an hour", byFault(helliotest.RateLimited(time.Hour))},
		{"409 in flight", byFault(helliotest.Status(409, hellio.CodeIdempotencyConflict))},
		{"refused dial", byTransport(refuse)},
		{"error after the reply", byTransport(loseResponse)},
	}
	statuses := []int{302, 400, 401, 402, 403, 404, 408, 409, 410, 422, 500, 502, 503, 504}
	for _, status := range statuses {
		ends = append(ends, callEnd{fmt.Sprint(status), byFault(helliotest.Status(status, ""))})
	}
	for _, c := range crashes {
		ends = append(ends, callEnd{"crash " + c.name, func(s *shop) { s.crashIn(c.place()) }})
	}
	return ends
}

func byFault(effect helliotest.Rule) func(*shop) {
	return func(s *shop) {
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), effect)
		s.stepOnce()
	}
}

func byTransport(trip roundTrip) func(*shop) {
	return func(s *shop) {
		s.client = s.oneRequest(behind(trip))
		s.stepOnce()
		s.client = s.oneRequest()
	}
}

// loseResponse fails as a dial does, although the API has acted.
func loseResponse(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	_, _ = next.RoundTrip(r)
	return refuse(next, r)
}

// The worker remembers nothing but the row, so two ends in sequence reach each
// state of the row, with and without a key that the API knows.
func TestEveryPairOfCallEndsChargesOnce(t *testing.T) {
	for _, first := range callEnds() {
		t.Run(first.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t, helliotest.WithRateLimit(0))
				ends := callEnds()
				for n, second := range ends {
					s.placeOne(n + 1)
					s.endCall(n+1, first)
					s.endCall(n+1, second)
					s.heal(n + 1)
				}
				time.Sleep(time.Hour) // for requests that act late
				s.requireCharged(len(ends))
			})
		})
	}
}

// endCall makes a call for order n that ends this way, unless its message is
// settled, and checks what the row claims.
func (s *shop) endCall(n int, end callEnd) {
	s.t.Helper()
	if m := s.message(n); m.State == Waiting {
		time.Sleep(time.Until(m.NextTime))
		end.step(s)
	}
	sent := len(s.fake.Messages(helliotest.To(numberOf(n))))
	require.LessOrEqual(s.t, sent, 1)
	switch m := s.message(n); m.State {
	case Sent:
		require.Equal(s.t, 1, sent, end.name)
	case Failed:
		require.Zero(s.t, sent, end.name)
	case Inspect:
		s.t.Errorf("order %d needs inspection after %q: %s", n, end.name, m.Reason)
	}
}

// heal requeues the message of order n if it failed, and sends it without
// faults.
func (s *shop) heal(n int) {
	s.t.Helper()
	if s.message(n).State == Failed {
		require.NoError(s.t, s.store.Requeue(s.t.Context(), s.message(n).OrderID))
	}
	for tries := 0; tries < 10 && s.message(n).State == Waiting; tries++ {
		s.endCall(n, callEnd{"healed", (*shop).stepOnce})
	}
}
