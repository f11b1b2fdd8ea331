package hellio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/contract"
)

func TestRefusedDialIsNotSent(t *testing.T) {
	t.Parallel()
	c := overSockets(t, "http://127.0.0.1:1", quick())
	for name, send := range map[string]func() error{
		"keyed": func() error {
			_, err := c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(1))
			return err
		},
		"paid": func() error { return verifyEmail(t.Context(), c, WithMaxRetries(1)) },
	} {
		err := send()
		requireOutcome(t, OutcomeNotSent, err)
		require.Equal(t, 2, responseOf(t, err).Attempts, "%s: each dial counts as an attempt", name)
		var operation *net.OpError
		require.ErrorAs(t, err, &operation, "the error wraps the cause")
	}
}

func TestPermanentConnectionFailureIsNotRetried(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	count := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	secure := httptest.NewUnstartedServer(count)
	secure.Config.ErrorLog = silent
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewUnstartedServer(count)
	plain.Config.ErrorLog = silent
	plain.Start()
	defer plain.Close()
	wrongName := secure.Client()
	wrongName.Transport.(*http.Transport).TLSClientConfig.ServerName = "elsewhere.example"
	for name, c := range map[string]*Client{
		"an unknown authority":           overSockets(t, secure.URL),
		"a certificate for another host": overSockets(t, secure.URL, WithHTTPClient(wrongName)),
		"TLS to a server without it": overSockets(t,
			strings.Replace(plain.URL, "http:", "https:", 1)),
	} {
		err := sendSMS(t.Context(), c)
		requireOutcome(t, OutcomeNotSent, err)
		require.Equal(t, 1, responseOf(t, err).Attempts, name)
		err = verifyEmail(t.Context(), c)
		requireOutcome(t, OutcomeNotSent, err)
		require.Equal(t, 1, responseOf(t, err).Attempts, name)
	}
	require.Zero(t, hits.Load())
}

// endedTransport is the error of a RoundTripper that can never answer.
type endedTransport struct{}

func (endedTransport) Error() string { return "the transport has ended" }
func (endedTransport) NothingSent()  {}

func TestPermanentTransportErrorIsNotRetried(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(func(*http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("test: %w", endedTransport{})
		})
		client := stubbed(t, s)
		for _, err := range []error{
			sendSMS(t.Context(), client), verifyEmail(t.Context(), client),
			getBalance(t.Context(), client),
		} {
			requireOutcome(t, OutcomeNotSent, err)
			require.ErrorIs(t, err, endedTransport{})
			require.Equal(t, 1, responseOf(t, err).Attempts)
		}
		require.Len(t, s.requests(), 3)
	})
}

func TestResetWithinTheBodyIsUnknown(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		_, _ = io.CopyN(io.Discard, r.Body, 1<<10)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	})
	c := overSockets(t, s.URL, quick())
	for op, attempts := range map[*contract.Operation]int64{
		&contract.SMSSend:     2,
		&contract.EmailVerify: 1,
	} {
		hits.Store(0)
		// more than a socket buffer holds
		body := map[string]string{"message": strings.Repeat("x", 8<<20)}
		_, err := call[map[string]any](t.Context(), c.core, request{
			op:   op,
			body: body,
		}, []CallOption{WithMaxRetries(1)})
		requireOutcome(t, OutcomeUnknown, err)
		require.EqualValues(t, attempts, responseOf(t, err).Attempts, op.Name)
		require.Equal(t, attempts, hits.Load(), op.Name)
	}
}

func TestResetAfterTheRequestIsUnknown(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	})
	c := overSockets(t, s.URL, quick())
	_, err := c.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(1))
	requireOutcome(t, OutcomeUnknown, err)
	require.Equal(t, 2, responseOf(t, err).Attempts)
	err = verifyEmail(t.Context(), c)
	requireOutcome(t, OutcomeUnknown, err)
	require.Equal(t, 1, responseOf(t, err).Attempts, "a call without a key is not retried")
}

// Silent steps fail without a report to httptrace.
func silentlyRefused(*http.Request) (*http.Response, error) { return nil, io.EOF }

func silentlyLost(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
	return nil, io.EOF
}

func TestSilentRoundTripperIsJudgedByTheGate(t *testing.T) {
	for name, c := range map[string]struct {
		step      step
		keyed     Outcome
		unkeyed   Outcome
		read      Outcome
		requests  int // of the unkeyed call
		wantAfter bool
	}{
		"body unread": {silentlyRefused, OutcomeNotSent, OutcomeNotSent, OutcomeUnknown, 3, true},
		"body read":   {silentlyLost, OutcomeUnknown, OutcomeUnknown, OutcomeUnknown, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newStub(c.step)
				client := stubbed(t, s)
				requireOutcome(t, c.keyed, sendSMS(t.Context(), client))
				requireOutcome(t, c.read, getBalance(t.Context(), client))
				before := len(s.requests())
				requireOutcome(t, c.unkeyed, verifyEmail(t.Context(), client))
				require.Equal(t, c.requests, len(s.requests())-before)
			})
		})
	}
}

func TestNotSentIsNeverClaimedFalsely(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		t.Run("HTTP/2: "+strconv.FormatBool(http2), func(t *testing.T) {
			t.Parallel()
			var arrived sync.Map
			s := httptest.NewUnstartedServer(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n, err := io.Copy(io.Discard, r.Body); err == nil && n == r.ContentLength {
						arrived.Store(r.Header.Get("Idempotency-Key"), true)
					}
					_, _ = io.WriteString(w, sentBody)
				}))
			s.Config.ErrorLog = silent
			s.EnableHTTP2 = http2
			s.StartTLS()
			c := overSockets(t, s.URL, WithHTTPClient(s.Client()))
			claimed := map[string]error{}
			for i := range 400 {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Duration(i%100)*5*time.Microsecond, cancel)
				_, err := c.SMS.Send(ctx, oneSMS(), WithMaxRetries(0))
				cancel()
				if err != nil && OutcomeOf(err) == OutcomeNotSent {
					claimed[responseOf(t, err).IdempotencyKey] = err
				}
			}
			s.Close() // waits for the requests that the server is still handling
			require.NotEmpty(t, claimed)
			for key, err := range claimed {
				_, there := arrived.Load(key)
				require.False(t, there, "the request arrived, but the error is: %v", err)
			}
		})
	}
}

func TestTimeoutOfTheCallersClientBoundsOneAttempt(t *testing.T) {
	for name, hc := range map[string]http.Client{
		"http.Client.Timeout":   {Timeout: time.Second},
		"ResponseHeaderTimeout": {Transport: &http.Transport{ResponseHeaderTimeout: time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				client := overPipes(t, says(""), &hc, quick())
				start := time.Now()
				_, err := client.SMS.Send(t.Context(), oneSMS(), WithMaxRetries(1))
				require.Less(t, time.Since(start), 2*time.Second+100*time.Millisecond)
				requireOutcome(t, OutcomeUnknown, err)
				require.Equal(t, 2, responseOf(t, err).Attempts)
				var timeout interface{ Timeout() bool }
				require.True(t, errors.As(err, &timeout) && timeout.Timeout())
				require.NotErrorIs(t, err, context.DeadlineExceeded, "the caller has not cancelled")
			})
		})
	}
}

func TestCookiesOfTheCallersJarAreSent(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sticky"); err == nil {
			got.Store(c.Value)
		}
		http.SetCookie(w, &http.Cookie{Name: "sticky", Value: "node-3", Path: "/"})
		_, _ = io.WriteString(w, balanceBody)
	})
	c := overSockets(t, s.URL, WithHTTPClient(&http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		Jar:       newJar(t),
	}))
	require.NoError(t, getBalance(t.Context(), c))
	require.NoError(t, getBalance(t.Context(), c))
	require.Equal(t, "node-3", got.Load())
}

func TestEachAttemptCarriesItsOwnJarCookies(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newStub(reply(503, `{}`, "Set-Cookie", "sticky=node-4; Path=/"), reply(503, `{}`),
			reply(200, sentBody))
		jar := newJar(t)
		base, err := url.Parse(defaultBaseURL)
		require.NoError(t, err)
		jar.SetCookies(base, []*http.Cookie{{Name: "sticky", Value: "node-3", Path: "/"}})
		c, err := NewClient(testToken, WithHTTPClient(&http.Client{Transport: s, Jar: jar}))
		require.NoError(t, err)
		require.NoError(t, sendSMS(t.Context(), c))
		var sent []string
		for _, r := range s.requests() {
			sent = append(sent, r.header.Get("Cookie"))
		}
		require.Equal(t, []string{"sticky=node-3", "sticky=node-4", "sticky=node-4"}, sent)
	})
}

func TestForeignTransportProvesABodylessDialFailure(t *testing.T) {
	for name, c := range map[string]struct {
		step    step
		outcome Outcome
	}{
		"failed dial":        {refused, OutcomeNotSent},
		"no connection":      {neverConnects, OutcomeUnknown},
		"closed connection":  {connected, OutcomeUnknown},
		"failed certificate": {badCertificate, OutcomeUnknown},
		"several routes": {func(req *http.Request) (*http.Response, error) {
			_, err := refused(req)
			return nil, errors.Join(err, io.EOF)
		}, OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				client := stubbed(t, newStub(c.step))
				client.core.wire.direct = false
				requireOutcome(t, c.outcome, getBalance(ctx, client))
			})
		})
	}
}

func TestPaidRequestNeverBeginsInTheLastSecond(t *testing.T) {
	paid := map[string]func(context.Context, *Client) error{
		"keyed":    classCalls[classKeyed],
		"billable": classCalls[classBillable],
	}
	slow := func(n int64, by time.Duration) *tokens {
		return &tokens{fetch: func(asked int64) (string, error) {
			if asked == n {
				time.Sleep(by)
			}
			return "token", nil
		}}
	}
	for name, c := range map[string]struct {
		left     time.Duration
		steps    []step
		opt      func() Option
		requests int
		outcome  Outcome
	}{
		"too little left": {999 * time.Millisecond, []step{lost}, func() Option {
			return WithLimiter(nil)
		}, 0, OutcomeNotSent},
		"slow token source": {4 * time.Second, []step{lost}, func() Option {
			return WithTokenSource(slow(1, 3100*time.Millisecond))
		}, 0, OutcomeNotSent},
		"slow limiter": {4 * time.Second,
			[]step{lost},
			func() Option {
				return WithLimiter(&limiter{wait: func(int) error {
					time.Sleep(3100 * time.Millisecond)
					return nil
				}})
			},
			0,
			OutcomeNotSent,
		},
		"slow token before the retry": {4 * time.Second,
			[]step{reply(429, refusalBody, "Retry-After", "0"), lost},
			func() Option { return WithTokenSource(slow(2, 2500*time.Millisecond)) },
			1,
			OutcomeRejected,
		},
	} {
		for kind, send := range paid {
			t.Run(name+"/"+kind, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), c.left)
					defer cancel()
					s := newStub(c.steps...)
					client := stubbed(t, s, c.opt())
					client.core.random = func() float64 { return 0 }
					err := send(ctx, client)
					requireOutcome(t, c.outcome, err)
					require.ErrorContains(t, err, "less than 1s is left")
					require.NotErrorIs(t, err, context.DeadlineExceeded,
						"the deadline has not passed")
					require.Len(t, s.requests(), c.requests)
					advice, _ := RetryAdvice(err)
					require.Equal(t, AdviceRetry, advice)
				})
			})
		}
	}
}

func TestUnpaidRequestMayBeginInTheLastSecond(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		require.NoError(t, getBalance(ctx, stubbed(t, newStub(reply(200, balanceBody)))))
		require.NoError(t, deleteWebhook(ctx, stubbed(t, newStub(reply(204, ``)))))
	})
}

func TestWholeBodyNeedsNoEndOfStream(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		late := func(req *http.Request) (*http.Response, error) {
			resp, err := replyBody(200, func(ctx context.Context) io.ReadCloser {
				return io.NopCloser(io.MultiReader(strings.NewReader(balanceBody),
					&endlessBody{ctx}))
			})(req)
			resp.ContentLength = int64(len(balanceBody))
			return resp, err
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.NoError(t, getBalance(ctx, stubbed(t, newStub(late))))
	})
}
