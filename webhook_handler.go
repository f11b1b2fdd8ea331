package hellio

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// The limits of one delivery. The lease covers claim, handler and commit.
const (
	claimLease   = time.Minute
	handlingTime = 30 * time.Second
	storeTime    = 5 * time.Second // of each call of the store
)

// WebhookOption configures the handler of NewWebhookHandler.
type WebhookOption func(*WebhookHandler) error

// AllowBodyOnlySignature accepts deliveries without X-Hellio-Signature-V2 that
// have a valid X-Hellio-Signature. That signature has no timestamp. An attacker
// with a captured delivery, even one with V2, can replay it while the secret is
// in use. Only the DedupeStore then stops the replay. An invalid V2 is still
// refused.
func AllowBodyOnlySignature() WebhookOption {
	return func(h *WebhookHandler) error {
		h.verifier.bodyOnly = true
		return nil
	}
}

// WithTimestampTolerance sets how far the timestamp of a delivery may be from
// now, in both directions. Default 5 minutes (decided). Raise it for wrong
// clocks, and if the API repeats the old timestamp when it delivers again,
// which is not published. A duration that is not positive is a *ParamError.
func WithTimestampTolerance(d time.Duration) WebhookOption {
	return func(h *WebhookHandler) error {
		if d <= 0 {
			return &ParamError{
				Field:   "tolerance",
				Given:   d.String(),
				Allowed: "a positive duration",
			}
		}
		h.verifier.tolerance = d
		return nil
	}
}

// WithDedupeStore sets the store that records the handled events. Default: a
// MemoryDedupeStore of the handler, which is not enough for several processes,
// or for effects that a restart must not repeat. A nil s is a *ParamError.
func WithDedupeStore(s DedupeStore) WebhookOption {
	return func(h *WebhookHandler) error {
		if m, ok := s.(*MemoryDedupeStore); s == nil || ok && m == nil {
			return &ParamError{Field: "store", Given: "nil", Allowed: "a DedupeStore"}
		}
		h.store = s
		return nil
	}
}

// WithWebhookLogger sets the logger for refused deliveries, at warn, and for
// failures and panics of the handler and failures of its store, at error. It
// masks numbers, and logs neither body nor secret. nil: slog.Default().
func WithWebhookLogger(l *slog.Logger) WebhookOption {
	return func(h *WebhookHandler) error {
		h.logger = l
		return nil
	}
}

// WebhookHandler is the http.Handler of an endpoint for delivery reports. Make
// it with NewWebhookHandler: the zero value and a nil handler respond 500 to
// every request. It is safe for concurrent use.
type WebhookHandler struct {
	verifier verifier
	store    DedupeStore
	logger   *slog.Logger
	handle   func(context.Context, *WebhookEvent) error
}

// NewWebhookHandler returns an http.Handler that verifies deliveries as
// ParseWebhook does and calls handle once per event: claim, handle, commit. If
// handle returns an error or panics, the handler releases the claim, so that
// the next delivery is handled. handle may still receive an event twice: if the
// process dies or the store fails before commit, or if handle runs past the
// claim's lease of one minute. Its effect must be safe to repeat.
//
// Return from handle within 5 seconds, and queue longer work. The API delivers
// again after 10 seconds without a response (documented), and disables an
// endpoint that keeps failing. The context of handle ends with the request, and
// after 30 seconds at most.
//
// The responses have no detail. They are 200 for an event handled now or
// before; 400 malformed; 401 signature or timestamp refused; 405 not POST; 413
// above 1 MiB. A 500 means that handle or the store failed, and a 503 that
// another delivery of the event is in flight. The API delivers again after any
// other status than 2xx. The handler reads no body without its signature
// headers. Set ReadTimeout on the http.Server, because anyone can send headers
// and a slow body.
//
// Secrets are as for ParseWebhook. Bad secrets or options, and a nil handle,
// are a *ParamError.
func NewWebhookHandler(
	secrets []string,
	handle func(context.Context, *WebhookEvent) error,
	opts ...WebhookOption,
) (*WebhookHandler, error) {
	if err := checkSecrets(secrets); err != nil {
		return nil, err
	}
	if handle == nil {
		return nil, &ParamError{Field: "handle", Given: "nil", Allowed: "a function"}
	}
	h := &WebhookHandler{
		verifier: newVerifier(secrets),
		store:    new(MemoryDedupeStore),
		handle:   handle,
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, &ParamError{Field: "option", Given: "nil", Allowed: "a WebhookOption"}
		}
		if err := opt(h); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h == nil || h.handle == nil {
		refuseUnmade(w, r, "WebhookHandler")
		return
	}
	e, err := h.read(w, r)
	if err != nil {
		refuse(w, r, h.logger, "hellio: webhook refused", err)
		return
	}
	respondStatus(w, h.deliver(r.Context(), e))
}

// read returns the event of a request that the API signed.
func (h *WebhookHandler) read(w http.ResponseWriter, r *http.Request) (*WebhookEvent, error) {
	var sig deliverySignature
	body, err := readDelivery(w, r, func(headers http.Header) (err error) {
		sig, err = h.verifier.read(headers)
		return err
	})
	if err != nil {
		return nil, err
	}
	return h.verifier.parse(sig, body)
}

// deliver handles an event unless it was handled before, and returns the status
// of the response.
func (h *WebhookHandler) deliver(ctx context.Context, e *WebhookEvent) int {
	id := e.DedupeID()
	owner, err := h.claim(ctx, id)
	switch {
	case errors.Is(err, ErrAlreadyHandled):
		return http.StatusOK
	case errors.Is(err, ErrClaimHeld):
		return http.StatusServiceUnavailable
	case err != nil:
		h.failed(ctx, "hellio: webhook not claimed", e, err)
		return http.StatusInternalServerError
	}
	if !h.handleClaimed(ctx, id, owner, e) {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// claim claims an event.
func (h *WebhookHandler) claim(ctx context.Context, id string) (owner string, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return h.store.Claim(ctx, id, claimLease)
}

// handleClaimed handles an event that this delivery has claimed, and ends the
// claim however the handler ends. It reports whether the event is committed.
func (h *WebhookHandler) handleClaimed(
	ctx context.Context,
	id, owner string,
	e *WebhookEvent,
) bool {
	handled := false
	defer func() {
		if !handled { // also after a panic with http.ErrAbortHandler
			h.release(ctx, id, owner, e)
		}
	}()
	err := guard(func() error {
		ctx, cancel := context.WithTimeout(ctx, handlingTime)
		defer cancel()
		return h.handle(ctx, e)
	})
	if err != nil {
		h.failed(ctx, "hellio: webhook not handled", e, err)
		return false
	}
	handled = true // a failed commit may have taken effect: the lease ends the claim
	if err := h.commit(ctx, id, owner); err != nil {
		h.failed(ctx, "hellio: webhook handled but not committed", e, err)
		return false
	}
	return true
}

// commit ignores the end of the request: an API that has hung up must not keep
// the result from the store.
func (h *WebhookHandler) commit(ctx context.Context, id, owner string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	return h.store.Commit(ctx, id, owner)
}

// release ignores the end of the request, as commit does.
func (h *WebhookHandler) release(ctx context.Context, id, owner string, e *WebhookEvent) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	if err := h.store.Release(ctx, id, owner); err != nil {
		h.failed(ctx, "hellio: webhook not released", e, err)
	}
}

func (h *WebhookHandler) failed(ctx context.Context, what string, e *WebhookEvent, err error) {
	logFailure(ctx, h.logger, slog.LevelError, what, err, slog.Any("event", e))
}
