package hellio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// TokenSource returns the API token. The client asks it before each attempt,
// so it uses a rotated token immediately. It must be safe for concurrent use,
// and should cache the token, because it is on the path of every call. A 401 is
// not retried.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// staticToken is the TokenSource of NewClient's token: a func, because fmt
// cannot print its captured variables.
type staticToken func() string

func (t staticToken) Token(context.Context) (string, error) { return t(), nil }

// credentials are what is derived from a token.
type credentials struct {
	token       string
	header      []string // the value of Authorization
	fingerprint string
}

// authorize fetches the token. What is derived from it is kept until the token
// changes.
func (c *core) authorize(ctx context.Context) (*credentials, error) {
	if c.tokens == nil { // Login
		return &credentials{}, nil
	}
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return nil, foreignError{"token source", err}
	}
	if last := c.credentials.Load(); last != nil && last.token == token {
		return last, nil
	}
	if err := checkToken(token); err != nil {
		return nil, fmt.Errorf("token source: %w", err)
	}
	sum := sha256.Sum256([]byte(token))
	made := &credentials{
		token:       token,
		header:      []string{"Bearer " + token},
		fingerprint: hex.EncodeToString(sum[:8]),
	}
	c.credentials.Store(made)
	return made, nil
}

// checkToken refuses what can't be part of a header. The error says nothing of
// the token but its length.
func checkToken(token string) error {
	const allowed = "visible ASCII characters without spaces"
	if token == "" {
		return &ParamError{Field: "token", Given: "an empty string", Allowed: allowed}
	}
	if strings.HasPrefix(token, "Bearer ") {
		return &ParamError{
			Field:   "token",
			Given:   "a token that begins with Bearer",
			Allowed: "the token without Bearer",
		}
	}
	for i := range len(token) {
		switch c := token[i]; {
		case (c == '\n' || c == '\r') && strings.Trim(token[i:], "\r\n") == "":
			return &ParamError{
				Field:   "token",
				Given:   "a line break at the end",
				Allowed: allowed + " (remove the line break at the end)",
			}
		case c <= ' ' || c > '~':
			return &ParamError{
				Field:   "token",
				Given:   "a forbidden character at byte " + itoa(i) + " of " + itoa(len(token)),
				Allowed: allowed,
			}
		}
	}
	return nil
}

// foreignError is the error of a TokenSource or Limiter, or the cause of the
// caller's context. It hides any hellio error in it, because that belongs to
// another call.
type foreignError struct {
	whose string
	err   error
}

func (e foreignError) Error() string { return e.whose + ": " + e.err.Error() }

// Is answers for err, which Unwrap does not expose.
func (e foreignError) Is(target error) bool {
	return target != ErrOutcomeUnknown && target != ErrRetryBudget && errors.Is(e.err, target)
}

// As answers for err, which Unwrap does not expose, except with an error of
// this package.
func (e foreignError) As(target any) bool {
	value := reflect.ValueOf(target).Elem()
	before := reflect.ValueOf(value.Interface())
	if !errors.As(e.err, target) {
		return false
	}
	if _, ours := value.Interface().(interface{ outcome() Outcome }); !ours {
		return true
	}
	if before.IsValid() {
		value.Set(before)
	} else {
		value.SetZero()
	}
	return false
}

// contextError is the error of a caller's context that has ended. It matches
// ctx.Err and context.Cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return endedError{
		err:   err,
		cause: foreignError{"cause", cause},
	}
}

// endedError is the error of a context that has ended with a cause of its own.
type endedError struct {
	err   error
	cause foreignError
}

func (e endedError) Error() string   { return e.err.Error() + " (" + e.cause.Error() + ")" }
func (e endedError) Unwrap() []error { return []error{e.err, e.cause} }

// Fingerprint returns the first 16 hex digits of the token's SHA-256: enough to
// distinguish tokens in logs and shared stores. It asks the TokenSource and
// returns its error.
func (c *Client) Fingerprint(ctx context.Context) (string, error) {
	if ctx == nil {
		return "", nilContext()
	}
	made, err := c.core.authorize(ctx)
	if err != nil {
		return "", err
	}
	return made.fingerprint, nil
}
