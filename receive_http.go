package hellio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
)

var (
	errNotPost    = errors.New("the method is not POST")
	errBodyBroken = errors.New("the body ended early")
)

// readDelivery returns the body of a request of the API. It reads the body only
// if the method is POST and check accepts the headers. The error of a request
// that must be refused is for refuse.
func readDelivery(
	w http.ResponseWriter,
	r *http.Request,
	check func(http.Header) error,
) ([]byte, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		leaveBody(w, r)
		return nil, errNotPost
	}
	if err := check(r.Header); err != nil {
		leaveBody(w, r)
		return nil, err
	}
	if r.Body == nil { // a request that no server made
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelivery))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, ErrWebhookTooLarge
	case err != nil:
		return nil, errBodyBroken
	default:
		return body, nil
	}
}

// leaveBody makes net/http respond before the rest of the body has arrived: on
// HTTP/1 it reads the body first unless it closes the connection.
func leaveBody(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor < 2 && r.ContentLength != 0 {
		w.Header().Set("Connection", "close")
	}
}

// refusalStatus returns the status for a request that is refused.
func refusalStatus(err error) int {
	switch {
	case errors.Is(err, errNotPost):
		return http.StatusMethodNotAllowed
	case errors.Is(err, ErrWebhookTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrMissingSignature),
		errors.Is(err, ErrBadSignature),
		errors.Is(err, ErrTimestampOutOfRange):
		return http.StatusUnauthorized
	default:
		return http.StatusBadRequest
	}
}

// refuse logs why a request is refused, and responds.
func refuse(w http.ResponseWriter, r *http.Request, l *slog.Logger, what string, err error) {
	status := refusalStatus(err)
	logFailure(r.Context(), l, slog.LevelWarn, what, err, slog.Int("status", status))
	respondStatus(w, status)
}

// refuseUnmade responds to a request of a handler that its constructor did not
// make. 500 lets the API deliver again.
func refuseUnmade(w http.ResponseWriter, r *http.Request, kind string) {
	leaveBody(w, r)
	err := errors.New("this " + kind + " is not made by New" + kind)
	logFailure(r.Context(), nil, slog.LevelError, "hellio: request refused", err)
	respondStatus(w, http.StatusInternalServerError)
}

// respondStatus responds with a status and its name, so that forged deliveries
// learn nothing from the response.
func respondStatus(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

// panicError is a panic of the user's function.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// guard runs the user's function and returns its panic as an error. It passes
// http.ErrAbortHandler on to net/http.
func guard(f func() error) (err error) {
	defer func() {
		switch value := recover(); value {
		case nil:
		case http.ErrAbortHandler:
			panic(value)
		default:
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	return f()
}

// logFailure logs why the response is not 200. It masks numbers in the texts of
// the user's errors and panics.
func logFailure(
	ctx context.Context,
	l *slog.Logger,
	level slog.Level,
	what string,
	err error,
	attrs ...slog.Attr,
) {
	if l == nil {
		l = slog.Default()
	}
	attrs = append(attrs, slog.String("error", maskNumbers(fmt.Sprint(err))))
	var panicked *panicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("stack", string(panicked.stack)))
	}
	l.LogAttrs(ctx, level, what, attrs...)
}
