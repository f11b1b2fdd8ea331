package helliotest

import (
	"net/http"

	"github.com/hellio-go/hellio/internal/contract"
)

// public reports whether the route needs no token. The next stages then do
// nothing.
func (c *apiCall) public() bool { return c.route.op.Scope == "" }

// authenticate refuses a token that is missing, unknown or revoked. That answer
// has no limiter headers and is not counted (inferred).
func (c *apiCall) authenticate() *reply {
	if c.public() {
		return nil
	}
	if c.token = c.w.tokens[c.log.Token]; c.token == nil {
		return refuse(http.StatusUnauthorized, contract.CodeUnauthenticated, "Unauthenticated.")
	}
	return nil
}

// checkIP refuses a caller that is not on the account's list. That answer is
// not counted, and has no limiter headers (decided).
func (c *apiCall) checkIP() *reply {
	if c.public() || len(c.w.account.allowed) == 0 {
		return nil
	}
	for _, prefix := range c.w.account.allowed {
		if prefix.Contains(c.ip) {
			return nil
		}
	}
	return refuse(http.StatusForbidden, contract.CodeIPNotAllowed,
		"Your IP address is not allowed to use this account.")
}

// checkScope refuses a token without the scope. That answer is counted and has
// limiter headers (decided).
func (c *apiCall) checkScope() *reply {
	if c.public() || c.token.allows(c.route.op.Scope) {
		return nil
	}
	return refuse(http.StatusForbidden, contract.CodeInsufficientScope,
		"This token lacks the scope "+c.route.op.Scope+".")
}
