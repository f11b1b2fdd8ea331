package helliootel_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliootel"
	"github.com/hellio-go/hellio/helliotest"
)

const (
	toFake = "server.address=fake.hellio.invalid server.port=443"
	post   = "  POST /sms/send [client "
	sms    = "http.request.method=POST "
)

func TestSpansShowHowACallEnds(t *testing.T) {
	for name, c := range map[string]struct {
		world  []helliotest.Option
		faults func(f *helliotest.Fake)
		call   func(ctx context.Context, c *hellio.Client) error
		want   []string
	}{
		"a success": {
			call: sendSMS,
			want: []string{
				"sms_send [internal Unset] hellio.attempts=1 hellio.operation=sms_send " +
					"hellio.outcome=accepted hellio.replayed=false",
				post + "Unset] " + sms + "http.response.status_code=202 " +
					toFake + " url.template=/sms/send",
			},
		},
		"a lost reply, then the replay": {
			faults: func(f *helliotest.Fake) {
				f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
			},
			call: sendSMS,
			want: []string{
				"sms_send [internal Unset] hellio.attempts=2 hellio.operation=sms_send " +
					"hellio.outcome=accepted hellio.replayed=true",
				"* hellio.retry hellio.retry.reason=connection lost hellio.wait.duration=0s",
				post + "Error] error.type=eof " + sms + toFake + " url.template=/sms/send",
				post + "Unset] http.request.method=POST http.request.resend_count=1 " +
					"http.response.status_code=202 " + toFake + " url.template=/sms/send",
			},
		},
		"a 429, then a success": {
			faults: func(f *helliotest.Fake) {
				f.Fault(helliotest.SMSSend, helliotest.Nth(1),
					helliotest.RateLimited(7*time.Second))
			},
			call: sendSMS,
			want: []string{
				"sms_send [internal Unset] hellio.attempts=2 hellio.operation=sms_send " +
					"hellio.outcome=accepted hellio.replayed=false",
				"* hellio.retry hellio.retry.reason=429 hellio.wait.duration=7s",
				post + "Error] error.type=429 " + sms + "http.response.status_code=429 " +
					toFake + " url.template=/sms/send",
				post + "Unset] http.request.method=POST http.request.resend_count=1 " +
					"http.response.status_code=202 " + toFake + " url.template=/sms/send",
			},
		},
		"a refusal": {
			faults: func(f *helliotest.Fake) {
				f.Fault(helliotest.SMSSend, helliotest.Nth(1),
					helliotest.Status(422, "sender_not_approved"))
			},
			call: sendSMS,
			want: []string{
				"sms_send [internal Error] error.type=422 hellio.attempts=1 " +
					"hellio.operation=sms_send hellio.outcome=rejected hellio.replayed=false",
				post + "Error] error.type=422 " + sms + "http.response.status_code=422 " +
					toFake + " url.template=/sms/send",
			},
		},
		"an unkeyed write whose reply is lost": {
			faults: func(f *helliotest.Fake) {
				f.Fault(helliotest.EmailVerify, helliotest.Nth(1), helliotest.LoseReply())
			},
			call: verifyEmail,
			want: []string{
				"email_verify [internal Error] error.type=eof hellio.attempts=1 " +
					"hellio.operation=email_verify hellio.outcome=unknown hellio.replayed=false",
				"  POST /email/verify [client Error] error.type=eof " +
					"http.request.method=POST " + toFake + " url.template=/email/verify",
			},
		},
		"a body that is not JSON": {
			faults: func(f *helliotest.Fake) {
				f.Fault(helliotest.BalanceGet, helliotest.Nth(1), helliotest.NotJSON())
			},
			call: func(ctx context.Context, c *hellio.Client) error {
				_, err := c.Balance.Get(ctx, hellio.WithMaxRetries(0))
				return err
			},
			want: []string{
				"balance_get [internal Error] error.type=decode hellio.attempts=1 " +
					"hellio.operation=balance_get hellio.outcome=unknown hellio.replayed=false",
				"  GET /balance [client Error] error.type=decode http.request.method=GET " +
					"http.response.status_code=200 " + toFake + " url.template=/balance",
			},
		},
		"a wrong code, which is a result": {
			world: []helliotest.Option{helliotest.WithOTP(testNumber, "123456")},
			call: func(ctx context.Context, c *hellio.Client) error {
				_, err := c.OTP.Verify(ctx,
					&hellio.OTPVerifyParams{MobileNumber: testNumber, Code: "654321"})
				return err
			},
			want: []string{
				"otp_verify [internal Unset] hellio.attempts=1 hellio.operation=otp_verify " +
					"hellio.outcome=accepted hellio.replayed=false",
				"  POST /otp/verify [client Unset] http.request.method=POST " +
					"http.response.status_code=422 " + toFake + " url.template=/otp/verify",
			},
		},
		"an id in the path": {
			call: func(ctx context.Context, c *hellio.Client) error {
				_, err := c.Reports.GetMessage(ctx, "90211")
				return err
			},
			want: []string{
				"message_get [internal Error] error.type=404 hellio.attempts=1 " +
					"hellio.operation=message_get hellio.outcome=rejected hellio.replayed=false",
				"  GET /messages/{id} [client Error] error.type=404 http.request.method=GET " +
					"http.response.status_code=404 " + toFake + " url.template=/messages/{id}",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				fake := helliotest.New(t, c.world...)
				if c.faults != nil {
					c.faults(fake)
				}
				seen := observe(t)
				_ = c.call(t.Context(), fake.Client(seen.option(), hellio.WithLimiter(nil)))
				require.Equal(t, c.want, outline(seen.spans()))
			})
		})
	}
}

func sendSMS(ctx context.Context, c *hellio.Client) error {
	_, err := c.SMS.Send(ctx, oneSMS())
	return err
}

func verifyEmail(ctx context.Context, c *hellio.Client) error {
	_, err := c.Email.Verify(ctx,
		&hellio.EmailVerifyParams{Emails: []string{helliotest.EmailDeliverable}})
	return err
}

func TestRetryEventHasTheWholeWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		seen := observe(t)
		require.NoError(t, sendSMS(t.Context(), fake.Client(seen.option())))
		spans := seen.spans()
		call := spans[0]
		require.Len(t, call.Events, 1)
		require.Equal(t, spans[1].EndTime, call.Events[0].Time)
		wait := spans[2].StartTime.Sub(spans[1].EndTime)
		require.Positive(t, wait)
		require.Equal(t, "hellio.wait.duration", string(call.Events[0].Attributes[1].Key))
		require.Equal(t, wait.Seconds(), call.Events[0].Attributes[1].Value.AsFloat64())
	})
}

func TestLimiterWaitIsAnEvent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		client := helliotest.New(t, helliotest.WithRateLimit(1)).Client(seen.option())
		require.NoError(t, sendSMS(t.Context(), client))
		seen.exported.Reset()
		time.Sleep(10 * time.Second)
		require.NoError(t, sendSMS(t.Context(), client))
		call, attempt := seen.spans()[0], seen.spans()[1]
		require.Equal(t, "* hellio.limiter_wait hellio.wait.duration=50s",
			outline(seen.spans())[1])
		require.Equal(t, attempt.StartTime, call.Events[0].Time)
		require.Equal(t, 50*time.Second, attempt.StartTime.Sub(call.StartTime))
	})
}

// A retry waits for its backoff, then for the limiter.
func TestLimiterWaitExcludesTheBackoff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		slow := delays{each: 3 * time.Second}
		require.NoError(t,
			sendSMS(t.Context(), fake.Client(seen.option(), hellio.WithLimiter(slow))))
		call := seen.spans()[0]
		require.Len(t, call.Events, 3)
		for _, i := range []int{0, 2} {
			require.Equal(t, "hellio.limiter_wait", call.Events[i].Name)
			require.Equal(t, 3.0, call.Events[i].Attributes[0].Value.AsFloat64())
		}
		require.Equal(t, "hellio.retry", call.Events[1].Name)
	})
}

// delays is a Limiter that lets each attempt wait, or refuses it.
type delays struct {
	each time.Duration
	err  error
}

func (d delays) Wait(context.Context, hellio.LimitRequest) error {
	time.Sleep(d.each)
	return d.err
}

func (delays) Observe(hellio.LimitRequest, hellio.LimitResult) {}

func TestCancelledCallEndsItsSpans(t *testing.T) {
	for name, c := range map[string]struct {
		latency time.Duration
		limit   int
		want    []string
	}{
		"in the request": {
			latency: time.Minute,
			want: []string{
				"sms_send [internal Error] error.type=cancelled hellio.attempts=1 " +
					"hellio.operation=sms_send hellio.outcome=unknown hellio.replayed=false",
				post + "Error] error.type=cancelled " + sms + toFake + " url.template=/sms/send",
			},
		},
		"in the wait for the limiter": {
			limit: 1,
			want: []string{
				"sms_send [internal Error] error.type=cancelled hellio.attempts=0 " +
					"hellio.operation=sms_send hellio.outcome=not sent hellio.replayed=false",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				seen := observe(t)
				client := helliotest.New(t, helliotest.WithRateLimit(c.limit),
					helliotest.WithLatency(c.latency)).Client(seen.option())
				if c.limit > 0 {
					require.NoError(t, sendSMS(t.Context(), client))
					seen.exported.Reset()
				}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				require.ErrorIs(t, sendSMS(ctx, client), context.Canceled)
				require.Equal(t, c.want, outline(seen.spans()))
				require.NotEmpty(t, seen.metrics(t), "a cancelled context loses no metric")
			})
		})
	}
}

func TestSpansNestBelowTheCallersSpan(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		client := helliotest.New(t).Client(seen.option())
		ctx, parent := seen.provider.Tracer("app").Start(t.Context(), "checkout")
		require.NoError(t, sendSMS(ctx, client))
		parent.End()
		spans := seen.spans()
		require.Len(t, spans, 3)
		checkout := spans[0]
		call := spans[1]
		attempt := spans[2]
		require.Equal(t, "checkout", checkout.Name)
		require.Equal(t, checkout.SpanContext.SpanID(), call.Parent.SpanID())
		require.Equal(t, call.SpanContext.SpanID(), attempt.Parent.SpanID())
		require.Equal(t, checkout.SpanContext.TraceID(), attempt.SpanContext.TraceID())
	})
}

// loginSource fetches its token with a call of its own, within another call.
type loginSource struct {
	login func(ctx context.Context) (*hellio.AccessToken, error)
}

func (s loginSource) Token(ctx context.Context) (string, error) {
	token, err := s.login(ctx)
	if err != nil {
		return "", err
	}
	return token.Token, nil
}

func TestCallWithinACallHasItsOwnSpans(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t)
		user := helliotest.LoginUser{Email: "ama@example.com", Password: "correct-horse"}
		fake := helliotest.New(t, helliotest.WithLogin(user))
		source := loginSource{func(ctx context.Context) (*hellio.AccessToken, error) {
			params := &hellio.LoginParams{Email: user.Email, Password: user.Password}
			return hellio.Login(ctx, params, seen.option(), hellio.WithHTTPClient(fake.HTTPClient()))
		}}
		client := fake.Client(seen.option(), hellio.WithTokenSource(source))
		require.NoError(t, sendSMS(t.Context(), client))
		parents := map[string]string{}
		names := map[oteltrace.SpanID]string{}
		for _, s := range seen.spans() {
			names[s.SpanContext.SpanID()] = s.Name
		}
		for _, s := range seen.spans() {
			parents[s.Name] = names[s.Parent.SpanID()]
		}
		require.Equal(t, map[string]string{
			"sms_send":         "",
			"auth_token":       "sms_send",
			"POST /auth/token": "auth_token",
			"POST /sms/send":   "sms_send",
		}, parents)
	})
}

func TestUnsampledCallsStillHaveMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := observe(t, trace.WithSampler(trace.NeverSample()))
		fake := helliotest.New(t)
		require.NoError(t, sendSMS(t.Context(), fake.Client(seen.option())))
		require.Empty(t, seen.spans())
		require.Contains(t, seen.metrics(t), "hellio.calls")
		require.Regexp(t, "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$",
			fake.Requests()[0].Header.Get("Traceparent"))
	})
}

func TestNoopProvidersChangeNoCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		tracer, err := helliootel.New(
			helliootel.WithTracerProvider(tracenoop.NewTracerProvider()),
			helliootel.WithMeterProvider(metricnoop.NewMeterProvider()))
		require.NoError(t, err)
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		require.NoError(t, sendSMS(t.Context(), fake.Client(hellio.WithTracer(tracer))))
		require.NotContains(t, fake.Requests()[0].Header, "Traceparent")
	})
}

func TestConcurrentCallsKeepTheirSpansApart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const callers = 64
		seen := observe(t)
		fake := helliotest.New(t)
		fake.Fault(helliotest.SMSSend, helliotest.Times(callers/4), helliotest.LoseReply())
		client := fake.Client(seen.option())
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() { _ = sendSMS(t.Context(), client) })
		}
		wg.Wait()
		attempts := map[oteltrace.SpanID]int{}
		calls := 0
		for _, s := range seen.spans() {
			if s.SpanKind == oteltrace.SpanKindClient {
				attempts[s.Parent.SpanID()]++
			}
		}
		for _, s := range seen.spans() {
			if s.SpanKind != oteltrace.SpanKindInternal {
				continue
			}
			calls++
			require.Contains(t, s.Attributes, attemptCount(attempts[s.SpanContext.SpanID()]))
		}
		require.Equal(t, callers, calls)
		require.Len(t, fake.Requests(), callers+callers/4)
	})
}
