package helliobulk

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// witness looks at a batch's first chunk when a send reaches the transport, and
// when its body is read.
type witness struct {
	next    http.RoundTripper
	batch   *Batch
	hidden  bool // the transport does not report to httptrace
	arrived State
	left    State
}

// untraced is a context without values.
type untraced struct{ context.Context }

func (untraced) Value(any) any { return nil }

func (w *witness) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.hidden {
		req = req.WithContext(untraced{req.Context()})
	}
	if req.Body == nil {
		return w.next.RoundTrip(req)
	}
	w.arrived = w.state()
	req = req.Clone(req.Context())
	req.Body = &watchedBody{ReadCloser: req.Body, read: func() { w.left = w.state() }}
	return w.next.RoundTrip(req)
}

func (w *witness) state() State {
	e, err := w.batch.store.entry(0)
	if err != nil {
		return ""
	}
	return e.State
}

type watchedBody struct {
	io.ReadCloser
	read func()
}

func (b *watchedBody) Read(p []byte) (int, error) {
	if b.read != nil {
		b.read()
		b.read = nil
	}
	return b.ReadCloser.Read(p)
}

func TestAnIntentPrecedesTheFirstByte(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		hidden bool
		before State
	}{
		{"a transport that reports connections", false, StateOpen},
		{"a transport that reports none", true, StateUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake, client := newFake(t)
			b := planned(t, client, numbers(5))
			defer b.Close()
			w := &witness{next: fake.RoundTripper(), batch: b, hidden: c.hidden}
			watched, err := hellio.NewClient(helliotest.DefaultToken, append(quick(),
				hellio.WithBaseURL(client.BaseURL()),
				hellio.WithHTTPClient(&http.Client{Transport: w}))...)
			require.NoError(t, err)
			require.NoError(t, b.Send(t.Context(), watched, Options{}))
			require.Equal(t, c.before, w.arrived)
			require.Equal(t, StateUnknown, w.left)
			require.Len(t, fake.Messages(), 5)
		})
	}
}

// So it is when a terminal is closed, or power is lost, during the wait.
func TestAnIntentFollowsTheLimitersWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := helliotest.New(t, helliotest.WithRateLimit(5))
		client := fake.Client()
		b, err := openOrPlan(t.Context(), client, Numbers(numbers(60)...), batchOf(t))
		require.NoError(t, err)
		defer b.Close()
		ended := make(chan error, 1)
		go func() { ended <- b.Send(t.Context(), client, Options{}) }()
		time.Sleep(30 * time.Second) // of the window's minute
		synctest.Wait()
		r := b.Report()
		require.Positive(t, r.Open.Chunks)
		require.Positive(t, r.Done.Chunks)
		require.Zero(t, r.Unknown.Chunks)
		require.NoError(t, <-ended)
	})
}

func TestACallWhoseIntentFailsSendsNothing(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{false, true} {
		var requests atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(
			func(_ http.ResponseWriter, req *http.Request) {
				if _, err := io.ReadAll(req.Body); err == nil {
					requests.Add(1)
				}
			}))
		server.EnableHTTP2 = h2
		server.StartTLS()
		t.Cleanup(server.Close)
		full := errors.New("the disk is full")
		for nth := range 40 {
			want := error(nil)
			if nth%2 > 0 { // every other one meets a warm connection
				want = full
			}
			before := requests.Load()
			ctx, p := newPermit(t.Context(), t.Context(), func() error { return want })
			req, err := http.NewRequestWithContext(
				ctx, http.MethodPost, server.URL, strings.NewReader("body"))
			require.NoError(t, err)
			resp, err := server.Client().Do(req)
			if err == nil {
				require.NoError(t, resp.Body.Close())
			}
			asked, failed := p.end()
			require.True(t, asked)
			require.Equal(t, want, failed)
			if want != nil { // the others make warm connections, and may meet a closed one
				require.Error(t, err)
				require.Equal(t, before, requests.Load())
			}
		}
	}
}

func TestAConnectionAfterTheCallSendsNothing(t *testing.T) {
	t.Parallel()
	_, p := newPermit(t.Context(), t.Context(), func() error { return nil })
	asked, err := p.end()
	require.False(t, asked)
	require.NoError(t, err)
	require.ErrorIs(t, p.ask(), errCallOver)
}

func TestARunWhoseIntentFailsSendsNothing(t *testing.T) {
	t.Parallel()
	fake, client := newFake(t)
	b := planned(t, client, numbers(15))
	defer b.Close()
	full := errors.New("the disk is full")
	b.hooks.at = func(point string) {
		if point == beforeIntent {
			b.store.mu.Lock()
			defer b.store.mu.Unlock()
			b.store.broken = full
		}
	}
	err := b.Send(t.Context(), client, Options{})
	require.ErrorIs(t, err, ErrUnfinished)
	require.ErrorIs(t, err, full)
	require.Empty(t, fake.Messages())
	require.Equal(t, 3, b.Report().Open.Chunks)
}
