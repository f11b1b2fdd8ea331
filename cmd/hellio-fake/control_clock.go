package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hellio-go/hellio/internal/control"
)

// maxAhead is how far a world's clock may be ahead of real time (decided):
// dates stay within four digits and no duration overflows.
const maxAhead = 100 * 365 * 24 * time.Hour

func clockRoutes() []route {
	return []route{{method: http.MethodPost, path: "/_fake/clock/advance", handle: postAdvance}}
}

// postAdvance answers after all that fell due has run, webhook attempts
// included.
func postAdvance(rw http.ResponseWriter, r *http.Request, w *world) error {
	var body control.Advance
	if err := readJSON(rw, r, &body); err != nil {
		return err
	}
	if body.Duration == nil {
		return errors.New("duration is missing")
	}
	d, err := time.ParseDuration(*body.Duration)
	if err != nil || d < 0 {
		return fmt.Errorf("duration %q is not a duration such as 5m", *body.Duration)
	}
	if err := w.advance(d); err != nil {
		return err
	}
	respond(rw, http.StatusOK, control.Now{Now: control.At(w.fake.Now())})
	return nil
}

// advance moves the clock. What would be too much moves nothing.
func (w *world) advance(d time.Duration) error {
	w.moving.Lock()
	defer w.moving.Unlock()
	if ahead := time.Until(w.fake.Now()); d > maxAhead-ahead {
		return unprocessable(codeInvalid,
			"The clock would be more than 100 years ahead. POST /_fake/reset sets it right.")
	}
	w.fake.Advance(d)
	return nil
}
