package hellio

import (
	"context"
	"iter"
	"net/url"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
)

// USSDService manages USSD applications, the extensions that people dial, and
// their sessions. All of it needs the scope ussd (inferred). NewUSSDHandler
// serves the callback that answers each step of a session.
//
// NewClient sets the three fields. In a zero Client USSD is nil, so reading
// them panics. Every method of a zero or nil service returns a *ParamError.
type USSDService struct {
	Apps       *USSDAppsService
	Extensions *USSDExtensionsService
	Sessions   *USSDSessionsService

	core *core
}

func newUSSDService(c *core) *USSDService {
	return &USSDService{
		Apps:       &USSDAppsService{c},
		Extensions: &USSDExtensionsService{c},
		Sessions:   &USSDSessionsService{c},
		core:       c,
	}
}

// shared is coreOf for a service with more fields.
func (s *USSDService) shared() *core {
	if s == nil {
		return nil
	}
	return s.core
}

// USSDMode says whether an app is for tests or for everyone. Each mode has its
// own secret.
type USSDMode string

// The modes of an app. A new app is in test.
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

// USSDListParams choose a page of a USSD list. The zero value is the first
// page.
type USSDListParams struct {
	Cursor  string
	PerPage int // 1 to 200; 0: the API's default
}

// USSDSimulateParams are one step of a test session.
type USSDSimulateParams struct {
	AppID ID `json:"app_id"`

	// SessionID has at most 120 characters. "" begins a session, with an id
	// that the client makes.
	SessionID ID `json:"session_id"`

	MSISDN      string `json:"msisdn"`                 // the caller's number, at most 20 characters
	Input       string `json:"input"`                  // of this step alone, at most 182 characters
	NewSession  bool   `json:"new_session,omitempty"`  // begin a session
	ServiceCode string `json:"service_code,omitempty"` // at most 32 characters; "": the shared one
}

// USSDSimulateResult is the response of the app's callback.
type USSDSimulateResult struct {
	SessionID ID         `json:"-"` // for the params of the next step
	Message   string     `json:"message"`
	Action    USSDAction `json:"action"`
	Continue  bool       `json:"-"` // another step may follow
}

// Pricing returns the price of sessions and extensions.
func (s *USSDService) Pricing(ctx context.Context, opts ...CallOption) (*USSDPricing, error) {
	return call[USSDPricing](ctx, s.shared(), request{op: &contract.USSDPricing}, opts)
}

// Availability reports whether an extension is available, and its monthly
// price. The code is 1 to 12 digits.
func (s *USSDService) Availability(
	ctx context.Context, code string, opts ...CallOption,
) (*USSDAvailability, error) {
	if err := checkCode(code); err != nil {
		return nil, err
	}
	r := request{op: &contract.USSDAvailability, query: url.Values{"code": {code}}}
	return call[USSDAvailability](ctx, s.shared(), r, opts)
}

// Simulate plays one step of a session against an app's callback, in test mode,
// at no cost and without an extension. The result has the session's id, which
// the client makes if the params have none.
//
// The API refuses with *ValidationError (CodeUnknownApp). The client retries
// only if the API certainly did not carry out the call, because the callback
// would otherwise see the step twice.
func (s *USSDService) Simulate(
	ctx context.Context, p *USSDSimulateParams, opts ...CallOption,
) (*USSDSimulateResult, error) {
	body, err := p.complete()
	if err != nil {
		return nil, err
	}
	r := request{op: &contract.USSDSimulate, body: body}
	step, err := call[USSDSimulateResult](ctx, s.shared(), r, opts)
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
	return &body, firstError(
		checkID("app_id", p.AppID),
		checkText("app_id", string(p.AppID), 0, 0),
		checkText("session_id", string(body.SessionID), 1, contract.MaxUSSDSessionID),
		checkText("input", p.Input, 0, contract.MaxUSSDInput),
		checkText("service_code", p.ServiceCode, 0, contract.MaxUSSDServiceCode),
	)
}

func checkCode(code string) error {
	switch {
	case code == "" || utf8.RuneCountInString(code) > contract.MaxUSSDCode:
		return &ParamError{Field: "code", Given: sizeOf(code), Allowed: "1 to 12 digits"}
	case !isDigits(code):
		const given = "a character that is not a digit"
		return &ParamError{Field: "code", Given: given, Allowed: "1 to 12 digits"}
	default:
		return nil
	}
}

// USSDAppsService manages the apps that answer sessions.
type USSDAppsService struct{ core *core }

// USSDAppParams describe an app.
type USSDAppParams struct {
	Name        string `json:"name"`             // 1 to 120 characters
	CallbackURL string `json:"callback_url"`     // https (inferred); http only for loopback hosts
	Active      *bool  `json:"active,omitempty"` // nil: unchanged, or the API's default
}

// List returns a page of apps, newest first.
func (s *USSDAppsService) List(
	ctx context.Context, p *USSDListParams, opts ...CallOption,
) (*Page[USSDApp], error) {
	if p == nil {
		return nil, nilParams()
	}
	return listPage[USSDApp](ctx, coreOf(s), &contract.USSDAppList, p.Cursor, p.PerPage, "", opts)
}

// All ranges over all apps, newest first. It fetches each page when it is
// needed, and yields an error last if a page fails or its cursor repeats.
func (s *USSDAppsService) All(
	ctx context.Context, p *USSDListParams, opts ...CallOption,
) iter.Seq2[*USSDApp, error] {
	return iterate(ctx, &contract.USSDAppList, s.List, p, ussdCursor, opts)
}

func ussdCursor(p *USSDListParams) *string { return &p.Cursor }

// Create adds an app in test mode and returns both its secrets. After
// OutcomeUnknown check with List before you call again.
func (s *USSDAppsService) Create(
	ctx context.Context, p *USSDAppParams, opts ...CallOption,
) (*USSDApp, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[USSDApp](ctx, coreOf(s), request{op: &contract.USSDAppCreate, body: p}, opts)
}

// Update changes an app. It always sends name and callback, so set both.
func (s *USSDAppsService) Update(
	ctx context.Context, id ID, p *USSDAppParams, opts ...CallOption,
) (*USSDApp, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	r := request{op: &contract.USSDAppUpdate, id: id, body: p}
	return call[USSDApp](ctx, coreOf(s), r, opts)
}

// Delete removes an app. An extension that pointed at it stays, unbound
// (decided).
func (s *USSDAppsService) Delete(ctx context.Context, id ID, opts ...CallOption) error {
	_, err := call[noContent](ctx, coreOf(s), request{op: &contract.USSDAppDelete, id: id}, opts)
	return err
}

// SetMode switches an app between test and live. Live needs an active extension
// that points at the app. Without one the API refuses with 402 and
// CodeExtensionRequired, which is a plain *APIError, because money is not the
// reason.
func (s *USSDAppsService) SetMode(
	ctx context.Context, id ID, mode USSDMode, opts ...CallOption,
) (*USSDApp, error) {
	return modeCall(ctx, coreOf(s), &contract.USSDAppMode, id, mode, opts)
}

// RotateSecret makes and returns a new secret for a mode. The old one stops
// working immediately, so let the callback accept both secrets during the
// change. After OutcomeUnknown rotate again, because the response with the
// current secret may be lost.
func (s *USSDAppsService) RotateSecret(
	ctx context.Context, id ID, mode USSDMode, opts ...CallOption,
) (*USSDApp, error) {
	return modeCall(ctx, coreOf(s), &contract.USSDAppSecret, id, mode, opts)
}

func modeCall(
	ctx context.Context, c *core, op *contract.Operation, id ID, mode USSDMode, opts []CallOption,
) (*USSDApp, error) {
	if mode != USSDTest && mode != USSDLive {
		given := "an unknown mode"
		if mode == "" {
			given = "an empty string"
		}
		return nil, &ParamError{Field: "mode", Given: given, Allowed: "test or live"}
	}
	r := request{op: op, id: id, body: map[string]USSDMode{"mode": mode}}
	return call[USSDApp](ctx, c, r, opts)
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

// List returns a page of extensions, newest first.
func (s *USSDExtensionsService) List(
	ctx context.Context, p *USSDListParams, opts ...CallOption,
) (*Page[USSDExtension], error) {
	if p == nil {
		return nil, nilParams()
	}
	op := &contract.USSDExtList
	return listPage[USSDExtension](ctx, coreOf(s), op, p.Cursor, p.PerPage, "", opts)
}

// All ranges over all extensions, newest first. It fetches each page when it is
// needed, and yields an error last if a page fails or its cursor repeats.
func (s *USSDExtensionsService) All(
	ctx context.Context, p *USSDListParams, opts ...CallOption,
) iter.Seq2[*USSDExtension, error] {
	return iterate(ctx, &contract.USSDExtList, s.List, p, ussdCursor, opts)
}

// Create rents an extension per month, paid from the USSD balance. The API
// takes no idempotency key here, so the client retries only if the API
// certainly did not carry out the call. After OutcomeUnknown check with List
// before you call again.
//
// The API refuses with *InsufficientBalanceError (CodeInsufficientUSSDBalance),
// *ConflictError (CodeExtensionUnavailable) or *ValidationError
// (CodeUnknownApp).
func (s *USSDExtensionsService) Create(
	ctx context.Context, p *USSDExtensionParams, opts ...CallOption,
) (*USSDExtension, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return call[USSDExtension](ctx, coreOf(s), request{op: &contract.USSDExtCreate, body: p}, opts)
}

// Delete releases an extension. A live app that it pointed at falls back to
// test mode (decided).
func (s *USSDExtensionsService) Delete(ctx context.Context, id ID, opts ...CallOption) error {
	_, err := call[noContent](ctx, coreOf(s), request{op: &contract.USSDExtDelete, id: id}, opts)
	return err
}

func (p *USSDExtensionParams) check() error {
	if p == nil {
		return nilParams()
	}
	return firstError(
		checkCode(p.Code),
		checkText("app_id", string(p.AppID), 0, 0),
		checkText("short_code", p.ShortCode, 0, contract.MaxUSSDServiceCode),
	)
}

// USSDSessionsService reports on sessions.
type USSDSessionsService struct{ core *core }

// USSDSessionStatus is the state of a session.
type USSDSessionStatus string

// The known session statuses (inferred); others pass through.
const (
	USSDSessionActive  USSDSessionStatus = "active"
	USSDSessionEnded   USSDSessionStatus = "ended"
	USSDSessionTimeout USSDSessionStatus = "timeout"
	USSDSessionFailed  USSDSessionStatus = "failed"
)

// USSDSessionListParams choose a page of sessions. The zero value is the first
// page.
type USSDSessionListParams struct {
	Cursor  string
	PerPage int               // 1 to 200; 0: the API's default
	Status  USSDSessionStatus // "": any
}

// List returns a page of sessions, newest first.
func (s *USSDSessionsService) List(
	ctx context.Context, p *USSDSessionListParams, opts ...CallOption,
) (*Page[USSDSession], error) {
	if p == nil {
		return nil, nilParams()
	}
	op := &contract.USSDSessionList
	return listPage[USSDSession](ctx, coreOf(s), op, p.Cursor, p.PerPage, string(p.Status), opts)
}

// All ranges over all sessions, newest first. It fetches each page when it is
// needed, and yields an error last if a page fails or its cursor repeats.
func (s *USSDSessionsService) All(
	ctx context.Context, p *USSDSessionListParams, opts ...CallOption,
) iter.Seq2[*USSDSession, error] {
	cursor := func(p *USSDSessionListParams) *string { return &p.Cursor }
	return iterate(ctx, &contract.USSDSessionList, s.List, p, cursor, opts)
}

// Get returns one session, by its ID or SessionRef.
func (s *USSDSessionsService) Get(
	ctx context.Context, id ID, opts ...CallOption,
) (*USSDSession, error) {
	return getOne[USSDSession](ctx, coreOf(s), &contract.USSDSessionGet, id, opts)
}
