package hellio

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// UnmarshalJSON reads the step. If the API does not say whether another step
// may follow, Action decides.
func (r *USSDSimulateResult) UnmarshalJSON(data []byte) error {
	if r == nil {
		return errNilPointer
	}
	type plain USSDSimulateResult
	step := struct {
		*plain
		Continue *bool `json:"continue"`
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(data, &step); err != nil {
		return err
	}
	r.Continue = r.Action == USSDContinue
	if step.Continue != nil {
		r.Continue = *step.Continue
	}
	return nil
}

// USSDPricing is the price of sessions and extensions (inferred).
type USSDPricing struct {
	ShortCode       string               `json:"short_code"` // the shared one; its form varies
	Currency        string               `json:"currency"`
	SessionPrices   []USSDSessionPrice   `json:"session_prices"`
	ExtensionPrices []USSDExtensionPrice `json:"extension_prices"`
	Raw             json.RawMessage      `json:"-"`
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (p *USSDPricing) UnmarshalJSON(data []byte) error {
	type plain USSDPricing
	return keepRaw(data, (*plain)(p), func() *json.RawMessage { return &p.Raw })
}

// USSDSessionPrice is the price of one session on one network.
type USSDSessionPrice struct {
	Network      string `json:"network"`
	Slug         string `json:"slug"`
	SessionPrice Amount `json:"session_price"`
}

// USSDExtensionPrice is the monthly price of an extension of some length.
type USSDExtensionPrice struct {
	Length       int    `json:"length"` // digits
	MonthlyPrice Amount `json:"monthly_price"`
}

// USSDAvailability says whether an extension is available (inferred).
type USSDAvailability struct {
	Code         string `json:"code"`
	Valid        bool   `json:"valid"`
	Available    bool   `json:"available"`
	MonthlyPrice Amount `json:"monthly_price"` // zero value if not valid
}

// USSDApp is an app (inferred). Its secrets sign the API's requests to the
// callback. The API returns them when it makes them, and perhaps elsewhere:
// store them.
type USSDApp struct {
	ID          ID              `json:"id"`
	Name        string          `json:"name"`
	CallbackURL string          `json:"callback_url"`
	Mode        USSDMode        `json:"mode"`
	TestSecret  string          `json:"test_secret"` // may be absent
	LiveSecret  string          `json:"live_secret"` // may be absent
	IsLive      bool            `json:"is_live"`
	Active      bool            `json:"active"`
	CreatedAt   Timestamp       `json:"created_at"`
	Raw         json.RawMessage `json:"-"`
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (a *USSDApp) UnmarshalJSON(data []byte) error {
	type plain USSDApp
	return keepRaw(data, (*plain)(a), func() *json.RawMessage { return &a.Raw })
}

// USSDExtension is a rented extension (inferred).
type USSDExtension struct {
	ID           ID              `json:"id"`
	Code         string          `json:"code"`
	DialString   string          `json:"dial_string"` // such as "*920*123#"
	Length       int             `json:"length"`
	Status       string          `json:"status"`
	MonthlyPrice Amount          `json:"monthly_price"`
	AutoRenew    bool            `json:"auto_renew"`
	AppID        ID              `json:"app_id"` // "": none
	ExpiresAt    Timestamp       `json:"expires_at"`
	Raw          json.RawMessage `json:"-"`
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (e *USSDExtension) UnmarshalJSON(data []byte) error {
	type plain USSDExtension
	return keepRaw(data, (*plain)(e), func() *json.RawMessage { return &e.Raw })
}

// USSDSession is one session (inferred).
type USSDSession struct {
	ID          ID                `json:"id"`
	SessionRef  ID                `json:"session_ref"` // the SessionID of its steps
	MSISDN      string            `json:"msisdn"`
	ServiceCode string            `json:"service_code"`
	Status      USSDSessionStatus `json:"status"`
	Steps       int               `json:"steps"`
	Charge      Amount            `json:"charge"`  // zero value: none
	Sandbox     bool              `json:"sandbox"` // simulated
	StartedAt   Timestamp         `json:"started_at"`
	EndedAt     Timestamp         `json:"ended_at"`
	Raw         json.RawMessage   `json:"-"`
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (s *USSDSession) UnmarshalJSON(data []byte) error {
	type plain USSDSession
	return keepRaw(data, (*plain)(s), func() *json.RawMessage { return &s.Raw })
}

// Format prints the params without number and input, for every verb.
func (p USSDSimulateParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p USSDSimulateParams) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the result without the message, for every verb.
func (r USSDSimulateResult) Format(f fmt.State, _ rune) { describe(r).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (r USSDSimulateResult) LogValue() slog.Value { return describe(r).logValue() }

// Format prints the prices without Raw, for every verb.
func (p USSDPricing) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p USSDPricing) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the app without its secrets, for every verb.
func (a USSDApp) Format(f fmt.State, _ rune) { describe(a).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (a USSDApp) LogValue() slog.Value { return describe(a).logValue() }

// Format prints the extension without Raw, for every verb.
func (e USSDExtension) Format(f fmt.State, _ rune) { describe(e).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (e USSDExtension) LogValue() slog.Value { return describe(e).logValue() }

// Format prints the session without the number, for every verb.
func (s USSDSession) Format(f fmt.State, _ rune) { describe(s).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (s USSDSession) LogValue() slog.Value { return describe(s).logValue() }
