package helliotest

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/window"
)

// apiToken is a Bearer token and its rate window.
type apiToken struct {
	grant
	window window.Window
}

func (t *apiToken) allows(scope string) bool {
	return slices.Contains(t.scopes, scope) || slices.Contains(t.scopes, contract.ScopeAll)
}

// IssueToken returns a new token for the account, in the form of the API's
// framework (inferred). Without scopes it has every scope; with an empty list
// that is not nil, as in IssueToken(list...), it has none. An unknown scope
// fails the test.
func (f *Fake) IssueToken(scopes ...string) string {
	f.tb.Helper()
	if f.ended() {
		return ""
	}
	granted, err := checkScopes(scopes)
	if err != nil {
		f.tb.Fatalf("helliotest: IssueToken: %v", err)
	}
	defer f.lock()()
	return f.world.issueToken(granted)
}

// RevokeToken revokes a token immediately: its next call gets 401. It reports
// whether there was such a token.
func (f *Fake) RevokeToken(token string) bool {
	f.tb.Helper()
	if f.ended() {
		return false
	}
	defer f.lock()()
	_, known := f.world.tokens[token]
	delete(f.world.tokens, token)
	return known
}

func (w *world) issueToken(scopes []string) string {
	text := w.newToken()
	if w.e.nameToken != nil {
		text = w.e.nameToken(text)
	}
	w.addToken(grant{text, scopes})
	return text
}

// newToken returns the text of the next token from the seed.
func (w *world) newToken() string {
	secret := w.newText(40)
	return fmt.Sprintf("%d|%s%08x", w.nextID(), secret, crc32.ChecksumIEEE([]byte(secret)))
}

func (w *world) addToken(g grant) {
	w.tokens[g.token] = &apiToken{grant: g, window: window.Window{Length: contract.RateLimitWindow}}
}

// clientToken returns a token with every scope: the first of the options, or
// else a new one.
func (f *Fake) clientToken() string {
	f.tb.Helper()
	defer f.lock()()
	for _, g := range f.cfg.tokens {
		if t := f.world.tokens[g.token]; t != nil && t.allows(contract.ScopeAll) {
			return g.token
		}
	}
	return f.world.issueToken([]string{contract.ScopeAll})
}

// bearer reads the token as the API's framework does: the scheme in any case.
func bearer(authorization string) string {
	const scheme = "bearer "
	if len(authorization) < len(scheme) || !strings.EqualFold(authorization[:len(scheme)], scheme) {
		return ""
	}
	return strings.TrimSpace(authorization[len(scheme):])
}
