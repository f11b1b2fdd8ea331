package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Config is the API that a Probe tests.
type Config struct {
	BaseURL string // with /v1
	Token   string
	Number  string // gets messages
	Sender  string // an approved one
	Run     string // names the run in webhooks and apps that a check creates
	HTTP    *http.Client
	// Wait waits for d, or returns an error if that is not possible.
	Wait func(ctx context.Context, d time.Duration) error
	// Pace is Wait for the rate limit; nil: Wait.
	Pace func(ctx context.Context, d time.Duration) error
	// Settings are nil at the real API.
	Settings *Settings
}

// Settings change what only the API's dashboard can change, at the fake.
type Settings struct {
	IssueToken  func(scopes ...string) string
	RevokeToken func(token string)
	Change      func(account string) error // the JSON of a change
	USSDBalance func() string
	Code        func(destination string) string // the live code; "" if there is none
	Delay       func(op string, d time.Duration)
	Enable      func(webhook int64)
	// Listen makes h answer what is posted to a URL of Hooks or Callback.
	Listen   func(url string, h http.Handler)
	Hooks    [2]string
	Callback string
}

// Probe is the API under test.
type Probe struct {
	cfg    Config
	ctx    context.Context
	charge Charge // what the running check may still cost
	undo   []func(context.Context) error
}

// New returns a Probe.
func New(ctx context.Context, cfg Config) *Probe { return &Probe{cfg: cfg, ctx: ctx} }

// undoTime is how long the undoing of a check may take, after an interrupt too.
const undoTime = 30 * time.Second

// Test runs a check, and undoes what it has made. What could not be undone is
// left to Close.
func (p *Probe) Test(c Check) error {
	p.charge = c.Charge
	err := c.Run(p)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), undoTime)
	defer cancel()
	_ = p.Close(ctx)
	return err
}

// Close undoes what is left, latest first.
func (p *Probe) Close(ctx context.Context) error {
	var errs []error
	var failed []func(context.Context) error
	for _, undo := range slices.Backward(p.undo) {
		if err := undo(ctx); err != nil {
			errs = append(errs, err)
			failed = append(failed, undo)
		}
	}
	slices.Reverse(failed)
	p.undo = failed
	return errors.Join(errs...)
}

// Context returns the context of the run.
func (p *Probe) Context() context.Context { return p.ctx }

// Do sends a request as it is and returns the whole answer. A body that is a
// []byte is sent unchanged, any other as JSON. header holds names and values in
// turn; an empty value removes a header that Do would set.
func (p *Probe) Do(method, path string, content any, header ...string) (*Answer, error) {
	var reader io.Reader
	switch b := content.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(p.ctx, method, p.cfg.BaseURL+path, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.cfg.Token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "hellio-verify")
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Del(header[i])
		if header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	return answerTo(p.cfg.HTTP.Do(req))
}

// maxAnswer is the most of an answer that is read.
const maxAnswer = 8 << 20

func answerTo(resp *http.Response, err error) (*Answer, error) {
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: text}
	_ = json.Unmarshal(text, &a.root) // what is not JSON has no members
	return a, nil
}

// Number returns the number that gets messages, with "+".
func (p *Probe) Number() string { return "+" + strings.TrimPrefix(p.cfg.Number, "+") }

// Sender returns an approved sender.
func (p *Probe) Sender() string { return p.cfg.Sender }

// Pay takes the price of a call from what the check may cost. It comes before
// the call.
func (p *Probe) Pay(op string, n int) error {
	purse := map[string]*int{
		"sms":    &p.charge.SMS,
		"otp":    &p.charge.OTP,
		"voice":  &p.charge.Voice,
		"lookup": &p.charge.Lookup,
		"email":  &p.charge.Email,
	}[op]
	if p.cfg.Settings != nil {
		return nil // nothing costs anything at the fake
	}
	if purse == nil || *purse < n {
		return fmt.Errorf("the check's charge does not cover %d units of %s", n, op)
	}
	*purse -= n
	return nil
}

// Wait moves the fake's clock. At the real API it sleeps, as far as it may.
func (p *Probe) Wait(d time.Duration) error { return p.cfg.Wait(p.ctx, d) }

// pace waits because of the rate limit.
func (p *Probe) pace(d time.Duration) error {
	if p.cfg.Pace != nil {
		return p.cfg.Pace(p.ctx, d)
	}
	return p.Wait(d)
}

// Cleanup adds an undo that runs after the check, and after an interrupt too.
func (p *Probe) Cleanup(undo func(context.Context) error) { p.undo = append(p.undo, undo) }

// Settings returns the account's settings, and false at the real API.
func (p *Probe) Settings() (Settings, bool) {
	if p.cfg.Settings == nil {
		return Settings{}, false
	}
	return *p.cfg.Settings, true
}

// Refute returns the error for a claim that does not hold. value is for an
// observation.
func (p *Probe) Refute(value any, expected, seen string) error {
	return &Refuted{value, expected, seen}
}

// Untestable returns the error for a claim that can't be tested here.
func (p *Probe) Untestable(reason string) error { return &Untestable{reason} }
