package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio"
)

const (
	maxBody   = 64 << 10 // bytes
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

// international is the form of numbers that the API accepts.
var international = regexp.MustCompile(`^\+?[1-9][0-9]{6,14}$`)

// platform is how an identity platform posts its codes.
type platform struct {
	name    string // its path without the slash
	secrets string // the environment variable
	guard   guard
	media   []string // content types of the body
	parse   func(mediaType string, body []byte) (*message, error)
}

// route is the endpoint of a platform.
type route struct {
	platform
	keys     [][]byte
	template string // of the text, with {code}
	sender   *sender
	log      *slog.Logger
}

// refusal is the reply to a hook whose message is not sent, or not certainly.
type refusal struct {
	status int
	reason string // has no secret
	wait   time.Duration
}

// ServeHTTP answers one delivery of a hook.
func (to *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", mediaJSON)
	m, refused := to.read(w, r)
	if refused == nil {
		refused = to.send(r, m)
	} else {
		to.log.Warn("refused", "route", to.name, "status", refused.status, "reason", refused.reason)
	}
	if refused != nil {
		refused.write(w)
		return
	}
	_, _ = io.WriteString(w, "{}\n")
}

// read returns the message of an authentic hook. It drops the errors of
// parsers, because they may quote a code.
func (to *route) read(w http.ResponseWriter, r *http.Request) (*message, *refusal) {
	authentic := to.guard(r, to.keys)
	if authentic == nil {
		return nil, &refusal{status: http.StatusUnauthorized, reason: "wrong credentials"}
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(to.media, mediaType) {
		return nil, &refusal{status: http.StatusUnsupportedMediaType, reason: "wrong Content-Type"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, reason: "body too large"}
	}
	if err != nil || !authentic(body) {
		return nil, &refusal{status: http.StatusUnauthorized, reason: "wrong signature"}
	}
	m, err := to.parse(mediaType, body)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, reason: "malformed body"}
	}
	if m.code != "" {
		m.text = strings.ReplaceAll(to.template, "{code}", m.code)
	}
	m.text = strings.TrimSpace(m.text)
	if m.text == "" || !international.MatchString(m.number) {
		return nil, &refusal{status: http.StatusUnprocessableEntity, reason: "no code or number"}
	}
	return m, nil
}

func (to *route) send(r *http.Request, m *message) *refusal {
	key := to.sender.key(to.name, m)
	err := to.sender.send(r.Context(), key, m)
	if err == nil {
		to.log.Info("sent", "route", to.name, "key", key)
		return nil
	}
	status, wait := statusOf(err)
	to.log.Error("not confirmed", "route", to.name, "status", status, "key", key,
		"outcome", hellio.OutcomeOf(err), "error", err)
	return &refusal{status: status, reason: "the SMS is not confirmed as sent", wait: wait}
}

// write replies in Supabase's form. The other platforms read the status alone.
func (f *refusal) write(w http.ResponseWriter) {
	if f.wait > 0 {
		seconds := int((f.wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"error": map[string]any{"http_code": f.status, "message": f.reason},
	})
}
