package hellio

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

const (
	claimLease   = time.Minute      // how long a delivery is one handler's own
	handlingTime = 30 * time.Second // so that a handler that heeds its context is done before the lease is over
	storeTime    = 5 * time.Second
)

// WebhookOption shapes the handler of NewWebhookHandler.
type WebhookOption func(*WebhookHandler) error

// AllowBodyOnlySignature takes deliveries without X-Hellio-Signature-V2 that have a right X-Hellio-Signature. That signature has no
// timestamp: whoever has captured one delivery, or strips V2 from it, can repeat it for as long as the secret lives, and only the
// DedupeStore stands in the way. A V2 that is there and wrong is refused all the same.
func AllowBodyOnlySignature() WebhookOption {
	return func(h *WebhookHandler) error {
		h.verifier.bodyOnly = true
		return nil
	}
}

// WithTimestampTolerance sets how far a delivery's timestamp may lie from now, in both directions. Default 5 minutes (decided). It is
// for clocks that are wrong, and for the case that the API repeats old timestamps when it tries again, which is not published.
func WithTimestampTolerance(d time.Duration) WebhookOption {
	return func(h *WebhookHandler) error {
		if d <= 0 {
			return &ParamError{Field: "tolerance", Given: d.String(), Allowed: "a positive duration"}
		}
		h.verifier.tolerance = d
		return nil
	}
}

// WithDedupeStore sets what remembers the deliveries that were handled. Default: a MemoryDedupeStore of the handler's own, which is not
// enough for more than one process, or for effects that must not be repeated after a restart.
func WithDedupeStore(s DedupeStore) WebhookOption {
	return func(h *WebhookHandler) error {
		if m, ok := s.(*MemoryDedupeStore); s == nil || ok && m == nil {
			return &ParamError{Field: "store", Given: "nil", Allowed: "a DedupeStore"}
		}
		h.store = s
		return nil
	}
}

// WithWebhookLogger writes refused deliveries to l at warn, failures and panics of the handler at error. Numbers are masked, and neither
// body nor secret is written. nil: slog.Default().
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

// NewWebhookHandler makes a http.Handler that checks deliveries as ParseWebhook does and calls handle once for each event: claim, handle,
// commit. An error or a panic of handle gives the claim back, so that the API's next attempt is handled. handle may still see an event
// twice, when the process dies or the store fails after handle and before the commit: let its effect be one that can be repeated.
//
// Return from handle within 5 seconds, and put longer work into a queue: after 10 seconds without an answer the API tries again
// (documented), and it disables an endpoint that keeps failing. The context ends with the request, and after 30 seconds in any case.
//
// Answers, none with detail: 200 for an event that was handled, now or before; 400 malformed, 401 signature or timestamp refused, 405 not
// a POST, 413 above 1 MiB, 500 handle or the store failed, 503 another delivery of the event is being handled. Whatever is not 200
// the API delivers again.
//
// Secrets are as for ParseWebhook. Bad secrets or options, and a nil handle, give a *ParamError.
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
		verifier: verifier{secrets: slices.Clone(secrets), tolerance: defaultTolerance},
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
	var claimed claimedSignature
	body, err := readDelivery(w, r, func(headers http.Header) (err error) {
		claimed, err = h.verifier.read(headers)
		return err
	})
	if err != nil {
		return nil, err
	}
	return h.verifier.parse(claimed, body)
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

// claim claims an event. Its time limit keeps claim, handler and commit
// together within the lease.
func (h *WebhookHandler) claim(ctx context.Context, id string) (owner string, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return h.store.Claim(ctx, id, claimLease)
}

// handleClaimed handles an event that this delivery has claimed, and ends the
// claim however the handler ends. It reports whether the event is committed.
func (h *WebhookHandler) handleClaimed(ctx context.Context, id, owner string, e *WebhookEvent) bool {
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
