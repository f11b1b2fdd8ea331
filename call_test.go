package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestAllAttemptsSendTheSameKeyAndBytes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(lost, reply(503, ``), reply(409, conflictBody),
			reply(429, ``, "Retry-After", "3"), reply(202, sentBody))
		p := oneSMS()
		var r Response
		client := stubbed(t, s, WithAttemptHook(func(context.Context, Attempt) {
			p.Message = "changed by another goroutine of the caller"
		}))
		result, err := client.
			SMS.Send(t.Context(), p, WithResponse(&r))
		require.NoError(t, err)
		seen := s.requests()
		require.Len(t, seen, 5)
		for _, q := range seen {
			require.Equal(t, []string{result.IdempotencyKey}, q.header["Idempotency-Key"])
			require.JSONEq(t,
				`{"recipients":["`+testNumber+`"],"sender":"HELLIO","message":"`+testText+`"}`,
				q.body)
			require.Equal(t, seen[0].body, q.body)
			require.Equal(t, http.MethodPost, q.method)
		}
		require.Equal(t, 5, r.Attempts)
		require.Equal(t, result.IdempotencyKey, r.IdempotencyKey)
	})
}

func TestRequestsHaveTheRequiredHeaders(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody), reply(200, balanceBody))
	c := stubbed(t, s)
	require.NoError(t, sendSMS(t.Context(), c))
	require.NoError(t, getBalance(t.Context(), c))
	for i, q := range s.requests() {
		require.Equal(t, "application/json", q.header.Get("Accept"),
			"without it the API may answer HTML")
		require.Equal(t, "Bearer "+testToken, q.header.Get("Authorization"))
		if i == 0 {
			require.Equal(t, "application/json", q.header.Get("Content-Type"))
		} else {
			require.Empty(t, q.body)
			require.NotContains(t, q.header, "Content-Type")
		}
	}
}

func TestUnreadableResponseIsADecodeError(t *testing.T) {
	html := []string{"Content-Type", "text/html; charset=utf-8"}
	for name, c := range map[string]struct {
		step    step
		outcome Outcome
	}{
		"empty":                         {reply(202, ``), OutcomeAccepted},
		"204":                           {reply(204, ``), OutcomeAccepted},
		"not JSON":                      {reply(202, `sent!`), OutcomeAccepted},
		"cut JSON without a read error": {reply(202, sentBody[:40]), OutcomeAccepted},
		"no data":                       {reply(202, `{"ok":true}`), OutcomeAccepted},
		"null data":                     {reply(202, `{"data":null}`), OutcomeAccepted},
		"data of another type":          {reply(202, `{"data":[]}`), OutcomeAccepted},
		"a field of another type": {reply(202, `{"data":{"segments":"one"}}`),
			OutcomeAccepted},
		"an amount that is not a number": {reply(202, `{"data":{"estimated_cost":"free"}}`),
			OutcomeAccepted},
		"two values": {reply(202, sentBody+`{}`), OutcomeAccepted},
		"JSON with a suffix type": {reply(202, `{`, "Content-Type",
			"application/vnd.api+json; charset=utf-8"), OutcomeAccepted},
		"cut off":                       {cutOff(202, sentBody[:40]), OutcomeAccepted},
		"cut off before its first byte": {cutOff(202, ``), OutcomeAccepted},
		"a portal's page": {reply(200, `<html>Log in to the hotel's network</html>`,
			html...), OutcomeUnknown},
		"a page without a type": {reply(200, `hello`, "Content-Type", ""), OutcomeUnknown},
		"an endless page":       {replyBody(200, endless('<'), html...), OutcomeUnknown},
		"endless JSON":          {replyBody(202, endless(' ')), OutcomeAccepted},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var r Response
				client := stubbed(t, newStub(c.step))
				_, err := client.SMS.Send(t.Context(), oneSMS(), WithResponse(&r))
				var unreadable *DecodeError
				require.ErrorAs(t, err, &unreadable)
				requireOutcome(t, c.outcome, err)
				require.LessOrEqual(t, len(unreadable.Sample), 512)
				require.NotContains(t, err.Error(), "hotel")
				require.NotContains(t, err.Error(), "sent!")
				require.NotContains(t, err.Error(), "free")
				require.Equal(t, r.StatusCode, unreadable.Response.StatusCode)
				require.Equal(t, 2, r.StatusCode/100)
				require.NotEmpty(t, unreadable.Response.IdempotencyKey)
			})
		})
	}
}

// A page is not a response of the API, whether it is whole or truncated.
func TestTruncatedPageHasAnUnknownOutcome(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(cutOff(200, `<html>Log in to the hot`, "Content-Type", "text/html"))
		requireOutcome(t, OutcomeUnknown, sendSMS(t.Context(), stubbed(t, s)))
	})
}

// A caller that cancels before the first byte of a page knows as little as one
// that has read it. Only the Content-Type shows the origin.
func TestCancelledPageHasAnUnknownOutcome(t *testing.T) {
	for contentType, outcome := range map[string]Outcome{
		"text/html":        OutcomeUnknown,
		"application/json": OutcomeAccepted,
	} {
		t.Run(contentType, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				s := newStub(replyBody(200, func(ctx context.Context) io.ReadCloser {
					return &endlessBody{ctx}
				}, "Content-Type", contentType))
				requireOutcome(t, outcome, sendSMS(ctx, stubbed(t, s)))
			})
		})
	}
}

// endless returns a body that repeats one byte without end.
func endless(b byte) func(context.Context) io.ReadCloser {
	return func(context.Context) io.ReadCloser { return io.NopCloser(repeating(b)) }
}

type repeating byte

func (r repeating) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestResponseIsReadUpToItsLimit(t *testing.T) {
	t.Parallel()
	limit := int64(len(balanceBody))
	c := stubbed(t, newStub(reply(200, balanceBody)), WithMaxResponseBytes(limit))
	require.NoError(t, getBalance(t.Context(), c), "a body of exactly the limit")

	var r Response
	c = stubbed(t, newStub(reply(200, balanceBody)), WithMaxResponseBytes(limit-1))
	_, err := c.Balance.Get(t.Context(), WithMaxRetries(0), WithResponse(&r))
	var unreadable *DecodeError
	require.ErrorAs(t, err, &unreadable)
	require.ErrorContains(t, err, "too large")
	require.Len(t, r.Body, int(limit-1))

	body := `{"message":"` + strings.Repeat("x", 70<<10) + `","error":"not_found"}`
	_, err = stubbed(t, newStub(reply(404, body))).Balance.Get(t.Context(), WithResponse(&r))
	var missing *NotFoundError
	require.ErrorAs(t, err, &missing, "a truncated body keeps the status")
	require.Len(t, r.Body, 64<<10)
}

func TestBodyOfKnownLengthIsWholeOrTruncated(t *testing.T) {
	t.Parallel()
	told := func(n int64) step {
		return func(req *http.Request) (*http.Response, error) {
			resp, _ := reply(200, balanceBody)(req)
			resp.ContentLength = n
			return resp, nil
		}
	}
	require.NoError(t, getBalance(t.Context(), stubbed(t, newStub(told(int64(len(balanceBody)))))))
	client := stubbed(t, newStub(told(int64(len(balanceBody)+1))))
	_, err := client.Balance.Get(t.Context(), WithMaxRetries(0))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	requireOutcome(t, OutcomeAccepted, err)
}

func TestOnlyA2xxIsSuccess(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 203, 206, 299} {
		require.NoError(t, sendSMS(t.Context(), stubbed(t, newStub(reply(status, sentBody)))),
			"status %d", status)
	}
	for _, status := range []int{101, 300, 304, 399, 400, 418, 451, 499} {
		client := stubbed(t, newStub(reply(status, sentBody)))
		_, err := client.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
		var api *APIError
		require.ErrorAs(t, err, &api, "status %d", status)
		require.Equal(t, status, api.Status)
	}
}

func TestWithResponseIsFilledOnSuccessAndFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var r Response
		s := newStub(reply(202, sentBody, "X-Request-Id", "r1", "X-RateLimit-Limit", "120",
			"X-RateLimit-Remaining", "7"),
			reply(422, `{"message":"No.","error":"invalid_request"}`), lost)
		c := stubbed(t, s)
		_, err := c.SMS.Send(t.Context(), oneSMS(), WithResponse(&r), WithIdempotencyKey("k1"))
		require.NoError(t, err)
		require.Equal(t, 202, r.StatusCode)
		require.Equal(t, "r1", r.Header.Get("X-Request-Id"))
		require.Equal(t, sentBody, string(r.Body))
		require.Equal(t, RateLimit{Limit: 120, Remaining: 7}, r.RateLimit)
		require.Equal(t, "k1", r.IdempotencyKey)
		require.Equal(t, 1, r.Attempts)
		require.False(t, r.Replayed)

		_, err = c.SMS.Send(t.Context(), oneSMS(), WithResponse(&r), WithIdempotencyKey("k2"))
		require.Equal(t, responseOf(t, err), r)
		require.Equal(t, 422, r.StatusCode)
		require.Equal(t, "k2", r.IdempotencyKey)

		_, err = c.SMS.Send(t.Context(), oneSMS(), WithResponse(&r), WithIdempotencyKey("k3"))
		require.Equal(t, responseOf(t, err), r)
		require.Equal(t, Response{
			IdempotencyKey: "k3",
			Attempts:       4,
		}, r, "no field of an earlier call or attempt remains")
	})
}

func TestCallRefusesBadInputAndSendsNothing(t *testing.T) {
	t.Parallel()
	s := newStub(reply(200, balanceBody))
	c := stubbed(t, s)
	var noContext context.Context
	_, err := c.Balance.Get(noContext)
	requireParamError(t, err, "ctx", "nil")
	_, err = c.SMS.Send(noContext, oneSMS())
	requireParamError(t, err, "ctx", "nil")
	_, err = c.Balance.Get(t.Context(), nil)
	requireParamError(t, err, "option", "nil")
	_, err = c.Balance.Get(t.Context(), WithMaxRetries(-1))
	requireParamError(t, err, "max retries", "-1", "100")
	require.NoError(t, WithMaxRetries(100)(new(callOptions)))
	_, err = c.Balance.Get(t.Context(), WithMaxRetries(101))
	requireParamError(t, err, "max retries", "101", "100")
	r := Response{StatusCode: 200, Attempts: 1} // of an earlier call
	_, err = c.Balance.Get(t.Context(), WithResponse(&r), WithMaxRetries(101))
	require.Error(t, err)
	require.Equal(t, Response{}, r, "it describes this call")
	_, err = c.Balance.Get(t.Context(), WithResponse(nil))
	requireParamError(t, err, "response", "nil")
	_, err = call[noContent](t.Context(), c.core, request{
		op:   &contract.WebhookCreate,
		body: make(chan int),
	}, nil)
	requireParamError(t, err, "params")
	require.Empty(t, s.requests())
}

func TestEndedContextSendsNothingWithoutALimiter(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newStub(reply(202, sentBody))
	err := sendSMS(ctx, stubbed(t, s, WithLimiter(nil)))
	require.ErrorIs(t, err, context.Canceled)
	requireOutcome(t, OutcomeNotSent, err)
	require.Empty(t, s.requests())
	require.Zero(t, responseOf(t, err).Attempts)
}

func TestSharedOptionsStayUnchanged(t *testing.T) {
	t.Parallel()
	s := newStub(reply(202, sentBody))
	c := stubbed(t, s)
	shared := append(make([]CallOption, 0, 8), WithMaxRetries(1))
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			_, err := c.SMS.Send(t.Context(), oneSMS(),
				append(shared[:1:1], WithIdempotencyKey("k"))...)
			done <- errors.Join(err, getBalance(t.Context(), c))
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
	require.Len(t, s.requests(), 16)
}

func TestUnknownFieldsAndStatusesPassThrough(t *testing.T) {
	t.Parallel()
	s := newStub(reply(200,
		`{"data":{"reference":"r","campaign_id":"c-9","status":"held_for_review",`+
			`"new":{"a":1}},"meta":1}`))
	result, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS())
	require.NoError(t, err)
	require.Equal(t, "held_for_review", result.Status)
	require.Equal(t, ID("c-9"), result.CampaignID)
	data, err := json.Marshal(result)
	require.NoError(t, err)
	require.NotContains(t, string(data), result.IdempotencyKey)
}

func TestEndedContextErrorHasItsOutcome(t *testing.T) {
	stalled := replyBody(202, func(ctx context.Context) io.ReadCloser { return &endlessBody{ctx} })
	for name, c := range map[string]struct {
		step     step
		outcome  Outcome
		requests int
	}{
		"before the call": {nil, OutcomeNotSent, 0},
		"while dialling": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, OutcomeNotSent, 1},
		"while waiting for the response": {hangs, OutcomeUnknown, 1},
		"within the body of a 2xx":       {stalled, OutcomeAccepted, 1},
		"while waiting after a 429":      {reply(429, ``, "Retry-After", "60"), OutcomeRejected, 1},
		"while waiting after a 503":      {reply(503, ``, "Retry-After", "60"), OutcomeUnknown, 1},
		"while waiting after a refused dial": {func(req *http.Request) (*http.Response, error) {
			time.Sleep(5*time.Second - time.Millisecond)
			return refused(req)
		}, OutcomeNotSent, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.step == nil {
					cancel()
				}
				s := newStub(c.step)
				start := time.Now()
				time.AfterFunc(5*time.Second, cancel)
				var r Response
				_, err := stubbed(t, s).SMS.Send(ctx, oneSMS(), WithResponse(&r))
				require.ErrorIs(t, err, context.Canceled)
				requireOutcome(t, c.outcome, err)
				require.Len(t, s.requests(), c.requests)
				require.Equal(t, c.requests, r.Attempts)
				require.LessOrEqual(t, time.Since(start), 5*time.Second)
				var failed *ConnectionError
				require.ErrorAs(t, err, &failed)
				require.NotEmpty(t, failed.Response.IdempotencyKey)
			})
		})
	}
}

func TestAttemptHasATimeLimitOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(hangs)
		start := time.Now()
		_, err := stubbed(t, s).SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
		var failed *ConnectionError
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.Timeout())
		require.ErrorContains(t, err, "no response within the time limit of one attempt")
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		requireOutcome(t, OutcomeUnknown, err)
		require.Equal(t, 30*time.Second, time.Since(start))

		client := stubbed(t, newStub(func(r *http.Request) (*http.Response, error) {
			_, _ = hangs(r)
			return nil, io.ErrClosedPipe
		}))
		_, err = client.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(0))
		require.ErrorContains(t, err, "no response within the time limit of one attempt",
			"whatever error the transport returns")

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = stubbed(t, s).SMS.Send(ctx, oneSMS())
		require.ErrorIs(t, err, context.DeadlineExceeded,
			"the error is that of the caller's deadline")
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.Timeout())
		require.True(t, strings.Contains(err.Error(), "outcome: unknown"), err.Error())
	})
}
