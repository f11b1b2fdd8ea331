package hellio

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// EmailService checks e-mail addresses.
type EmailService struct{ core *core }

// EmailVerifyParams are addresses to check. The API's limit on their count is
// not published, so the client leaves it to the API.
type EmailVerifyParams struct {
	Emails []string `json:"emails"` // at least one; each has text on both sides of an @
}

// EmailStatus is the verdict on an address.
type EmailStatus string

// The statuses are decided, not documented; others pass through.
const (
	EmailDeliverable   EmailStatus = "deliverable"
	EmailUndeliverable EmailStatus = "undeliverable"
	EmailRisky         EmailStatus = "risky"
	EmailUnknown       EmailStatus = "unknown"
)

// EmailResult is what is known about one address. Its shape is decided, not
// documented; Raw holds the response unchanged.
type EmailResult struct {
	Email         string          `json:"email"`
	Status        EmailStatus     `json:"status"`
	SyntaxValid   bool            `json:"syntax_valid"`
	MXFound       bool            `json:"mx_found"`
	MailboxExists *bool           `json:"mailbox_exists"` // nil: the mail server does not say
	Disposable    bool            `json:"disposable"`
	RoleAccount   bool            `json:"role_account"` // such as info@ or sales@
	Raw           json.RawMessage `json:"-"`
}

// Verify checks addresses and returns the verdicts. A dead address is a result,
// not an error. It costs money per address and needs the scope email:verify.
//
// The API takes no idempotency key here, so the client retries only if the API
// certainly did not carry out the call. After OutcomeUnknown or OutcomeAccepted
// another call may be charged a second time.
func (s *EmailService) Verify(
	ctx context.Context, p *EmailVerifyParams, opts ...CallOption,
) ([]EmailResult, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	r := request{op: &contract.EmailVerify, body: p}
	found, err := call[emailResults](ctx, coreOf(s), r, opts)
	if err != nil {
		return nil, err
	}
	return *found, nil
}

func (p *EmailVerifyParams) check() error {
	if p == nil {
		return nilParams()
	}
	if len(p.Emails) == 0 {
		return &ParamError{Field: "emails", Given: "no addresses", Allowed: "at least 1 address"}
	}
	for i, address := range p.Emails {
		if err := checkEmail("emails["+itoa(i)+"]", address); err != nil {
			return err
		}
	}
	return nil
}

// emailResults is a list, or an object that holds it under results or emails
// (the body is not documented).
type emailResults []EmailResult

// UnmarshalJSON reads either form.
func (r *emailResults) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]EmailResult)(r))
	}
	var object struct{ Results, Emails []EmailResult }
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	if object.Results == nil && object.Emails == nil {
		return errNoData
	}
	*r = append(object.Results, object.Emails...)
	return nil
}

// UnmarshalJSON reads the object and keeps it in Raw.
func (r *EmailResult) UnmarshalJSON(data []byte) error {
	type plain EmailResult
	return keepRaw(data, (*plain)(r), func() *json.RawMessage { return &r.Raw })
}

// Format prints the params without the addresses, for every verb.
func (p EmailVerifyParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p EmailVerifyParams) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the result without the address, for every verb.
func (r EmailResult) Format(f fmt.State, _ rune) { describe(r).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (r EmailResult) LogValue() slog.Value { return describe(r).logValue() }
