package hellio

import "github.com/hellio-go/hellio/internal/contract"

// The known error codes, for APIError.Code; others pass through.
const (
	CodeUnauthenticated         = contract.CodeUnauthenticated         // 401 (decided)
	CodeInvalidCredentials      = contract.CodeInvalidCredentials      // 401, Login
	CodeInsufficientBalance     = contract.CodeInsufficientBalance     // 402
	CodeInsufficientUSSDBalance = contract.CodeInsufficientUSSDBalance // 402, see Balance
	CodeExtensionRequired       = contract.CodeExtensionRequired       // 402, no active extension
	CodeInsufficientScope       = contract.CodeInsufficientScope       // 403 (decided)
	CodeSpendLimitExceeded      = contract.CodeSpendLimitExceeded      // 403, see Period
	CodeIPNotAllowed            = contract.CodeIPNotAllowed            // 403
	CodeEmailUnverified         = contract.CodeEmailUnverified         // 403, Login
	CodeAccountLocked           = contract.CodeAccountLocked           // 403, Login
	CodeNotFound                = contract.CodeNotFound                // 404
	CodeMethodNotAllowed        = contract.CodeMethodNotAllowed        // 405 (decided)
	CodeIdempotencyConflict     = contract.CodeIdempotencyConflict     // 409, still in flight
	CodeExtensionUnavailable    = contract.CodeExtensionUnavailable    // 409
	CodeSenderNotApproved       = contract.CodeSenderNotApproved       // 422
	CodeNoValidRecipients       = contract.CodeNoValidRecipients       // 422
	CodeNoValidNumbers          = contract.CodeNoValidNumbers          // 422, Lookup
	CodeInvalidRecipient        = contract.CodeInvalidRecipient        // 422
	CodeInvalidRequest          = contract.CodeInvalidRequest          // 422, see Fields
	CodeTrafficNotRoutable      = contract.CodeTrafficNotRoutable      // 422
	CodeAudioError              = contract.CodeAudioError              // 422, Voice
	CodeUnknownApp              = contract.CodeUnknownApp              // 422, USSD
	CodeTwoFactorRequired       = contract.CodeTwoFactorRequired       // 422, Login
	CodeThrottled               = contract.CodeThrottled               // 429
	CodeServiceUnavailable      = contract.CodeServiceUnavailable      // 503 (decided)
)

// isKnownCode reports whether a code is one of the above.
func isKnownCode(code string) bool {
	switch code {
	case CodeUnauthenticated, CodeInvalidCredentials, CodeInsufficientBalance,
		CodeInsufficientUSSDBalance, CodeExtensionRequired, CodeInsufficientScope,
		CodeSpendLimitExceeded, CodeIPNotAllowed, CodeEmailUnverified, CodeAccountLocked,
		CodeNotFound, CodeMethodNotAllowed, CodeIdempotencyConflict, CodeExtensionUnavailable,
		CodeSenderNotApproved, CodeNoValidRecipients, CodeNoValidNumbers, CodeInvalidRecipient,
		CodeInvalidRequest, CodeTrafficNotRoutable, CodeAudioError, CodeUnknownApp,
		CodeTwoFactorRequired, CodeThrottled, CodeServiceUnavailable:
		return true
	default:
		return false
	}
}

// The scopes that a token may carry, as AccessToken.Abilities names them.
const (
	ScopeAll         = contract.ScopeAll // every scope (inferred)
	ScopeSMSSend     = contract.ScopeSMSSend
	ScopeOTP         = contract.ScopeOTP
	ScopeVoice       = contract.ScopeVoice
	ScopeLookup      = contract.ScopeLookup
	ScopeEmailVerify = contract.ScopeEmailVerify
	ScopeReports     = contract.ScopeReports
	ScopeBalance     = contract.ScopeBalance
	ScopeWebhooks    = contract.ScopeWebhooks
	ScopeUSSD        = contract.ScopeUSSD // inferred
)
