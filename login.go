package hellio

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hellio-go/hellio/internal/contract"
)

// LoginParams are the credentials of a person.
type LoginParams struct {
	Email         string `json:"email"`
	Password      string `json:"password"`
	DeviceName    string `json:"device_name,omitempty"`     // at most 255 characters (inferred)
	TwoFactorCode string `json:"two_factor_code,omitempty"` // for accounts with two-factor login
}

// AccessToken is a token, its scopes and its owner.
type AccessToken struct {
	Token     string   `json:"token"`     // for NewClient
	Abilities []string `json:"abilities"` // scopes
	User      struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	} `json:"user"`
}

// Login exchanges credentials for a token. It takes the options of a client.
// The client retries only if the API certainly did not carry out the call.
//
// The API refuses with:
//   - *AuthenticationError (CodeInvalidCredentials)
//   - *PermissionError (CodeEmailUnverified, CodeAccountLocked)
//   - *ValidationError with CodeTwoFactorRequired: ask for the code and call
//     again with it
//   - *RateLimitError after too many tries
func Login(ctx context.Context, p *LoginParams, opts ...Option) (*AccessToken, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	c, err := newCore("", true, opts)
	if err != nil {
		return nil, err
	}
	defer c.closeIdle()
	return call[AccessToken](ctx, c, request{op: &contract.AuthToken, body: p}, nil)
}

func (p *LoginParams) check() error {
	if p == nil {
		return nilParams()
	}
	if p.Password == "" {
		return checkText("password", "", 1, 0)
	}
	return firstError(
		checkEmail("email", p.Email),
		checkText("password", p.Password, 1, 0),
		checkText("device_name", p.DeviceName, 0, 255),
		checkText("two_factor_code", p.TwoFactorCode, 0, 255),
	)
}

// Format prints the type alone, for every verb.
func (p LoginParams) Format(f fmt.State, _ rune) { redacted("LoginParams{…}").format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (p LoginParams) LogValue() slog.Value { return redacted("LoginParams{…}").logValue() }

// Format prints the token's scopes alone, for every verb.
func (t AccessToken) Format(f fmt.State, _ rune) { t.redacted().format(f) }

// LogValue implements slog.LogValuer with the redacted text.
func (t AccessToken) LogValue() slog.Value { return t.redacted().logValue() }

func (t AccessToken) redacted() redacted {
	return redacted(fmt.Sprintf("AccessToken{abilities %q}", t.Abilities))
}
