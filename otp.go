package hellio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

// OTPService sends one-time passwords and checks them. The API makes the codes;
// the application never sees one.
type OTPService struct{ core *core }

// Channel is the way in which a one-time password or a message is sent.
type Channel string

// The known channels; others pass through. WhatsApp is inferred: the vendor's
// SDKs have it, its other pages do not.
const (
	ChannelSMS      Channel = "sms"
	ChannelVoice    Channel = "voice"
	ChannelWhatsApp Channel = "whatsapp"
	ChannelEmail    Channel = "email"
)

// OTPSendParams is one code for one destination: MobileNumber, or Email on the
// e-mail channel.
type OTPSendParams struct {
	// Channel "" means sms if MobileNumber is set, and email if Email is set.
	Channel Channel `json:"channel,omitempty"`

	// MobileNumber has a country code and at most 20 characters.
	MobileNumber string `json:"mobile_number,omitempty"`
	Email        string `json:"email,omitempty"`

	// Sender is an approved sender name of at most 11 characters. On sms and
	// voice "" means the client's default; other channels ignore it.
	Sender string `json:"sender,omitempty"`

	// Length is the number of digits, 4 to 10. 0 means the API's default
	// (6 is decided).
	Length int `json:"length,omitempty"`

	// ExpiryMinutes is the lifetime of the code, 1 to 1440. 0 means the
	// API's default (5 is decided).
	ExpiryMinutes int `json:"expiry,omitempty"`

	Purpose string `json:"purpose,omitempty"` // a label of at most 32 characters
	Gateway string `json:"gateway,omitempty"` // overrides the route (inferred)
}

// OTPSendResult is the API's response to a code that it accepted for sending.
type OTPSendResult struct {
	KeyedResult
	Reference        string        `json:"reference"` // of the message; see GetMessage
	MobileNumber     string        `json:"mobile_number"`
	Email            string        `json:"email"` // the name is decided
	ExpiresInMinutes int           `json:"expires_in_minutes"`
	Status           MessageStatus `json:"status"` // "queued"
}

// Send makes a code and sends it. A new code replaces the previous one for the
// same destination (decided). It costs as much as the message, needs the scope
// otp, and carries an idempotency key, so a retry sends no second code.
//
// The API refuses as in SMSService.Send, and with CodeInvalidRecipient. It
// limits sends per source IP in addition to the token's limit (documented; the
// size is not published): both return a *RateLimitError.
func (s *OTPService) Send(
	ctx context.Context, p *OTPSendParams, opts ...CallOption,
) (*OTPSendResult, error) {
	body, err := p.complete(coreOf(s).defaultSender())
	if err != nil {
		return nil, err
	}
	return call[OTPSendResult](ctx, coreOf(s), request{op: &contract.OTPSend, body: body}, opts)
}

// complete checks the params and returns a copy with channel and default
// sender.
func (p *OTPSendParams) complete(sender string) (*OTPSendParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	body.Channel = channelFor(p.Channel, p.MobileNumber, p.Email)
	needsSender := body.Channel == "" || body.Channel == ChannelSMS || body.Channel == ChannelVoice
	if needsSender && body.Sender == "" {
		body.Sender = sender
	}
	if needsSender || body.Sender != "" {
		if err := checkSender(body.Sender); err != nil {
			return nil, err
		}
	}
	return &body, firstError(
		checkDestination(body.Channel, p.MobileNumber, p.Email),
		checkRange("length", p.Length, contract.MinOTPLength, contract.MaxOTPLength),
		checkRange("expiry", p.ExpiryMinutes, contract.MinOTPExpiry, contract.MaxOTPExpiry),
		checkText("purpose", p.Purpose, 0, contract.MaxOTPPurpose),
		checkText("gateway", p.Gateway, 0, 0),
	)
}

// OTPVerifyParams is a code as a person typed it, and its destination.
type OTPVerifyParams struct {
	// Channel "" means sms if MobileNumber is set, and email if Email is set.
	Channel      Channel `json:"channel,omitempty"`
	MobileNumber string  `json:"mobile_number,omitempty"`
	Email        string  `json:"email,omitempty"`
	Code         string  `json:"code"` // surrounding white space is ignored
}

// Verify reports whether the code is the latest one sent to the destination,
// unexpired and unused. It returns true only if the API answers 2xx with
// data.verified true. For a wrong code it returns (false, nil): check the bool
// as well as the error. A right code is used up by this call; after 5 wrong
// ones a code is dead (decided). WithResponse and OTPStatusOf say why a code is
// not right.
//
// Verify needs the scope otp and costs nothing. It is not retried once the
// request may have arrived: an *APIError or *ConnectionError with
// OutcomeUnknown may have used up the code.
func (s *OTPService) Verify(
	ctx context.Context, p *OTPVerifyParams, opts ...CallOption,
) (verified bool, err error) {
	body, err := p.complete()
	if err != nil {
		return false, err
	}
	r := request{op: &contract.OTPVerify, body: body, altStatus: http.StatusUnprocessableEntity}
	verdict, err := call[otpVerdict](ctx, coreOf(s), r, opts)
	return verdict != nil && verdict.verified, err
}

func (p *OTPVerifyParams) complete() (*OTPVerifyParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	body.Channel = channelFor(p.Channel, p.MobileNumber, p.Email)
	if err := checkFilled("code", p.Code, 255); err != nil {
		return nil, err
	}
	return &body, checkDestination(body.Channel, p.MobileNumber, p.Email)
}

// channelFor returns the channel to send: the given one, email for an address
// alone, and none for a number, which the API treats as sms.
func channelFor(given Channel, number, email string) Channel {
	if given == "" && number == "" && email != "" {
		return ChannelEmail
	}
	return given
}

func checkDestination(channel Channel, number, email string) error {
	if number != "" && email != "" {
		return &ParamError{
			Field:   "mobile_number",
			Given:   "both mobile_number and email",
			Allowed: "one of them",
		}
	}
	switch channel {
	case "", ChannelSMS, ChannelVoice, ChannelWhatsApp:
		if err := checkFilled("mobile_number", number, contract.MaxNumberLength); err != nil {
			return err
		}
		return nil
	case ChannelEmail:
		return checkEmail("email", email)
	}
	if number == "" && email == "" {
		return &ParamError{
			Field:   "mobile_number",
			Given:   "neither mobile_number nor email",
			Allowed: "one of them",
		}
	}
	return nil
}

// OTPStatus says what Verify found out about a code.
type OTPStatus string

// The known statuses; others pass through. Expired is decided, not documented.
// So is invalid for a code that was used, is dead or was never sent. The API
// does not distinguish it from a wrong one.
const (
	OTPVerified OTPStatus = "verified"
	OTPInvalid  OTPStatus = "invalid"
	OTPExpired  OTPStatus = "expired"
)

// OTPStatusOf returns the status in the Response of an OTPService.Verify, as
// WithResponse fills it. It returns OTPVerified exactly if Verify returned
// true. It returns "" if Verify returned an error, or if the API sent no status
// or one that contradicts the verdict.
func OTPStatusOf(r *Response) OTPStatus {
	if r == nil || !is2xx(r.StatusCode) && r.StatusCode != http.StatusUnprocessableEntity {
		return ""
	}
	var verdict otpVerdict
	if verdict.decodeBody(r.Body) != nil {
		return ""
	}
	verdict.stamp(r)
	switch {
	case verdict.verified:
		return OTPVerified
	case verdict.status == OTPVerified: // not what data.verified and the HTTP status say
		return ""
	default:
		return verdict.status
	}
}

// otpVerdict is the result of Verify: a 200, or a 422 of the same shape for a
// wrong code. Other 422s have no data.verified and are errors.
type otpVerdict struct {
	verified bool
	status   OTPStatus
}

// stamp makes the code wrong unless the API answered 2xx: a refusal verifies
// nothing, even if its body says so.
func (v *otpVerdict) stamp(r *Response) { v.verified = v.verified && is2xx(r.StatusCode) }

func is2xx(status int) bool { return status >= 200 && status < 300 }

var errNotBool = errors.New("the response's data.verified is not a bool")

func (v *otpVerdict) decodeBody(body []byte) error {
	var envelope struct {
		Data map[string]json.RawMessage `json:"data"`
	}
	if err := decodeWhole(body, &envelope); err != nil {
		return errNoData
	}
	verified, given := envelope.Data["verified"]
	switch string(verified) {
	case "true", "false":
		v.verified = string(verified) == "true"
		_ = json.Unmarshal(envelope.Data["status"], &v.status) // "" if it is no string
		return nil
	}
	if !given {
		return errNoData
	}
	return errNotBool
}

// Format prints the params without number and address, for every verb.
func (p OTPSendParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p OTPSendParams) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the params without code, number and address, for every verb.
func (p OTPVerifyParams) Format(f fmt.State, _ rune) { describe(p).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p OTPVerifyParams) LogValue() slog.Value { return describe(p).logValue() }

// Format prints the result without number and address, for every verb.
func (r OTPSendResult) Format(f fmt.State, _ rune) { describe(r).format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (r OTPSendResult) LogValue() slog.Value { return describe(r).logValue() }
