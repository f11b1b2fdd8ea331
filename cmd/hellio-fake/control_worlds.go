package main

import (
	"net/http"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

func worldRoutes(worlds *worldSet) []route {
	return []route{
		{method: http.MethodPost, path: "/_fake/worlds", open: true, handle: worlds.postWorld},
		{method: http.MethodPost, path: "/_fake/reset", handle: worlds.postReset},
	}
}

// worldSpec is the body of POST worlds; what it leaves out, or sets to null, is
// as the flags say.
type worldSpec struct {
	Balance     *string  `json:"balance"`
	USSDBalance *string  `json:"ussd_balance"`
	Senders     []string `json:"senders"`
	RateLimit   *int     `json:"rate_limit"`
	Scopes      []string `json:"scopes"` // of the token: nil = every one
	AllowedIPs  []string `json:"allowed_ips"`
	Seed        *uint64  `json:"seed"`
}

func (s *worldSpec) options() []helliotest.Option {
	var opts []helliotest.Option
	if s.Balance != nil {
		opts = append(opts, helliotest.WithBalance(*s.Balance))
	}
	if s.USSDBalance != nil {
		opts = append(opts, helliotest.WithUSSDBalance(*s.USSDBalance))
	}
	if s.Senders != nil {
		opts = append(opts, helliotest.WithSenders(s.Senders...))
	}
	if s.RateLimit != nil {
		opts = append(opts, helliotest.WithRateLimit(*s.RateLimit))
	}
	if s.AllowedIPs != nil {
		opts = append(opts, helliotest.WithAllowedIPs(s.AllowedIPs...))
	}
	if s.Seed != nil {
		opts = append(opts, helliotest.WithSeed(*s.Seed))
	}
	return opts
}

// postWorld makes a world. An empty body is an empty object.
func (ws *worldSet) postWorld(rw http.ResponseWriter, r *http.Request, _ *world) error {
	var spec worldSpec
	body, err := readBody(rw, r)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := decode(body, &spec); err != nil {
			return err
		}
	}
	made, err := ws.create(spec.Scopes, spec.options()...)
	if err != nil {
		return err
	}
	respond(rw, http.StatusCreated, control.Token{Token: made.token})
	return nil
}

func (ws *worldSet) postReset(rw http.ResponseWriter, r *http.Request, w *world) error {
	if err := readNothing(rw, r); err != nil {
		return err
	}
	ws.reset(w)
	rw.WriteHeader(http.StatusNoContent)
	return nil
}
