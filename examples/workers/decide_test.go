package workers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// apiCall makes one call and returns its error.
type apiCall func(s *shop) error

// firstCall has a key that no call has had; resumedCall is the call of a job.
func firstCall(s *shop) error {
	key := hellio.WithIdempotencyKey(s.job.Key)
	_, err := s.client.SMS.Send(s.t.Context(), &s.job.Params, key)
	return err
}

func resumedCall(s *shop) error { return s.job.send(s.t.Context(), s.client) }

// meets returns a call that meets a fault.
func meets(call apiCall, effect helliotest.Rule) apiCall {
	return func(s *shop) error {
		s.fake.Fault(helliotest.AnyOp, helliotest.Nth(1), effect)
		return call(s)
	}
}

// through returns a call that goes through trip.
func through(call apiCall, trip roundTrip) apiCall {
	return func(s *shop) error {
		s.client = s.oneRequest(behind(trip))
		return call(s)
	}
}

func readCall(s *shop) error {
	_, err := s.client.Balance.Get(s.t.Context())
	return err
}

func unkeyedCall(s *shop) error {
	params := &hellio.EmailVerifyParams{Emails: []string{"ama@example.com"}}
	_, err := s.client.Email.Verify(s.t.Context(), params)
	return err
}

// limitedCall is the refusal of the client's own limiter.
func limitedCall(s *shop) error {
	for range 2 {
		if err := resumedCall(s); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
	defer cancel()
	return s.newJob(2).send(ctx, s.client)
}

func endedCall(s *shop) error {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	return s.job.send(ctx, s.client)
}

// replayed answers with the stored refusal of an earlier call.
func replayed(status int) roundTrip {
	return func(http.RoundTripper, *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status,
			Header: http.Header{
				"Content-Type":        {"application/json"},
				"Idempotent-Replayed": {"true"},
			},
			Body: io.NopCloser(strings.NewReader(`{"message":"No."}`)),
		}, nil
	}
}

func returning(err error) apiCall { return func(*shop) error { return err } }

const week = 7 * 24 * time.Hour

var decisions = []struct {
	name   string
	call   apiCall
	advice hellio.Advice
	want   verdict
}{
	{"no error", resumedCall, hellio.AdviceStop, verdict{action: actionDone}},

	{"bad params", func(s *shop) error {
		s.job.Params.Message = ""
		return resumedCall(s)
	}, hellio.AdviceStop, verdict{action: actionStop}},
	{"401, first", meets(firstCall, helliotest.Status(401, "")),
		hellio.AdviceStop, verdict{action: actionStop}},
	{"402, first", meets(firstCall, helliotest.Status(402, "")),
		hellio.AdviceStop, verdict{action: actionStop}},
	{"403, first", meets(firstCall, helliotest.Status(403, "")),
		hellio.AdviceStop, verdict{action: actionStop}},
	{"404, first", meets(firstCall, helliotest.Status(404, "")),
		hellio.AdviceStop, verdict{action: actionStop}},
	{"422, first", meets(firstCall, helliotest.Status(422, "")),
		hellio.AdviceStop, verdict{action: actionStop}},
	{"replayed 402", through(resumedCall, replayed(402)),
		hellio.AdviceStop, verdict{action: actionStop}},
	{"replayed 422", through(resumedCall, replayed(422)),
		hellio.AdviceStop, verdict{action: actionStop}},

	{"429, first", meets(firstCall, helliotest.RateLimited(time.Minute)),
		hellio.AdviceRetry, verdict{actionAgain, time.Minute}},
	{"429 for a week, first", meets(firstCall, helliotest.RateLimited(week)),
		hellio.AdviceRetry, verdict{actionAgain, keyLife}},
	{"refused dial, first", through(firstCall, refuse),
		hellio.AdviceRetry, verdict{action: actionAgain}},
	{"no token", func(s *shop) error {
		s.client = s.oneRequest(hellio.WithTokenSource(tokenSource{err: io.EOF}))
		return resumedCall(s)
	}, hellio.AdviceRetry, verdict{action: actionAgain}},
	{"lost reply to a read", meets(readCall, helliotest.LoseReply()),
		hellio.AdviceRetry, verdict{action: actionAgain}},

	{"lost reply, first", meets(firstCall, helliotest.LoseReply()),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"lost reply", meets(resumedCall, helliotest.LoseReply()),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"lost request", meets(resumedCall, helliotest.LoseRequest()),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"reset connection", meets(resumedCall, helliotest.ResetConnection()),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"cut reply", meets(resumedCall, helliotest.TruncateBody(20)),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"HTML reply", meets(resumedCall, helliotest.NotJSON()),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"refused dial", through(resumedCall, refuse),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"ended context", endedCall, hellio.AdviceResume, verdict{action: actionAgain}},
	{"302", meets(resumedCall, helliotest.Status(302, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"401", meets(resumedCall, helliotest.Status(401, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"402", meets(resumedCall, helliotest.Status(402, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"403", meets(resumedCall, helliotest.Status(403, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"404", meets(resumedCall, helliotest.Status(404, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"409 in flight", meets(resumedCall, helliotest.Status(409, hellio.CodeIdempotencyConflict)),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"422", meets(resumedCall, helliotest.Status(422, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"429", meets(resumedCall, helliotest.RateLimited(time.Minute)),
		hellio.AdviceResume, verdict{actionAgain, time.Minute}},
	{"429 for a week", meets(resumedCall, helliotest.RateLimited(week)),
		hellio.AdviceResume, verdict{actionAgain, keyLife}},
	{"the client's limiter", limitedCall, hellio.AdviceResume, verdict{actionAgain, time.Minute}},
	{"500", meets(resumedCall, helliotest.Status(500, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},
	{"503", meets(resumedCall, helliotest.Status(503, "")),
		hellio.AdviceResume, verdict{action: actionAgain}},

	{"replayed 500", through(resumedCall, replayed(500)),
		hellio.AdviceInspect, verdict{action: actionInspect}},
	{"lost reply without a key", meets(unkeyedCall, helliotest.LoseReply()),
		hellio.AdviceInspect, verdict{action: actionInspect}},
	{"an old job", returning(errTooOld), hellio.AdviceInspect, verdict{action: actionInspect}},
	{"another token", returning(errAccount), hellio.AdviceInspect, verdict{action: actionInspect}},
	{"an error of another package", returning(io.EOF),
		hellio.AdviceInspect, verdict{action: actionInspect}},
	{"two errors joined", func(s *shop) error {
		lost := meets(firstCall, helliotest.LoseReply())
		return errors.Join(lost(s), lost(s))
	}, hellio.AdviceInspect, verdict{action: actionInspect}},
}

func TestDecideMapsEveryAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range decisions {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, helliotest.WithRateLimit(2))
				err := c.call(s)
				advice, _ := hellio.RetryAdvice(err)
				require.Equal(t, c.advice, advice, "%v", err)
				require.Equal(t, c.want, decide(err, keyLife), "%v", err)

				// Without a key that protects it, nothing is sent again.
				if c.want.action == actionAgain {
					c.want = verdict{action: actionInspect}
				}
				require.Equal(t, c.want, decide(err, 0), "%v", err)
			})
		})
	}
}

func TestBackoffDoublesUpToFiveMinutes(t *testing.T) {
	for runs, want := range []time.Duration{
		time.Second,
		time.Second,
		2 * time.Second,
		4 * time.Second,
	} {
		require.Equal(t, want, backoff(runs))
	}
	require.Equal(t, maxBackoff, backoff(10))
	require.Equal(t, maxBackoff, backoff(1<<30))
}
