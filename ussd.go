package hellio

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"

	"github.com/hellio-go/hellio/internal/contract"
)

// USSDService manages USSD applications, the extensions that people dial, and their sessions. Everything here needs the scope ussd
// (inferred). What an application answers to each step is its callback's work: see NewUSSDHandler.
type USSDService struct {
	Apps       *USSDAppsService
	Extensions *USSDExtensionsService
	Sessions   *USSDSessionsService

	core *core
}

func newUSSDService(c *core) *USSDService {
	return &USSDService{&USSDAppsService{c}, &USSDExtensionsService{c}, &USSDSessionsService{c}, c}
}

// USSDMode is whether an app is tried out or open to everybody; each has a secret of its own.
type USSDMode string

// The modes of an app. It begins in test.
const (
	USSDTest USSDMode = "test"
	USSDLive USSDMode = "live"
)

// USSDAction is what happens after a step.
type USSDAction string

// The known actions; others pass through.
const (
	USSDContinue USSDAction = "continue"
	USSDEnd      USSDAction = "end"
)

// USSDListParams choose a page of a USSD list. The zero value is the first page.
type USSDListParams struct {
	Cursor  string
	PerPage int // 1 to 200; 0: the API's default
}

// USSDPricing is what sessions and extensions cost (inferred).
type USSDPricing struct {
	ShortCode       string               `json:"short_code"` // shared by all; its form varies
	Currency        string               `json:"currency"`
	SessionPrices   []USSDSessionPrice   `json:"session_prices"`
	ExtensionPrices []USSDExtensionPrice `json:"extension_prices"`
	Raw             json.RawMessage      `json:"-"`
}

// USSDSessionPrice is what one session costs on one network.
type USSDSessionPrice struct {
	Network      string `json:"network"`
	Slug         string `json:"slug"`
	SessionPrice Amount `json:"session_price"`
}

// USSDExtensionPrice is what an extension of some length costs a month.
type USSDExtensionPrice struct {
	Length       int    `json:"length"` // digits
	MonthlyPrice Amount `json:"monthly_price"`
}

// USSDAvailability is whether an extension can be had (inferred).
type USSDAvailability struct {
	Code         string `json:"code"`
	Valid        bool   `json:"valid"`
	Available    bool   `json:"available"`
	MonthlyPrice Amount `json:"monthly_price"` // zero value when it can't be had
}

// USSDSimulateParams are one step of a trial session.
type USSDSimulateParams struct {
	AppID       ID     `json:"app_id"`
	SessionID   ID     `json:"session_id"`             // at most 120 characters; "" begins a session with an id made here
	MSISDN      string `json:"msisdn"`                 // the number that dials, at most 20 characters
	Input       string `json:"input"`                  // what is typed in this step alone, at most 182 characters
	NewSession  bool   `json:"new_session,omitempty"`  // begin a session
	ServiceCode string `json:"service_code,omitempty"` // at most 32 characters; "": the shared short code
}

// USSDSimulateResult is what the app's callback answered.
type USSDSimulateResult struct {
	SessionID ID         `json:"-"` // the session: give it to the next step
	Message   string     `json:"message"`
	Action    USSDAction `json:"action"`
	Continue  bool       `json:"-"` // another step may follow
}

// Pricing tells what sessions and extensions cost.
func (s *USSDService) Pricing(ctx context.Context, opts ...CallOption) (*USSDPricing, error) {
	return call[USSDPricing](ctx, s.core, request{op: &contract.USSDPricing}, opts)
}

// Availability tells whether an extension can be had, and for how much a month. The code is 1 to 12 digits.
func (s *USSDService) Availability(ctx context.Context, code string, opts ...CallOption) (*USSDAvailability, error) {
	if err := checkCode(code); err != nil {
		return nil, err
	}
	return call[USSDAvailability](ctx, s.core, request{op: &contract.USSDAvailability, query: url.Values{"code": {code}}}, opts)
}

// Simulate plays one step of a session against an app's callback, in test mode, at no cost and without an extension. It returns the
// session's id, made here when none is given. The API refuses with *ValidationError (CodeUnknownApp). It is tried again only when it was
// certainly not carried out, for the callback would see the step twice.
func (s *USSDService) Simulate(ctx context.Context, p *USSDSimulateParams, opts ...CallOption) (*USSDSimulateResult, error) {
	body, err := p.complete()
	if err != nil {
		return nil, err
	}
	step, err := call[USSDSimulateResult](ctx, s.core, request{op: &contract.USSDSimulate, body: body}, opts)
	if err == nil {
		step.SessionID = body.SessionID
	}
	return step, err
}

func (p *USSDSimulateParams) complete() (*USSDSimulateParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	if body.SessionID == "" {
		id, err := newUUID()
		if err != nil {
			return nil, err
		}
		body.SessionID, body.NewSession = ID(id), true
	}
	if err := checkFilled("msisdn", p.MSISDN, contract.MaxNumberLength); err != nil {
		return nil, err
	}
	return &body, firstError(checkID("app_id", p.AppID), checkText("app_id", string(p.AppID), 0, 0), checkText("session_id", string(body.SessionID), 1, contract.MaxUSSDSessionID),
		checkText("input", p.Input, 0, contract.MaxUSSDInput), checkText("service_code", p.ServiceCode, 0, contract.MaxUSSDServiceCode))
}

func checkCode(code string) error {
	if !isDigits(code) || len(code) > contract.MaxUSSDCode {
		return &ParamError{Field: "code", Given: "one of " + characters(code), Allowed: "1 to 12 digits"}
	}
	return nil
}

// USSDAppsService manages the apps that answer sessions.
type USSDAppsService struct{ core *core }

// USSDAppParams describe an app.
type USSDAppParams struct {
	Name        string `json:"name"`             // 1 to 120 characters
	CallbackURL string `json:"callback_url"`     // https (inferred); http is let through for loopback hosts, for tests
	Active      *bool  `json:"active,omitempty"` // nil: as it is, or the API's default
}

// USSDApp is an app (inferred). Its secrets sign the API's requests to the callback; the API tells them when they are made, and perhaps
// elsewhere: keep them.
type USSDApp struct {
	ID          ID              `json:"id"`
	Name        string          `json:"name"`
	CallbackURL string          `json:"callback_url"`
	Mode        USSDMode        `json:"mode"`
	TestSecret  string          `json:"test_secret"` // "" when not told
	LiveSecret  string          `json:"live_secret"` // "" when not told
	IsLive      bool            `json:"is_live"`
	Active      bool            `json:"active"`
	CreatedAt   Timestamp       `json:"created_at"`
	Raw         json.RawMessage `json:"-"`
}

// List gives a page of apps.
func (s *USSDAppsService) List(ctx context.Context, p *USSDListParams, opts ...CallOption) (*Page[USSDApp], error) {
	if p == nil {
		return nil, nilParams()
	}
	return list[USSDApp](ctx, s.core, &contract.USSDAppList, p.Cursor, p.PerPage, "", opts)
}

// All ranges over all apps, fetching pages as they are needed.
func (s *USSDAppsService) All(ctx context.Context, p *USSDListParams, opts ...CallOption) iter.Seq2[*USSDApp, error] {
	return iterate(p, ussdCursor, func(p *USSDListParams) (*Page[USSDApp], error) { return s.List(ctx, p, opts...) })
}

func ussdCursor(p *USSDListParams) *string { return &p.Cursor }

// Create adds an app, in test mode, and tells both its secrets. After OutcomeUnknown look with List before calling again.
func (s *USSDAppsService) Create(ctx context.Context, p *USSDAppParams, opts ...CallOption) (*USSDApp, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[USSDApp](ctx, s.core, request{op: &contract.USSDAppCreate, body: p}, opts)
}

// Update changes an app. Name and callback are always sent, so give them as they are to be.
func (s *USSDAppsService) Update(ctx context.Context, id ID, p *USSDAppParams, opts ...CallOption) (*USSDApp, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[USSDApp](ctx, s.core, request{op: &contract.USSDAppUpdate, id: id, body: p}, opts)
}

// Delete removes an app; an extension that points at it stays, unbound (decided).
func (s *USSDAppsService) Delete(ctx context.Context, id ID, opts ...CallOption) error {
	_, err := call[nothing](ctx, s.core, request{op: &contract.USSDAppDelete, id: id}, opts)
	return err
}

// SetMode switches an app between test and live. Live needs an active extension that points at the app; without one the API refuses with
// 402 and CodeExtensionRequired, which is a plain *APIError, for it has nothing to do with money.
func (s *USSDAppsService) SetMode(ctx context.Context, id ID, mode USSDMode, opts ...CallOption) (*USSDApp, error) {
	return modeCall(ctx, s.core, &contract.USSDAppMode, id, mode, opts)
}

// RotateSecret makes a new secret for a mode and tells it. The old one is dead at once, so let the callback accept both for a moment.
// After OutcomeUnknown rotate again: the secret in force may be one that nobody has read.
func (s *USSDAppsService) RotateSecret(ctx context.Context, id ID, mode USSDMode, opts ...CallOption) (*USSDApp, error) {
	return modeCall(ctx, s.core, &contract.USSDAppSecret, id, mode, opts)
}

func modeCall(ctx context.Context, c *core, op *contract.Operation, id ID, mode USSDMode, opts []CallOption) (*USSDApp, error) {
	if mode != USSDTest && mode != USSDLive {
		return nil, &ParamError{Field: "mode", Given: "another word", Allowed: "test or live"}
	}
	return call[USSDApp](ctx, c, request{op: op, id: id, body: map[string]USSDMode{"mode": mode}}, opts)
}

func (p *USSDAppParams) check() error {
	if p == nil {
		return nilParams()
	}
	if err := checkFilled("name", p.Name, contract.MaxUSSDAppName); err != nil {
		return err
	}
	return checkCallback("callback_url", p.CallbackURL)
}

// USSDExtensionsService rents the extensions that people dial.
type USSDExtensionsService struct{ core *core }

// USSDExtensionParams are an extension to rent.
type USSDExtensionParams struct {
	Code      string `json:"code"`                 // 1 to 12 digits
	AppID     ID     `json:"app_id,omitempty"`     // the app that answers; "": none yet
	ShortCode string `json:"short_code,omitempty"` // such as "*920#"; "": the shared one
}

// The known statuses of an extension (inferred); others pass through.
const (
	USSDExtensionActive  = "active"
	USSDExtensionExpired = "expired"
)

// USSDExtension is a rented extension (inferred).
type USSDExtension struct {
	ID           ID              `json:"id"`
	Code         string          `json:"code"`
	DialString   string          `json:"dial_string"` // what people dial, such as "*920*123#"
	Length       int             `json:"length"`
	Status       string          `json:"status"`
	MonthlyPrice Amount          `json:"monthly_price"`
	AutoRenew    bool            `json:"auto_renew"`
	AppID        ID              `json:"app_id"` // "" when it points at none
	ExpiresAt    Timestamp       `json:"expires_at"`
	Raw          json.RawMessage `json:"-"`
}

// List gives a page of extensions.
func (s *USSDExtensionsService) List(ctx context.Context, p *USSDListParams, opts ...CallOption) (*Page[USSDExtension], error) {
	if p == nil {
		return nil, nilParams()
	}
	return list[USSDExtension](ctx, s.core, &contract.USSDExtList, p.Cursor, p.PerPage, "", opts)
}

// All ranges over all extensions, fetching pages as they are needed.
func (s *USSDExtensionsService) All(ctx context.Context, p *USSDListParams, opts ...CallOption) iter.Seq2[*USSDExtension, error] {
	return iterate(p, ussdCursor, func(p *USSDListParams) (*Page[USSDExtension], error) { return s.List(ctx, p, opts...) })
}

// Create rents an extension, month by month, from the USSD purse. There is no idempotency key here, so it is tried again only when it was
// certainly not carried out: after OutcomeUnknown look with List. The API refuses with *InsufficientBalanceError
// (CodeInsufficientUSSDBalance), *ConflictError (CodeExtensionUnavailable) and *ValidationError (CodeUnknownApp).
func (s *USSDExtensionsService) Create(ctx context.Context, p *USSDExtensionParams, opts ...CallOption) (*USSDExtension, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[USSDExtension](ctx, s.core, request{op: &contract.USSDExtCreate, body: p}, opts)
}

// Delete gives an extension back; a live app that it pointed at falls back to test mode (decided).
func (s *USSDExtensionsService) Delete(ctx context.Context, id ID, opts ...CallOption) error {
	_, err := call[nothing](ctx, s.core, request{op: &contract.USSDExtDelete, id: id}, opts)
	return err
}

func (p *USSDExtensionParams) check() error {
	if p == nil {
		return nilParams()
	}
	return firstError(checkCode(p.Code), checkText("app_id", string(p.AppID), 0, 0), checkText("short_code", p.ShortCode, 0, contract.MaxUSSDServiceCode))
}

// USSDSessionsService tells about sessions.
type USSDSessionsService struct{ core *core }

// USSDSessionStatus is where a session stands.
type USSDSessionStatus string

// The known session statuses (inferred); others pass through.
const (
	USSDSessionActive  USSDSessionStatus = "active"
	USSDSessionEnded   USSDSessionStatus = "ended"
	USSDSessionTimeout USSDSessionStatus = "timeout"
	USSDSessionFailed  USSDSessionStatus = "failed"
)

// USSDSession is one session (inferred).
type USSDSession struct {
	ID          ID                `json:"id"`
	SessionRef  ID                `json:"session_ref"` // as the callback knows it
	MSISDN      string            `json:"msisdn"`
	ServiceCode string            `json:"service_code"`
	Status      USSDSessionStatus `json:"status"`
	Steps       int               `json:"steps"`
	Charge      Amount            `json:"charge"`  // zero value when there was none
	Sandbox     bool              `json:"sandbox"` // it was simulated
	StartedAt   Timestamp         `json:"started_at"`
	EndedAt     Timestamp         `json:"ended_at"`
	Raw         json.RawMessage   `json:"-"`
}

// USSDSessionListParams choose a page of sessions. The zero value is the first page.
type USSDSessionListParams struct {
	Cursor  string
	PerPage int               // 1 to 200; 0: the API's default
	Status  USSDSessionStatus // "": any
}

// List gives a page of sessions, newest first.
func (s *USSDSessionsService) List(ctx context.Context, p *USSDSessionListParams, opts ...CallOption) (*Page[USSDSession], error) {
	if p == nil {
		return nil, nilParams()
	}
	return list[USSDSession](ctx, s.core, &contract.USSDSessionList, p.Cursor, p.PerPage, string(p.Status), opts)
}

// All ranges over all sessions, newest first, fetching pages as they are needed.
func (s *USSDSessionsService) All(ctx context.Context, p *USSDSessionListParams, opts ...CallOption) iter.Seq2[*USSDSession, error] {
	cursor := func(p *USSDSessionListParams) *string { return &p.Cursor }
	return iterate(p, cursor, func(p *USSDSessionListParams) (*Page[USSDSession], error) { return s.List(ctx, p, opts...) })
}

// Get tells about one session, by its ID or SessionRef.
func (s *USSDSessionsService) Get(ctx context.Context, id ID, opts ...CallOption) (*USSDSession, error) {
	return getOne[USSDSession](ctx, s.core, &contract.USSDSessionGet, id, opts)
}
