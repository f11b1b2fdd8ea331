package helliotest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// goroutineID returns the first line of the goroutine's stack.
func goroutineID() string {
	text := make([]byte, 64)
	text = text[:runtime.Stack(text, false)]
	name, _, _ := bytes.Cut(text, []byte(" ["))
	return string(name)
}

func TestOnlyCallsThatCannotWaitRunInline(t *testing.T) {
	t.Parallel()
	delayed := func(f *helliotest.Fake) {
		f.Fault(helliotest.SMSSend, helliotest.Nth(9), helliotest.Delay(time.Hour))
	}
	plain := func(*helliotest.Fake) {}
	text := func() io.Reader { return strings.NewReader(oneSMS) }
	for name, c := range map[string]struct {
		body   func() io.Reader
		set    func(f *helliotest.Fake)
		option helliotest.Option
		inline bool
	}{
		"a body in memory": {text, plain, helliotest.Lenient(), true},
		"a body of an unknown type": {func() io.Reader {
			return struct{ io.Reader }{text()}
		}, plain, helliotest.Lenient(), false},
		"a latency": {text, plain, helliotest.WithLatency(time.Nanosecond), false},
		"a delay of another operation": {text, func(f *helliotest.Fake) {
			f.Fault(helliotest.OTPSend, helliotest.Nth(9), helliotest.Delay(time.Hour))
		}, helliotest.Lenient(), true},
		"a delay": {text, delayed, helliotest.Lenient(), true}, // the body alone
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := helliotest.New(t, c.option, helliotest.AllowUnusedFaults())
			c.set(f)
			caller, reader := goroutineID(), ""
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				WroteRequest: func(httptrace.WroteRequestInfo) { reader = goroutineID() },
			})
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sms/send", c.body())
			require.NoError(t, err)
			req.Header.Set("Authorization", "Bearer "+helliotest.DefaultToken)
			req.Header.Set("Content-Type", "application/json")
			resp, err := f.RoundTripper().RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusAccepted, resp.StatusCode)
			require.Equal(t, c.inline, reader == caller)
		})
	}
}

func TestADelayedSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t)
		client := f.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
		f.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.Delay(time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		began := time.Now()
		_, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
			Recipients: []string{someone},
			Sender:     "HELLIO",
			Message:    "Hi",
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 20*time.Millisecond, time.Since(began))
		require.Empty(t, f.Messages())
	})
}

func TestGoexitInAHookKeepsTheFakeUsable(t *testing.T) {
	t.Parallel()
	f := helliotest.New(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { runtime.Goexit() },
		})
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sms/send",
			strings.NewReader(oneSMS))
		if err == nil {
			_, _ = f.RoundTripper().RoundTrip(req) //nolint:bodyclose // it does not return
		}
	}()
	<-ended
	sendTo(t, f, someone)
	require.NoError(t, f.Close()) // joins all calls
}
