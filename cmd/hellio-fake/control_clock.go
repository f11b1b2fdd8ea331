package main

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

func clockRoutes() []route {
	return []route{{method: http.MethodPost, path: "/_fake/clock/advance", handle: postAdvance}}
}

// postAdvance answers after all that fell due has run, webhook attempts included.
func postAdvance(rw http.ResponseWriter, r *http.Request, w *world) error {
	var body struct {
		Duration *string `json:"duration"`
	}
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
	now, err := w.clock.advance(d, w.fake.Advance)
	if err != nil {
		return err
	}
	respond(rw, http.StatusOK, map[string]string{"now": now.Format(timestamp)})
	return nil
}
