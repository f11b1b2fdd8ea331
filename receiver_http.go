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

// readDelivery reads the body of what the API posts. With a status other than 0 the request is answered with that, and the error is for
// the log.
func readDelivery(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, http.StatusMethodNotAllowed, errors.New("the method is not POST")
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelivery))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge, ErrWebhookTooLarge
	case err != nil:
		return nil, http.StatusBadRequest, errors.New("the body broke off")
	}
	return body, 0, nil
}

// refuseUnmade responds to a request of a handler that its constructor did not
// make. 500 lets the API deliver again.
func refuseUnmade(w http.ResponseWriter, r *http.Request, kind string) {
	err := errors.New("this " + kind + " is not made by New" + kind)
	logFailure(r.Context(), nil, slog.LevelError, "hellio: request refused", err)
	answerStatus(w, http.StatusInternalServerError)
}

// answerStatus answers with a status and its name: whoever forges deliveries learns no more.
func answerStatus(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

// panicError is a panic of the user's function.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// guard runs the user's function and turns its panic into an error. http.ErrAbortHandler goes on to net/http, which knows it.
func guard(f func() error) (err error) {
	defer func() {
		switch value := recover(); value {
		case nil:
		case http.ErrAbortHandler:
			panic(value)
		default:
			err = &panicError{value, debug.Stack()}
		}
	}()
	return f()
}

// logFailure writes why the API was not answered with 200. The texts of the user's errors and panics are written with numbers masked.
func logFailure(ctx context.Context, l *slog.Logger, level slog.Level, what string, err error, attrs ...slog.Attr) {
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
