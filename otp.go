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

// OTPService sends one-time passwords and checks them. The API makes the codes; the application never sees one.
type OTPService struct{ core *core }

// Channel is the way that a one-time password or a message takes.
type Channel string

// The known channels; others pass through.
const (
	ChannelSMS      Channel = "sms"
	ChannelVoice    Channel = "voice"
	ChannelWhatsApp Channel = "whatsapp" // inferred: the vendor's SDKs have it, its other pages do not
	ChannelEmail    Channel = "email"
)

// OTPSendParams is one code for one destination: MobileNumber, or Email on the e-mail channel.
type OTPSendParams struct {
	Channel       Channel `json:"channel,omitempty"`       // "": sms for a MobileNumber, email for an Email
	MobileNumber  string  `json:"mobile_number,omitempty"` // with country code, at most 20 characters
	Email         string  `json:"email,omitempty"`
	Sender        string  `json:"sender,omitempty"`  // approved sender name, at most 11 characters; "": the client's default on sms and voice; ignored on the others
	Length        int     `json:"length,omitempty"`  // digits of the code, 4 to 10; 0: the API's default (6 is decided)
	ExpiryMinutes int     `json:"expiry,omitempty"`  // minutes that the code lives, 1 to 1440; 0: the API's default (5 is decided)
	Purpose       string  `json:"purpose,omitempty"` // a label, at most 32 characters
	Gateway       string  `json:"gateway,omitempty"` // overrides the route (inferred; values are not published)
}

// OTPSendResult is what the API tells when it has accepted a code for sending.
type OTPSendResult struct {
	KeyedResult
	Reference        string        `json:"reference"`          // of the message that carries the code; see Reports.GetMessage
	MobileNumber     string        `json:"mobile_number"`      // "" on the e-mail channel
	Email            string        `json:"email"`              // on the e-mail channel (the name is decided)
	ExpiresInMinutes int           `json:"expires_in_minutes"` // from now
	Status           MessageStatus `json:"status"`             // "queued"
}

// Send makes a code and sends it; a new code replaces the one before it for the same destination (decided). It costs what the message
// costs, needs the scope otp, and carries an idempotency key, so that a retry sends no second code.
//
// The API refuses as SMS.Send's does, with CodeInvalidRecipient too, and limits sends by source IP besides the token's limit
// (documented; the size is not published): both are a *RateLimitError.
func (s *OTPService) Send(ctx context.Context, p *OTPSendParams, opts ...CallOption) (*OTPSendResult, error) {
	body, err := p.complete(s.core.sender)
	if err != nil {
		return nil, err
	}
	return call[OTPSendResult](ctx, s.core, request{op: &contract.OTPSend, body: body}, opts)
}

// complete checks the params and returns a copy with channel and default sender filled in.
func (p *OTPSendParams) complete(sender string) (*OTPSendParams, error) {
	if p == nil {
		return nil, nilParams()
	}
	body := *p
	body.Channel = channelFor(p.Channel, p.MobileNumber, p.Email)
	spoken := body.Channel == "" || body.Channel == ChannelSMS || body.Channel == ChannelVoice
	if spoken && body.Sender == "" {
		body.Sender = sender
	}
	if spoken || body.Sender != "" {
		if err := checkSender(body.Sender); err != nil {
			return nil, err
		}
	}
	return &body, firstError(checkDestination(body.Channel, p.MobileNumber, p.Email), checkRange("length", p.Length, contract.MinOTPLength, contract.MaxOTPLength),
		checkRange("expiry", p.ExpiryMinutes, contract.MinOTPExpiry, contract.MaxOTPExpiry), checkText("purpose", p.Purpose, 0, contract.MaxOTPPurpose), checkText("gateway", p.Gateway, 0, 0))
}

// OTPVerifyParams is the code that somebody has typed, and where it was sent.
type OTPVerifyParams struct {
	Channel      Channel `json:"channel,omitempty"` // "": sms for a MobileNumber, email for an Email
	MobileNumber string  `json:"mobile_number,omitempty"`
	Email        string  `json:"email,omitempty"`
	Code         string  `json:"code"` // as typed; white space around it does not count
}

// Verify tells whether the code is the latest one sent to the destination, unexpired and unused. A wrong code is (false, nil), so that
// the bool can't be overlooked; a right one is used up by this call. After 5 wrong ones a code is dead (decided). It needs the scope
// otp, costs nothing, and is not tried again once the request may have arrived: an *APIError or *ConnectionError with OutcomeUnknown
// may have used up the code.
func (s *OTPService) Verify(ctx context.Context, p *OTPVerifyParams, opts ...CallOption) (verified bool, err error) {
	body, err := p.complete()
	if err != nil {
		return false, err
	}
	verdict, err := call[otpVerdict](ctx, s.core, request{op: &contract.OTPVerify, body: body, altStatus: http.StatusUnprocessableEntity}, opts)
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

// channelFor leaves a given channel as it is; none is sent for a number, which the API takes for sms.
func channelFor(given Channel, number, email string) Channel {
	if given == "" && number == "" && email != "" {
		return ChannelEmail
	}
	return given
}

func checkDestination(channel Channel, number, email string) error {
	if number != "" && email != "" {
		return &ParamError{Field: "mobile_number", Given: "both mobile_number and email", Allowed: "one of them"}
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
		return &ParamError{Field: "mobile_number", Given: "neither mobile_number nor email", Allowed: "one of them"}
	}
	return nil
}

// otpVerdict is the answer to Verify: 200, or 422 with the same shape for a wrong code. Other 422s have no data.verified and are errors.
type otpVerdict struct{ verified bool }

var errNotBool = errors.New("the answer's data.verified is not a bool")

func (v *otpVerdict) decodeBody(body []byte) error {
	var answer struct {
		Data map[string]json.RawMessage `json:"data"`
	}
	if err := decodeWhole(body, &answer); err != nil {
		return errNoData
	}
	switch verified, told := answer.Data["verified"]; {
	case !told:
		return errNoData
	case string(verified) == "true" || string(verified) == "false":
		v.verified = string(verified) == "true"
		return nil
	default:
		return errNotBool
	}
}

// Format prints the params without number and address, for every verb.
func (p OTPSendParams) Format(f fmt.State, _ rune) { p.redacted().format(f) }

// LogValue gives what Format prints.
func (p OTPSendParams) LogValue() slog.Value { return p.redacted().logValue() }

func (p OTPSendParams) redacted() redacted {
	return redacted(fmt.Sprintf("OTPSendParams{channel %q, sender %q, length %d, expiry %d min}", p.Channel, p.Sender, p.Length, p.ExpiryMinutes))
}

// Format prints the params without code, number and address, for every verb.
func (p OTPVerifyParams) Format(f fmt.State, _ rune) { p.redacted().format(f) }

// LogValue gives what Format prints.
func (p OTPVerifyParams) LogValue() slog.Value { return p.redacted().logValue() }

func (p OTPVerifyParams) redacted() redacted {
	return redacted(fmt.Sprintf("OTPVerifyParams{channel %q, code of %s}", p.Channel, characters(p.Code)))
}
