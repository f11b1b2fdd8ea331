package hellio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// TokenSource gives the API token. It is asked before each attempt, so that a rotated token is used at once; it must be safe for
// concurrent use and should keep the token it has, for it is on the path of every call. A 401 is not tried again.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// staticToken is the TokenSource of NewClient's token: a function, for fmt can't print what one holds.
type staticToken func() string

func (t staticToken) Token(context.Context) (string, error) { return t(), nil }

// credentials are what is derived from a token.
type credentials struct {
	token       string
	header      []string // the value of Authorization
	fingerprint string
}

// authorize asks the source for the token; what is derived from it is made once and kept until the token changes.
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
		return nil, foreignError{"token source", err}
	}
	sum := sha256.Sum256([]byte(token))
	made := &credentials{token: token, header: []string{"Bearer " + token}, fingerprint: hex.EncodeToString(sum[:8])}
	c.credentials.Store(made)
	return made, nil
}

// checkToken refuses what could not stand in a header. The error tells nothing of the token but its length.
func checkToken(token string) error {
	const allowed = "visible ASCII characters without spaces"
	if token == "" {
		return &ParamError{Field: "token", Given: "an empty one", Allowed: allowed}
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return &ParamError{Field: "token", Given: "a forbidden character at byte " + itoa(i) + " of " + itoa(len(token)), Allowed: allowed}
		}
	}
	return nil
}

// foreignError is the failure of a TokenSource or Limiter. It hides an outcome that their own calls may have had: that was not this
// call's.
type foreignError struct {
	whose string
	err   error
}

func (e foreignError) Error() string { return e.whose + ": " + e.err.Error() }

// Is answers for the cause, which Unwrap does not give away.
func (e foreignError) Is(target error) bool {
	return target != ErrOutcomeUnknown && errors.Is(e.err, target)
}

// As answers for the cause, which Unwrap does not give away.
func (e foreignError) As(target any) bool { return errors.As(e.err, target) }

// Fingerprint gives the first 16 hex digits of the token's SHA-256: enough to tell tokens apart in logs and shared stores, and of no use
// to whoever reads it. It asks the TokenSource and returns its error.
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
