package hellio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

// slowStore takes time to claim and to commit, and obeys its context.
type slowStore struct {
	hellio.DedupeStore
	claim  time.Duration
	commit time.Duration
}

func (s slowStore) Claim(
	ctx context.Context,
	id string,
	lease time.Duration,
) (owner string, err error) {
	if err := sleepFor(ctx, s.claim); err != nil {
		return "", err
	}
	return s.DedupeStore.Claim(ctx, id, lease)
}

func (s slowStore) Commit(ctx context.Context, id, owner string) error {
	if err := sleepFor(ctx, s.commit); err != nil {
		return err
	}
	return s.DedupeStore.Commit(ctx, id, owner)
}

func sleepFor(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func TestALeaseCoversASlowHandlerAndCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
			calls++
			time.Sleep(29 * time.Second)
			return nil
		}, hellio.WithDedupeStore(slowStore{memoryStore(t, 0, 0), 0, 4 * time.Second}))
		first := deliverLater(h, deliveredBody)
		time.Sleep(32 * time.Second)
		require.Equal(t, http.StatusServiceUnavailable, deliver(h, deliveredBody))
		require.Equal(t, http.StatusOK, <-first)
		require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
		require.Equal(t, 1, calls)
	})
}

func TestAStoreThatHangsFailsAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	memory := new(hellio.MemoryDedupeStore)
	for name, store := range map[string]slowStore{
		"claim":  {memory, time.Hour, 0},
		"commit": {memory, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := webhookHandler(t, ignore, hellio.WithDedupeStore(store))
				begin := time.Now()
				require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
				require.Equal(t, 5*time.Second, time.Since(begin))
			})
		})
	}
}

// failingStore fails in each step that has an error; the other steps are those
// of a memory store.
type failingStore struct {
	hellio.DedupeStore
	claim    error
	commit   error
	release  error
	commits  []error // of the context, at each commit
	releases []error // of the context, at each release
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

func TestAWrappedErrorOfAStoreIsRecognised(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		hellio.ErrClaimHeld:      http.StatusServiceUnavailable,
		hellio.ErrAlreadyHandled: http.StatusOK,
	} {
		s := new(seen)
		store := &failingStore{claim: fmt.Errorf("redis: %w", err)}
		h := webhookHandler(t, s.handle, hellio.WithDedupeStore(store))
		require.Equal(t, want, deliver(h, deliveredBody))
		require.Empty(t, s.events)
	}
}

// After a failed commit no one knows whether it took effect: the handler must
// not release, and the lease decides.
func TestOnlyACommitAcknowledgesADelivery(t *testing.T) {
	t.Parallel()
	broken := errors.New("no store")
	for name, c := range map[string]struct {
		store *failingStore
		calls int
	}{
		"claim":  {&failingStore{claim: broken}, 0},
		"commit": {&failingStore{commit: broken}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := new(seen)
				c.store.DedupeStore = memoryStore(t, 0, 0)
				h := webhookHandler(t, s.handle, hellio.WithDedupeStore(c.store))
				require.Equal(t, http.StatusInternalServerError, deliver(h, deliveredBody))
				require.Len(t, s.events, c.calls)
				require.Empty(t, c.store.releases)

				c.store.claim = nil
				c.store.commit = nil
				time.Sleep(time.Minute) // the lease
				require.Equal(t, http.StatusOK, deliver(h, deliveredBody))
				require.Len(t, s.events, c.calls+1)
			})
		})
	}
}

func TestFailuresOfTheStoreAreLogged(t *testing.T) {
	t.Parallel()
	broken := errors.New("no store")
	for want, store := range map[string]*failingStore{
		"webhook not claimed":               {claim: broken},
		"webhook handled but not committed": {commit: broken},
		"webhook not released":              {release: broken},
		"":                                  {},
	} {
		t.Run(want, func(t *testing.T) {
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
			require.Contains(t, log.String(), want)
			require.Equal(t, want == "", log.Len() == 0)
			require.Equal(t, want == "", code == http.StatusOK)
		})
	}
}

func TestTheStoreLearnsResultsAfterAHangUp(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"handled": nil,
		"failed":  errors.New("no database"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &failingStore{DedupeStore: memoryStore(t, 0, 0)}
			ctx, cancel := context.WithCancel(t.Context())
			h := webhookHandler(t, func(context.Context, *hellio.WebhookEvent) error {
				cancel()
				return failure
			}, hellio.WithDedupeStore(store))
			body := strings.NewReader(deliveredBody)
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", body)
			r.Header = signedNow(webhookSecret, deliveredBody)
			h.ServeHTTP(httptest.NewRecorder(), r)
			ends := append(store.commits, store.releases...)
			require.Equal(t, []error{nil}, ends, "one step, whose context lasts")
			require.Equal(t, failure == nil, len(store.commits) == 1)
		})
	}
}
