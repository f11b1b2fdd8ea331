package hellio

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spans is a Tracer that records its calls.
type spans struct {
	seen    []string
	panicAt string
	foreign bool // returns nil contexts
}

type spanKey struct{}

func (s *spans) note(ctx context.Context, text string) context.Context {
	s.seen = append(s.seen, fmt.Sprintf("%s in %v", text, ctx.Value(spanKey{})))
	if s.panicAt != "" && s.panicAt == text[:len(s.panicAt)] {
		panic("the tracer's own")
	}
	if s.foreign {
		return nil
	}
	return context.WithValue(ctx, spanKey{}, text)
}

func (s *spans) StartCall(ctx context.Context, c CallStart) context.Context {
	return s.note(ctx, "call "+c.Operation+" "+c.Route)
}

func (s *spans) EndCall(ctx context.Context, c CallEnd) {
	s.note(ctx, fmt.Sprintf("end %s %d %v", c.Operation, c.Response.Attempts, c.Err != nil))
}

func (s *spans) StartAttempt(ctx context.Context, a AttemptStart) context.Context {
	return s.note(ctx, fmt.Sprintf("attempt %d", a.Number))
}

func (s *spans) EndAttempt(ctx context.Context, a Attempt) {
	s.note(ctx, fmt.Sprintf("ended %d %d %v", a.Number, a.StatusCode, a.Final))
}

func TestTracerSeesCallAndAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		tracer := &spans{}
		var inner []any
		observe := func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(r *http.Request) (*http.Response, error) {
				inner = append(inner, r.Context().Value(spanKey{}))
				return next.RoundTrip(r)
			})
		}
		c := stubbed(t, newStub(lost, reply(202, sentBody)), WithTracer(tracer),
			WithMiddleware(observe))
		require.NoError(t, sendSMS(t.Context(), c))
		require.Equal(t, []string{
			"call sms_send /sms/send in <nil>",
			"attempt 1 in call sms_send /sms/send",
			"ended 1 0 false in attempt 1",
			"attempt 2 in call sms_send /sms/send",
			"ended 2 202 true in attempt 2",
			"end sms_send 2 false in call sms_send /sms/send",
		}, tracer.seen)
		require.Equal(t, []any{"attempt 1", "attempt 2"}, inner,
			"the attempt's context reaches the transport")
	})
}

// headerTracer adds headers to each attempt.
type headerTracer struct {
	spans
	add     func(h http.Header, attempt int)
	address string
}

func (h *headerTracer) StartCall(ctx context.Context, c CallStart) context.Context {
	h.address = c.Address
	return ctx
}

func (h *headerTracer) StartAttempt(ctx context.Context, a AttemptStart) context.Context {
	h.add(a.Header, a.Number)
	return ctx
}

func TestTracerAddsHeadersToItsAttemptOnly(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(lost, reply(202, sentBody))
		tracer := &headerTracer{add: func(h http.Header, attempt int) {
			require.Empty(t, h, "nothing survives the attempt before")
			h["traceparent"] = []string{fmt.Sprint("of attempt ", attempt)}
			h.Set(fmt.Sprint("X-Only-", attempt), "yes")
		}}
		require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithTracer(tracer))))
		first, second := s.requests()[0].header, s.requests()[1].header
		require.Equal(t, "of attempt 1", first.Get("Traceparent"))
		require.Equal(t, "of attempt 2", second.Get("Traceparent"))
		require.Equal(t, "yes", first.Get("X-Only-1"))
		require.NotContains(t, second, "X-Only-1")
	})
}

func TestTracerCannotChangeTheClientsHeaders(t *testing.T) {
	t.Parallel()
	bare := newStub(reply(202, sentBody))
	require.NoError(t, sendSMS(t.Context(), stubbed(t, bare)))
	own := bare.requests()[0].header
	s := newStub(reply(202, sentBody))
	tracer := &headerTracer{add: func(h http.Header, _ int) {
		for name := range own {
			h.Set(name, "other")
			h[strings.ToLower(name)] = []string{"other"}
		}
	}}
	require.NoError(t, sendSMS(t.Context(), stubbed(t, s, WithTracer(tracer))))
	sent := s.requests()[0].header
	require.NotEqual(t, "other", sent.Get("Idempotency-Key"))
	own.Del("Idempotency-Key")
	sent.Del("Idempotency-Key")
	require.Equal(t, own, sent)
}

func TestTracerSeesHostAndPort(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		defaultBaseURL:                "api.helliomessaging.com:443",
		"https://gateway.test:8443/h": "gateway.test:8443",
		"http://localhost/v1":         "localhost:80",
		"http://[::1]:8420/v1":        "[::1]:8420",
	} {
		tracer := &headerTracer{add: func(http.Header, int) {}}
		c := stubbed(t, newStub(reply(202, sentBody)), WithTracer(tracer), WithBaseURL(base))
		require.NoError(t, sendSMS(t.Context(), c))
		require.Equal(t, want, tracer.address)
	}
}

func TestTracerSeesNoCallOfBadParams(t *testing.T) {
	t.Parallel()
	tracer := &spans{}
	_, err := stubbed(t, newStub(lost), WithTracer(tracer)).SMS.Send(t.Context(), &SMSSendParams{})
	require.Error(t, err)
	require.Empty(t, tracer.seen)
}

func TestTracerMayReturnNilContexts(t *testing.T) {
	t.Parallel()
	require.NoError(t,
		sendSMS(t.Context(),
			stubbed(t, newStub(reply(202, sentBody)), WithTracer(&spans{foreign: true}))))
}

func TestTracerThatPanicsEndsTheCall(t *testing.T) {
	for _, at := range []string{"call", "attempt", "ended", "end"} {
		t.Run(at, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := &limiter{}
				c := stubbed(t, newStub(reply(202, sentBody)), WithTracer(&spans{panicAt: at}),
					WithLimiter(l))
				require.PanicsWithValue(t, "the tracer's own", func() {
					_ = sendSMS(t.Context(), c)
				})
				require.Equal(t, l.waits, l.observed, "the limiter learns of each attempt")
			})
		})
	}
}

func TestMiddlewareWrapsFirstOutermost(t *testing.T) {
	t.Parallel()
	var order []string
	named := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return roundTripFunc(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	c := stubbed(t, newStub(reply(202, sentBody)), WithMiddleware(named("a"), named("b")),
		WithMiddleware(named("c")))
	require.NoError(t, sendSMS(t.Context(), c))
	require.Equal(t, []string{"a", "b", "c"}, order)
}

func TestMiddlewareKeepsAConnectionForEachUnkeyedWrite(t *testing.T) {
	t.Parallel()
	s, conns := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, anyResult)
	})
	pass := func(next http.RoundTripper) http.RoundTripper { return roundTripFunc(next.RoundTrip) }
	c := overSockets(t, s.URL, WithMiddleware(pass))
	for range 3 {
		require.NoError(t, verifyEmail(t.Context(), c))
	}
	require.EqualValues(t, 3, conns.Load())
}

func TestBadMiddlewareAndTracerAreRefused(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]Option{
		"middleware": WithMiddleware(nil),
		"tracer":     WithTracer(nil),
	} {
		_, err := NewClient(testToken, o)
		requireParamError(t, err, field, "nil")
	}
	for _, rt := range []http.RoundTripper{nil, newStub(lost)} {
		none := func(http.RoundTripper) http.RoundTripper { return nil }
		_, err := NewClient(testToken, WithHTTPClient(&http.Client{Transport: rt}),
			WithMiddleware(none))
		requireParamError(t, err, "middleware", "returns nil")
	}
}

func TestAttemptSaysWhetherTheClientRetries(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen []Attempt
		hook := func(_ context.Context, a Attempt) { seen = append(seen, a) }
		c := stubbed(t, newStub(lost, reply(202, sentBody)), WithAttemptHook(hook))
		require.NoError(t, sendSMS(t.Context(), c))
		require.Len(t, seen, 2)
		require.False(t, seen[0].Final)
		require.True(t, seen[1].Final)
		require.Equal(t, "connection lost", seen[0].RetryBecause)
		require.Equal(t, seen[1].Wait, seen[0].RetryIn)
		require.Empty(t, seen[1].RetryBecause)
		require.Zero(t, seen[1].RetryIn)
		require.Contains(t, fmt.Sprint(seen[0]),
			fmt.Sprintf(", retry in %s because: connection lost}", seen[0].RetryIn))
		require.Equal(t, "sms_send", seen[0].Operation)
		require.Positive(t, seen[1].Wait)
		require.Less(t, seen[1].Wait, time.Second)
	})
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
