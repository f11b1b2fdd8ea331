package hellio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func ignore(context.Context, *hellio.WebhookEvent) error { return nil }

// quiet keeps the log of a handler that a test makes fail out of the test's output.
func quiet() hellio.WebhookOption { return hellio.WithWebhookLogger(slog.New(slog.DiscardHandler)) }

func webhookHandler(t testing.TB, handle func(context.Context, *hellio.WebhookEvent) error, opts ...hellio.WebhookOption) http.Handler {
	t.Helper()
	h, err := hellio.NewWebhookHandler([]string{webhookSecret}, handle, append([]hellio.WebhookOption{quiet()}, opts...)...)
	require.NoError(t, err)
	return h
}

// post gives a handler one request.
func post(h http.Handler, header http.Header, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/hooks/hellio", strings.NewReader(body))
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// deliver gives a handler one delivery of an event, signed now, and tells what it answered.
func deliver(h http.Handler, body string) int {
	return post(h, signedNow(webhookSecret, body), body).Code
}

// seen is a handler's function that keeps what it was called with.
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

func TestADeliveryThatComesTwiceIsHandledOnce(t *testing.T) {
	t.Parallel()
	s := new(seen)
	h := webhookHandler(t, s.handle)
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Len(t, s.events, 1)
	require.Equal(t, "prv-77", s.events[0].ProviderMessageID)

	require.Equal(t, http.StatusOK, deliver(h, strings.Replace(deliveredBody, "prv-77", "prv-78", 1)))
	require.Len(t, s.events, 2)
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Len(t, s.events, 2, "the store of its own holds more than the last event")
}

func TestAFailedDeliveryIsHandledAgain(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("no database") },
		"a panic":  func() error { panic("no database") },
		"an odd panic": func() error {
			panic([]int{1})
		},
		"nil dereferenced": func() error {
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

func TestAnAbortedHandlerIsAbortedAndItsClaimGivenBack(t *testing.T) {
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

func TestASecondDeliveryIsNotAnsweredWhileTheFirstIsHandled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
			calls++
			time.Sleep(12 * time.Second) // longer than the API waits
			return nil
		})
		first := make(chan int)
		go func() { first <- deliver(h, deliveredBody) }()
		time.Sleep(10 * time.Second)
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody), "200 would lose the event if the first attempt failed now")
		require.Equal(t, http.StatusOK, <-first)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
		require.Equal(t, 1, calls)
	})
}

// Not parallel: the default logger belongs to the process.
func TestARefusalGoesToTheDefaultLogger(t *testing.T) {
	log := captureDefaultLog(t)
	webhooks, err := hellio.NewWebhookHandler([]string{webhookSecret}, ignore)
	require.NoError(t, err)
	steps, err := hellio.NewUSSDHandler([]string{ussdSecret}, hangUp, hellio.WithUSSDLogger(nil))
	require.NoError(t, err)
	for _, h := range []http.Handler{webhooks, steps} {
		log.Reset()
		require.Equal(t, http.StatusUnauthorized, post(h, http.Header{}, deliveredBody).Code)
		require.Contains(t, log.String(), "refused")
	}
}

func TestAHeldClaimIsKnownHoweverAStoreWrapsIt(t *testing.T) {
	t.Parallel()
	s := new(seen)
	store := &failingStore{claim: fmt.Errorf("redis: %w", hellio.ErrClaimHeld)}
	require.Equal(t, http.StatusServiceUnavailable, deliver(webhookHandler(t, s.handle, hellio.WithDedupeStore(store)), deliveredBody))
	require.Empty(t, s.events)
}

func TestAHandlersContextEndsWithinItsClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhookHandler(t, func(ctx context.Context, _ *hellio.WebhookEvent) error {
			<-ctx.Done()
			return ctx.Err()
		})
		start := time.Now()
		require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
		require.Equal(t, 30*time.Second, time.Since(start))
	})
}

// slowStore takes its time to commit, and heeds its context.
type slowStore struct {
	hellio.DedupeStore
	takes time.Duration
}

func (s slowStore) Commit(ctx context.Context, id, owner string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.takes):
		return s.DedupeStore.Commit(ctx, id, owner)
	}
}

func TestAClaimOutlastsASlowHandlerAndASlowCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
			calls++
			time.Sleep(29 * time.Second)
			return nil
		}, hellio.WithDedupeStore(slowStore{memoryStore(t, 0, 0), 4 * time.Second}))
		first := make(chan int)
		go func() { first <- deliver(h, deliveredBody) }()
		time.Sleep(32 * time.Second)
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody))
		require.Equal(t, http.StatusOK, <-first)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
		require.Equal(t, 1, calls)
	})
}

func TestALateFailureLeavesTheNextHandlersClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
			if runs.Add(1) == 1 {
				time.Sleep(70 * time.Second) // it ignores its context and outlasts its lease
				return errors.New("no database")
			}
			time.Sleep(20 * time.Second)
			return nil
		})
		first, second := make(chan int), make(chan int)
		go func() { first <- deliver(h, deliveredBody) }()
		time.Sleep(61 * time.Second)
		go func() { second <- deliver(h, deliveredBody) }()
		require.Equal(t, http.StatusInternalServerError, <-first)
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody))
		require.Equal(t, http.StatusOK, <-second)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
		require.EqualValues(t, 2, runs.Load())
	})
}

func TestALateSuccessIsNotAcknowledgedWhileAnotherHandles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
			if runs.Add(1) == 1 {
				time.Sleep(70 * time.Second)
				return nil
			}
			time.Sleep(20 * time.Second)
			return errors.New("no database")
		})
		first, second := make(chan int), make(chan int)
		go func() { first <- deliver(h, deliveredBody) }()
		time.Sleep(61 * time.Second)
		go func() { second <- deliver(h, deliveredBody) }()
		require.Equal(t, http.StatusInternalServerError, <-first, "its claim was lost: no commit")
		require.Equal(t, http.StatusInternalServerError, <-second)
		require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
		require.EqualValues(t, 3, runs.Load(), "the event is not lost")
	})
}

func TestAClaimIsWaitedForFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhookHandler(t, ignore, hellio.WithDedupeStore(hangingStore{}))
		start := time.Now()
		require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

// hangingStore answers no claim before its context ends.
type hangingStore struct{ hellio.DedupeStore }

func (hangingStore) Claim(ctx context.Context, _ string, _ time.Duration) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func TestAStoreThatHangsHoldsAnAnswerForFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhookHandler(t, ignore, hellio.WithDedupeStore(slowStore{memoryStore(t, 0, 0), time.Hour}))
		start := time.Now()
		require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

// A store that fails, step by step; a step without an error is the memory store's.
type failingStore struct {
	hellio.DedupeStore
	claim, commit, release error
	commits, releases      []error // the context's error at that step
}

func (s *failingStore) Claim(
	ctx context.Context,
	id string,
	lease time.Duration,
) (owner string, err error) {
	if s.claim != nil {
		return "", s.claim
	}
	return s.DedupeStore.Claim(ctx, id, lease)
}

func (s *failingStore) Commit(ctx context.Context, id, owner string) error {
	s.commits = append(s.commits, ctx.Err())
	if s.commit != nil {
		return s.commit
	}
	return s.DedupeStore.Commit(ctx, id, owner)
}

func (s *failingStore) Release(ctx context.Context, id, owner string) error {
	s.releases = append(s.releases, ctx.Err())
	if s.release != nil {
		return s.release
	}
	return s.DedupeStore.Release(ctx, id, owner)
}

func TestADeliveryIsNeverAcknowledgedWithoutACommit(t *testing.T) {
	t.Parallel()
	broken := errors.New("no store")
	for name, c := range map[string]struct {
		store failingStore
		calls int
	}{
		"claim":  {failingStore{claim: broken}, 0},
		"commit": {failingStore{commit: broken}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := new(seen)
				c.store.DedupeStore = memoryStore(t, 0, 0)
				h := webhookHandler(t, s.handle, hellio.WithDedupeStore(&c.store))
				require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
				require.Len(t, s.events, c.calls)
				require.Empty(t, c.store.releases, "nobody knows whether the commit took effect: the lease decides")

				c.store.claim, c.store.commit = nil, nil
				time.Sleep(time.Minute) // the lease
				require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
				require.Len(t, s.events, c.calls+1)
			})
		})
	}
}

func TestFailuresOfTheStoreAreForTheLog(t *testing.T) {
	t.Parallel()
	broken := errors.New("no store")
	for line, store := range map[string]*failingStore{
		"webhook not claimed":               {claim: broken},
		"webhook handled but not committed": {commit: broken},
		"webhook not released":              {release: broken},
		"":                                  {},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			store.DedupeStore = memoryStore(t, 0, 0)
			h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
				if store.release != nil {
					return errors.New("no database")
				}
				return nil
			}, hellio.WithDedupeStore(store), hellio.WithWebhookLogger(logTo(&log)))
			code := deliver(h, deliveredBody)
			require.Contains(t, log.String(), line)
			require.Equal(t, line == "", log.Len() == 0)
			require.Equal(t, line == "", code == http.StatusOK)
		})
	}
}

func TestTheStoreHearsOfTheEndThoughTheAPIHasHungUp(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"handled": nil, "failed": errors.New("no database")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &failingStore{DedupeStore: memoryStore(t, 0, 0)}
			ctx, hangUp := context.WithCancel(t.Context())
			h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
				hangUp()
				return failure
			}, hellio.WithDedupeStore(store))
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(deliveredBody))
			r.Header = signedNow(webhookSecret, deliveredBody)
			h.ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, []error{nil}, append(store.commits, store.releases...), "one step, on a context that still lasts")
			require.Equal(t, failure == nil, len(store.commits) == 1)
		})
	}
}

func TestADeliveryOfARotatedSecretIsTakenFromBothEndpoints(t *testing.T) {
	t.Parallel()
	s := new(seen)
	h, err := hellio.NewWebhookHandler([]string{webhookSecret, nextSecret}, s.handle, quiet())
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, post(h, signedNow(webhookSecret, deliveredBody), deliveredBody).Code)
	require.Equal(t, http.StatusOK, post(h, signedNow(nextSecret, deliveredBody), deliveredBody).Code)
	require.Len(t, s.events, 1, "both endpoints report the message; it is one event")
	other := strings.Replace(deliveredBody, "prv-77", "prv-78", 1)
	require.Equal(t, http.StatusOK, post(h, signedNow(nextSecret, other), other).Code)
	require.Len(t, s.events, 2)
}

func TestTheHandlerKeepsItsOwnListOfSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{webhookSecret}
	h, err := hellio.NewWebhookHandler(secrets, ignore, quiet())
	require.NoError(t, err)
	secrets[0] = ""
	require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
	require.Equal(t, http.StatusUnauthorized, post(h, signedNow("", deliveredBody), deliveredBody).Code)
}

func TestABodyOnlySignatureIsGoodEnoughOnlyWhereItIsAllowedAndNoV2IsThere(t *testing.T) {
	t.Parallel()
	without := func(names ...string) http.Header {
		h := signedNow(webhookSecret, deliveredBody)
		for _, name := range names {
			h.Del(name)
		}
		return h
	}
	with := func(h http.Header, name string, values ...string) http.Header {
		h[name] = values
		return h
	}
	v1, v2, stamp := "X-Hellio-Signature", "X-Hellio-Signature-V2", "X-Hellio-Timestamp"
	wrong := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		header          http.Header
		strict, allowed int
	}{
		"both":                        {without(), 200, 200},
		"V1 alone":                    {without(v2, stamp), 401, 200},
		"V2 stripped":                 {without(v2), 401, 200},
		"V1 right, V2 wrong":          {with(without(), v2, wrong), 401, 401},
		"V1 right, v2 wrong":          {with(without(v2), strings.ToLower(v2), wrong), 401, 401},
		"V1 right, V2 empty":          {with(without(), v2, ""), 401, 401},
		"V1 right, V2 without a time": {without(stamp), 401, 401},
		"V1 right, V2 too old":        {signedAt(webhookSecret, "1", deliveredBody), 401, 401},
		"V1 wrong":                    {with(without(v2, stamp), v1, wrong), 401, 401},
		"V1 doubled":                  {with(without(v2, stamp), v1, hexMAC(webhookSecret, deliveredBody), wrong), 401, 401},
		"none":                        {without(v1, v2, stamp), 401, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.strict, post(webhookHandler(t, ignore), c.header, deliveredBody).Code)
			require.Equal(t, c.allowed, post(webhookHandler(t, ignore, hellio.AllowBodyOnlySignature()), c.header, deliveredBody).Code)
		})
	}
}

func TestTheToleranceOfTheHandlerIsInBothDirections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := webhookHandler(t, ignore, hellio.WithTimestampTolerance(time.Hour))
		for d, want := range map[time.Duration]int{-time.Hour: 200, time.Hour: 200, -time.Hour - time.Second: 401, time.Hour + time.Second: 401} {
			require.Equal(t, want, post(h, signedAt(webhookSecret, unix(d), deliveredBody), deliveredBody).Code, d)
		}
	})
}

func TestAnswersTellNothingButTheirStatus(t *testing.T) {
	t.Parallel()
	failing := func(context.Context, *hellio.WebhookEvent) error { return errors.New("password of the database") }
	large := strings.Repeat(" ", 1<<20+1)
	for name, c := range map[string]struct {
		method string
		header http.Header
		body   io.Reader
		want   int
	}{
		"GET":                {"GET", signedNow(webhookSecret, ""), nil, 405},
		"HEAD":               {"HEAD", nil, nil, 405},
		"PUT":                {"PUT", signedNow(webhookSecret, deliveredBody), strings.NewReader(deliveredBody), 405},
		"no signature":       {"POST", nil, strings.NewReader(deliveredBody), 401},
		"a wrong signature":  {"POST", signedNow(nextSecret, deliveredBody), strings.NewReader(deliveredBody), 401},
		"an old signature":   {"POST", signedAt(webhookSecret, "5", deliveredBody), strings.NewReader(deliveredBody), 401},
		"an odd timestamp":   {"POST", signedAt(webhookSecret, "now", deliveredBody), strings.NewReader(deliveredBody), 400},
		"not an event":       {"POST", signedNow(webhookSecret, "[]"), strings.NewReader("[]"), 400},
		"no body":            {"POST", signedNow(webhookSecret, ""), nil, 400},
		"a body that breaks": {"POST", signedNow(webhookSecret, deliveredBody), iotest.ErrReader(io.ErrUnexpectedEOF), 400},
		"too large":          {"POST", signedNow(webhookSecret, large), strings.NewReader(large), 413},
		"a failing handler":  {"POST", signedNow(webhookSecret, deliveredBody), strings.NewReader(deliveredBody), 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := webhookHandler(t, failing, hellio.WithWebhookLogger(logTo(&log)))
			r := httptest.NewRequest(c.method, "/", c.body)
			r.Header = c.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, c.want, w.Code)
			require.Equal(t, http.StatusText(c.want)+"\n", w.Body.String())
			require.Equal(t, c.want == 405, w.Header().Get("Allow") == "POST")
			require.NotEmpty(t, log.String(), "the reason is for the log")
		})
	}
}

func TestTheLogOfAFailureHoldsNoSecretAndNoFullNumber(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]func(context.Context, *hellio.WebhookEvent) error{
		"an error": func(_ context.Context, e *hellio.WebhookEvent) error {
			return fmt.Errorf("row of %s: locked", e.MobileNumber)
		},
		"a panic": func(_ context.Context, e *hellio.WebhookEvent) error { panic("row of " + e.MobileNumber + ": locked") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			deliver(webhookHandler(t, handle, hellio.WithWebhookLogger(logTo(&log))), deliveredBody)
			require.Contains(t, log.String(), `"level":"ERROR"`)
			require.Contains(t, log.String(), "locked")
			require.Contains(t, log.String(), "prv-77", "one has to find the event")
			require.Equal(t, name == "a panic", strings.Contains(log.String(), "webhook_handler_test.go"), "the stack")
			for _, secret := range []string{"233209990001", "20999", webhookSecret, hexMAC(webhookSecret, deliveredBody)} {
				require.NotContains(t, log.String(), secret)
			}
		})
	}
}

func TestAnEventPrintsWithoutItsNumber(t *testing.T) {
	t.Parallel()
	e, err := hellio.ParseWebhook(signedNow(webhookSecret, deliveredBody), []byte(deliveredBody), webhookSecret)
	require.NoError(t, err)
	for _, value := range []any{*e, e, []any{e}} {
		var logged bytes.Buffer
		logTo(&logged).Info("event", "event", *e, "pointer", e)
		for _, printed := range []string{fmt.Sprintf("%v", value), fmt.Sprintf("%+v", value), fmt.Sprintf("%s", value), fmt.Sprintf("%d", value), logged.String()} {
			require.Contains(t, printed, "WebhookEvent{message.delivered, message prv-77, status delivered, number +**********01}")
			require.NotContains(t, printed, "20999")
		}
	}
	require.NotContains(t, fmt.Sprintf("%#v", e), "20999")
}

func TestBadInputOfAHandlerIsRefused(t *testing.T) {
	t.Parallel()
	webhook := func(opts ...hellio.WebhookOption) error {
		h, err := hellio.NewWebhookHandler([]string{webhookSecret}, ignore, opts...)
		require.Nil(t, h)
		return err
	}
	ussd := func(opts ...hellio.USSDOption) error {
		h, err := hellio.NewUSSDHandler([]string{ussdSecret}, hangUp, opts...)
		require.Nil(t, h)
		return err
	}
	requireParam(t, "store", webhook(hellio.WithDedupeStore(nil)))
	requireParam(t, "store", webhook(hellio.WithDedupeStore((*hellio.MemoryDedupeStore)(nil))))
	requireParam(t, "tolerance", webhook(hellio.WithTimestampTolerance(0)))
	requireParam(t, "tolerance", webhook(hellio.WithTimestampTolerance(-time.Second)))
	requireParam(t, "option", webhook(nil))
	requireParam(t, "option", ussd(nil))

	_, err := hellio.NewWebhookHandler([]string{webhookSecret}, nil)
	requireParam(t, "handle", err)
	_, err = hellio.NewUSSDHandler([]string{ussdSecret}, nil)
	requireParam(t, "handle", err)
}

// Not parallel: the default logger belongs to the process.
func TestHandlersWithoutTheirConstructorRefuseEverything(t *testing.T) {
	log := captureDefaultLog(t)
	for name, h := range map[string]http.Handler{
		"a zero webhook handler": new(hellio.WebhookHandler),
		"a nil webhook handler":  (*hellio.WebhookHandler)(nil),
		"a zero USSD handler":    new(hellio.USSDHandler),
		"a nil USSD handler":     (*hellio.USSDHandler)(nil),
	} {
		log.Reset()
		code := post(h, signedNow(webhookSecret, deliveredBody), deliveredBody).Code
		require.Equal(t, http.StatusInternalServerError, code, name)
		require.Contains(t, log.String(), "not made by New", name)
	}
}

// captureDefaultLog returns what the default logger writes during the test.
func captureDefaultLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	logger := slog.Default()
	out := stdlog.Writer() // slog.SetDefault replaces it, and does not restore it
	flags := stdlog.Flags()
	t.Cleanup(func() {
		slog.SetDefault(logger)
		stdlog.SetOutput(out)
		stdlog.SetFlags(flags)
	})
	log := new(bytes.Buffer)
	slog.SetDefault(logTo(log))
	return log
}
