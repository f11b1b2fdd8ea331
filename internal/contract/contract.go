// Package contract holds the constants of the Hellio Messaging API v1 that
// client and fake share: operations, scopes, headers, error codes and limits.
// It holds no request or response bodies: each side writes its own, so that one
// mistake can't hide another.
package contract

import "time"

// Header names, in net/http's canonical spelling.
const (
	HeaderIdempotencyKey     = "Idempotency-Key"
	HeaderIdempotentReplayed = "Idempotent-Replayed"
	HeaderRateLimitLimit     = "X-Ratelimit-Limit"
	HeaderRateLimitRemaining = "X-Ratelimit-Remaining"
	HeaderRateLimitReset     = "X-Ratelimit-Reset"
	HeaderRetryAfter         = "Retry-After"
	HeaderSignature          = "X-Hellio-Signature"
	HeaderSignatureV2        = "X-Hellio-Signature-V2"
	HeaderTimestamp          = "X-Hellio-Timestamp"
)

// Root is where the API lives on its host.
const Root = "/v1"

// Scopes that a token may carry. ScopeAll grants every one.
const (
	ScopeAll         = "*"
	ScopeSMSSend     = "sms:send"
	ScopeOTP         = "otp"
	ScopeVoice       = "voice"
	ScopeLookup      = "lookup"
	ScopeEmailVerify = "email:verify"
	ScopeReports     = "reports"
	ScopeBalance     = "balance"
	ScopeWebhooks    = "webhooks"
	ScopeUSSD        = "ussd"
)

// Scopes returns every scope but ScopeAll.
func Scopes() []string {
	return []string{
		ScopeSMSSend, ScopeOTP, ScopeVoice, ScopeLookup, ScopeEmailVerify, ScopeReports,
		ScopeBalance, ScopeWebhooks, ScopeUSSD,
	}
}

// Error codes, the `error` member of an error body.
const (
	CodeUnauthenticated         = "unauthenticated"
	CodeInvalidCredentials      = "invalid_credentials"
	CodeInsufficientBalance     = "insufficient_balance"
	CodeInsufficientUSSDBalance = "insufficient_ussd_balance"
	CodeExtensionRequired       = "extension_required"
	CodeInsufficientScope       = "insufficient_scope"
	CodeSpendLimitExceeded      = "spend_limit_exceeded"
	CodeIPNotAllowed            = "ip_not_allowed"
	CodeEmailUnverified         = "email_unverified"
	CodeAccountLocked           = "account_locked"
	CodeNotFound                = "not_found"
	CodeMethodNotAllowed        = "method_not_allowed"
	CodeIdempotencyConflict     = "idempotency_conflict"
	CodeIdempotencyMismatch     = "idempotency_mismatch"
	CodeExtensionUnavailable    = "extension_unavailable"
	CodeSenderNotApproved       = "sender_not_approved"
	CodeNoValidRecipients       = "no_valid_recipients"
	CodeNoValidNumbers          = "no_valid_numbers"
	CodeInvalidRecipient        = "invalid_recipient"
	CodeInvalidRequest          = "invalid_request"
	CodeTrafficNotRoutable      = "traffic_not_routable"
	CodeAudioError              = "audio_error"
	CodeUnknownApp              = "unknown_app"
	CodeTwoFactorRequired       = "two_factor_required"
	CodeThrottled               = "throttled"
	CodeServiceUnavailable      = "service_unavailable"
)

// Limits of requests, in the API's own units (characters are Unicode code
// points).
const (
	MaxRecipients      = 10_000
	MaxNumberLength    = 20
	MaxMessageLength   = 1600
	MaxSenderLength    = 11
	MaxIdempotencyKey  = 255
	MaxPerPage         = 200
	DefaultPerPage     = 50
	DefaultRateLimit   = 120 // requests a minute and token
	RateLimitWindow    = 60 * time.Second
	MinOTPLength       = 4
	MaxOTPLength       = 10
	MinOTPExpiry       = 1    // minutes
	MaxOTPExpiry       = 1440 // minutes
	MaxOTPPurpose      = 32
	MaxUSSDAppName     = 120
	MaxUSSDCode        = 12
	MaxUSSDSessionID   = 120
	MaxUSSDInput       = 182
	MaxUSSDServiceCode = 32
)
