package hellio_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

type webhookFunc = func(context.Context, *hellio.WebhookEvent) error

func ignore(context.Context, *hellio.WebhookEvent) error { return nil }

// quiet discards the log of a handler that a test makes fail.
func quiet() hellio.WebhookOption {
	return hellio.WithWebhookLogger(slog.New(slog.DiscardHandler))
}

func webhookHandler(
	t testing.TB,
	handle webhookFunc,
	opts ...hellio.WebhookOption,
) *hellio.WebhookHandler {
	t.Helper()
	opts = append([]hellio.WebhookOption{quiet()}, opts...)
	h, err := hellio.NewWebhookHandler([]string{webhookSecret}, handle, opts...)
	require.NoError(t, err)
	return h
}

// post sends one request to a handler.
func post(h http.Handler, headers http.Header, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/hooks/hellio", strings.NewReader(body))
	r.Header = headers
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// deliver sends a delivery that is signed now, and returns the status of the
// response.
func deliver(h http.Handler, body string) int {
	return post(h, signedNow(webhookSecret, body), body).Code
}

// deliverLater is deliver on another goroutine.
func deliverLater(h http.Handler, body string) <-chan int {
	status := make(chan int, 1)
	go func() { status <- deliver(h, body) }()
	return status
}

// seen is a handler's function that keeps its events.
type seen struct {
	mu     sync.Mutex
	events []*hellio.WebhookEvent
}

func (s *seen) handle(_ context.Context, e *hellio.WebhookEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
	return nil
}

// requireParamField checks that an error is a *ParamError of a field.
func requireParamField(t testing.TB, field string, err error) {
	t.Helper()
	var p *hellio.ParamError
	require.ErrorAs(t, err, &p)
	require.Equal(t, field, p.Field)
}

func TestADeliveryThatComesTwiceIsHandledOnce(t *testing.T) {
	t.Parallel()
	s := new(seen)
	h := webhookHandler(t, s.handle)
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Len(t, s.events, 1)
	require.Equal(t, "prv-77", s.events[0].ProviderMessageID)

	other := strings.Replace(deliveredBody, "prv-77", "prv-78", 1)
	require.Equal(t, http.StatusOK, deliver(h, other))
	require.Len(t, s.events, 2)
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Len(t, s.events, 2, "the default store keeps more than the last event")
}

func TestEveryReportOfAMessageIsHandled(t *testing.T) {
	t.Parallel()
	s := new(seen)
	h := webhookHandler(t, s.handle)
	for _, change := range [][2]string{
		{"", ""},
		{"message.delivered", "message.failed"},
		{`"status":"delivered"`, `"status":"sent"`},
		{"+233209990001", "+233209990002"},
	} {
		body := strings.Replace(deliveredBody, change[0], change[1], 1)
		require.Equal(t, http.StatusOK, deliver(h, body))
	}
	require.Len(t, s.events, 4)
}

func TestAFailedDeliveryIsHandledAgain(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"an error":             func() error { return errors.New("no database") },
		"a panic":              func() error { panic("no database") },
		"a panic with a slice": func() error { panic([]int{1}) },
		"a nil dereference": func() error {
			var e *hellio.WebhookEvent
			return errors.New(e.Event)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
				if calls++; calls <= 3 {
					return fail()
				}
				return nil
			})
			for range 3 {
				require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
			}
			require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
			require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
			require.Equal(t, 4, calls)
		})
	}
}

func TestAnAbortedHandlerReleasesItsClaim(t *testing.T) {
	t.Parallel()
	s := new(seen)
	abort := true
	h := webhookHandler(t, func(ctx context.Context, e *hellio.WebhookEvent) error {
		if abort {
			panic(http.ErrAbortHandler)
		}
		return s.handle(ctx, e)
	})
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { deliver(h, deliveredBody) })
	abort = false
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Len(t, s.events, 1)
}

// 200 would lose the event if the first delivery then failed.
func TestASecondDeliveryIsRefusedDuringTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
			calls++
			time.Sleep(12 * time.Second) // longer than the API waits
			return nil
		})
		first := deliverLater(h, deliveredBody)
		time.Sleep(10 * time.Second)
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody))
		require.Equal(t, http.StatusOK, <-first)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
		require.Equal(t, 1, calls)
	})
}

func TestAHandlersContextEndsWithinItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhookHandler(t, func(ctx context.Context, _ *hellio.WebhookEvent) error {
			<-ctx.Done()
			return ctx.Err()
		})
		begin := time.Now()
		require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
		require.Equal(t, 30*time.Second, time.Since(begin))
	})
}

// overrun runs a handler whose first run ignores its context for 70 s and whose
// later runs take 20 s. A second run begins when the lease of the first has
// ended. overrun returns the statuses of both.
func overrun(
	t *testing.T,
	runs *atomic.Int64,
	result func(run int64) error,
) (h http.Handler, first, second <-chan int) {
	t.Helper()
	h = webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
		run := runs.Add(1)
		if run == 1 {
			time.Sleep(70 * time.Second)
		} else {
			time.Sleep(20 * time.Second)
		}
		return result(run)
	})
	first = deliverLater(h, deliveredBody)
	time.Sleep(61 * time.Second)
	return h, first, deliverLater(h, deliveredBody)
}

func TestALateFailureLeavesTheNextHandlersClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		h, first, second := overrun(t, &runs, func(run int64) error {
			if run == 1 {
				return errors.New("no database")
			}
			return nil
		})
		require.Equal(t, http.StatusInternalServerError, <-first)
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody))
		require.Equal(t, http.StatusOK, <-second)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
		require.EqualValues(t, 2, runs.Load())
	})
}

func TestALateSuccessLeavesTheNextHandlersClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		h, first, second := overrun(t, &runs, func(run int64) error {
			if run == 2 {
				return errors.New("no database")
			}
			return nil
		})
		require.Equal(t, http.StatusInternalServerError, <-first, "not committed")
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody))
		require.Equal(t, http.StatusInternalServerError, <-second)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody), "the event is not lost")
		require.EqualValues(t, 3, runs.Load())
	})
}

func TestBothSecretsOfARotationAreAccepted(t *testing.T) {
	t.Parallel()
	s := new(seen)
	secrets := []string{webhookSecret, nextSecret}
	h, err := hellio.NewWebhookHandler(secrets, s.handle, quiet())
	require.NoError(t, err)
	for _, secret := range secrets {
		w := post(h, signedNow(secret, deliveredBody), deliveredBody)
		require.Equal(t, http.StatusOK, w.Code)
	}
	require.Len(t, s.events, 1, "both endpoints report the same event")
	other := strings.Replace(deliveredBody, "prv-77", "prv-78", 1)
	require.Equal(t, http.StatusOK, post(h, signedNow(nextSecret, other), other).Code)
	require.Len(t, s.events, 2)
}

func TestAWebhookHandlerCopiesItsSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{webhookSecret}
	h, err := hellio.NewWebhookHandler(secrets, ignore, quiet())
	require.NoError(t, err)
	secrets[0] = ""
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	w := post(h, signedNow("", deliveredBody), deliveredBody)
	require.Equal(t, http.StatusUnauthorized, w.Code)
}

func TestABodyOnlySignatureCountsOnlyWithoutV2(t *testing.T) {
	t.Parallel()
	both := func(changes ...func(http.Header)) http.Header {
		h := signedNow(webhookSecret, deliveredBody)
		for _, change := range changes {
			change(h)
		}
		return h
	}
	noV2 := deleteHeaders(headerV2)
	wrongLowerV2 := setHeader(strings.ToLower(headerV2), zeroHex)
	noV2Time := deleteHeaders(headerV2, headerStamp)
	right := hexMAC(webhookSecret, deliveredBody)
	for name, c := range map[string]struct {
		headers http.Header
		strict  int
		allowed int // with AllowBodyOnlySignature
	}{
		"both":                         {both(), 200, 200},
		"V1 alone":                     {both(noV2Time), 401, 200},
		"V1 in lower case":             {http.Header{strings.ToLower(headerV1): {right}}, 401, 200},
		"V2 removed":                   {both(noV2), 401, 200},
		"V1 right, V2 wrong":           {both(setHeader(headerV2, zeroHex)), 401, 401},
		"V1 right, v2 wrong":           {both(noV2, wrongLowerV2), 401, 401},
		"V1 right, V2 empty":           {both(setHeader(headerV2, "")), 401, 401},
		"V1 right, V2 without a time":  {both(deleteHeaders(headerStamp)), 401, 401},
		"V1 right, V2 too old":         {signedAt(webhookSecret, "1", deliveredBody), 401, 401},
		"V1 wrong":                     {both(noV2Time, setHeader(headerV1, zeroHex)), 401, 401},
		"V1 twice":                     {both(noV2Time, repeatHeader(headerV1)), 401, 401},
		"neither":                      {http.Header{}, 401, 401},
		"a time alone":                 {http.Header{headerStamp: {"1"}}, 401, 401},
		"V1 of a timestamped delivery": {http.Header{headerV1: both()[headerV2]}, 401, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			strict := webhookHandler(t, ignore)
			allowed := webhookHandler(t, ignore, hellio.AllowBodyOnlySignature())
			require.Equal(t, c.strict, post(strict, c.headers, deliveredBody).Code)
			require.Equal(t, c.allowed, post(allowed, c.headers, deliveredBody).Code)
		})
	}
}

func TestTheToleranceHoldsInBothDirections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhookHandler(t, ignore, hellio.WithTimestampTolerance(time.Hour))
		for d, want := range map[time.Duration]int{
			-time.Hour:               200,
			time.Hour:                200,
			-time.Hour - time.Second: 401,
			time.Hour + time.Second:  401,
		} {
			headers := signedAt(webhookSecret, unix(d), deliveredBody)
			require.Equal(t, want, post(h, headers, deliveredBody).Code, d)
		}
	})
}

func TestBadInputOfAHandlerIsRefused(t *testing.T) {
	t.Parallel()
	webhook := func(opts ...hellio.WebhookOption) error {
		h, err := hellio.NewWebhookHandler([]string{webhookSecret}, ignore, opts...)
		require.Nil(t, h)
		return err
	}
	var nilStore *hellio.MemoryDedupeStore
	requireParamField(t, "store", webhook(hellio.WithDedupeStore(nil)))
	requireParamField(t, "store", webhook(hellio.WithDedupeStore(nilStore)))
	requireParamField(t, "tolerance", webhook(hellio.WithTimestampTolerance(0)))
	requireParamField(t, "tolerance", webhook(hellio.WithTimestampTolerance(-time.Second)))
	requireParamField(t, "option", webhook(nil))
	_, err := hellio.NewWebhookHandler([]string{webhookSecret}, nil)
	requireParamField(t, "handle", err)
}
