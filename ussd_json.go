package hellio

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// UnmarshalJSON reads the step; where the API does not say whether another may follow, the action does.
func (r *USSDSimulateResult) UnmarshalJSON(data []byte) error {
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

// UnmarshalJSON reads the object and keeps it in Raw.
func (p *USSDPricing) UnmarshalJSON(data []byte) error {
	type plain USSDPricing
	return keepRaw(data, (*plain)(p), &p.Raw)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (a *USSDApp) UnmarshalJSON(data []byte) error {
	type plain USSDApp
	return keepRaw(data, (*plain)(a), &a.Raw)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (e *USSDExtension) UnmarshalJSON(data []byte) error {
	type plain USSDExtension
	return keepRaw(data, (*plain)(e), &e.Raw)
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (s *USSDSession) UnmarshalJSON(data []byte) error {
	type plain USSDSession
	return keepRaw(data, (*plain)(s), &s.Raw)
}

// Format prints the params without number and input, for every verb.
func (p USSDSimulateParams) Format(f fmt.State, _ rune) { p.redacted().format(f) }

// LogValue gives what Format prints.
func (p USSDSimulateParams) LogValue() slog.Value { return p.redacted().logValue() }

func (p USSDSimulateParams) redacted() redacted {
	return redacted(fmt.Sprintf("USSDSimulateParams{app %q, session %q, new %t, input of %s}", p.AppID, p.SessionID, p.NewSession, characters(p.Input)))
}

// Format prints the app without its secrets, for every verb.
func (a USSDApp) Format(f fmt.State, _ rune) { a.redacted().format(f) }

// LogValue gives what Format prints.
func (a USSDApp) LogValue() slog.Value { return a.redacted().logValue() }

func (a USSDApp) redacted() redacted {
	return redacted(fmt.Sprintf("USSDApp{%s, %q, mode %s, active %t}", a.ID, a.Name, a.Mode, a.Active))
}
