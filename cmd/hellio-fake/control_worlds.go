package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/hellio-go/hellio/internal/control"
)

// maxName is the longest name of a world, in characters (decided).
const maxName = 100

func worldRoutes(worlds *worldSet) []route {
	return []route{
		{method: http.MethodPost, path: "/_fake/worlds", open: true, handle: worlds.postWorld},
		{method: http.MethodDelete, path: "/_fake/worlds", handle: worlds.deleteWorld},
		{method: http.MethodPost, path: "/_fake/reset", handle: worlds.postReset},
	}
}

// worldSpec is the body of POST worlds; what it leaves out, or sets to null, is
// as the flags say.
type worldSpec struct {
	Name        *string               `json:"name"` // only people see it
	Balance     *string               `json:"balance"`
	USSDBalance *string               `json:"ussd_balance"`
	Senders     []string              `json:"senders"`
	RateLimit   *int                  `json:"rate_limit"`
	OTPLimit    *int                  `json:"otp_limit"`
	Scopes      []string              `json:"scopes"` // of the token: nil = every one
	AllowedIPs  []string              `json:"allowed_ips"`
	Seed        *uint64               `json:"seed"`
	Login       *helliotest.LoginUser `json:"login"`
}

// options checks a spec and returns it as options.
func (s *worldSpec) options() ([]helliotest.Option, error) {
	if err := checkName(trimmedName(s.Name)); err != nil {
		return nil, err
	}
	if s.Scopes != nil {
		if err := checkScopes(s.Scopes); err != nil {
			return nil, err
		}
	}
	return slices.Concat(
		optionOf(s.Balance, helliotest.WithBalance),
		optionOf(s.USSDBalance, helliotest.WithUSSDBalance),
		optionOfList(s.Senders, helliotest.WithSenders),
		optionOf(s.RateLimit, helliotest.WithRateLimit),
		optionOf(s.OTPLimit, helliotest.WithOTPLimit),
		optionOfList(s.AllowedIPs, helliotest.WithAllowedIPs),
		optionOf(s.Seed, helliotest.WithSeed),
		optionOf(s.Login, helliotest.WithLogin),
	), nil
}

// optionOf is the option of a value that is there.
func optionOf[T any](value *T, option func(T) helliotest.Option) []helliotest.Option {
	if value == nil {
		return nil
	}
	return []helliotest.Option{option(*value)}
}

// optionOfList is the option of a list that is there.
func optionOfList(list []string, option func(...string) helliotest.Option) []helliotest.Option {
	if list == nil {
		return nil
	}
	return []helliotest.Option{option(list...)}
}

// trimmedName is the name without spaces around it; no name is "".
func trimmedName(name *string) string { return strings.TrimSpace(control.Or(name)) }

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n > maxName {
		return fmt.Errorf("invalid name: got %d characters, want at most %d", n, maxName)
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return errors.New("invalid name: got a control character")
	}
	return nil
}

// postWorld makes a world. No body is an empty object, and so is PHP's empty
// array.
func (ws *worldSet) postWorld(rw http.ResponseWriter, r *http.Request, _ *world) error {
	var spec worldSpec
	body, err := readBody(rw, r)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) > 0 && !isEmptyArray(body) {
		if err := decode(body, &spec); err != nil {
			return err
		}
	}
	made, err := ws.create(&spec)
	if err != nil {
		return err
	}
	respond(rw, http.StatusCreated, control.Token{Token: made.token})
	return nil
}

func isEmptyArray(body []byte) bool {
	inner, opened := bytes.CutPrefix(bytes.TrimSpace(body), []byte("["))
	return opened && string(bytes.TrimSpace(inner)) == "]"
}

func (ws *worldSet) deleteWorld(rw http.ResponseWriter, r *http.Request, w *world) error {
	if err := readNothing(rw, r); err != nil {
		return err
	}
	if err := ws.remove(w); err != nil {
		return err
	}
	rw.WriteHeader(http.StatusNoContent)
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
