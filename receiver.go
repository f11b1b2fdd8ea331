package hellio

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/signature"
)

// What can be wrong with a delivery, for errors.Is. The errors that wrap these say which header or rule it was, and quote nothing.
var (
	// ErrMissingSignature: the signature that is required, or its timestamp, is not there.
	ErrMissingSignature = errors.New("hellio: the signature is missing")
	// ErrBadSignature: a signature is there, but none of the secrets made it for this body, or it is there twice.
	ErrBadSignature = errors.New("hellio: the signature is wrong")
	// ErrTimestampOutOfRange: the signature is right, but made too long ago or in the future: a replay, or a clock that is wrong.
	ErrTimestampOutOfRange = errors.New("hellio: the timestamp is out of range")
	// ErrMalformedWebhook: the timestamp is not 1 to 12 digits, or the signed body is not an event.
	ErrMalformedWebhook = errors.New("hellio: the webhook is malformed")
	// ErrWebhookTooLarge: the body is above 1 MiB.
	ErrWebhookTooLarge = errors.New("hellio: the webhook is too large")
)

const (
	maxDelivery        = 1 << 20 // bytes of a body that the API sends; decided
	minSecretLength    = 16      // bytes; decided
	maxTimestampDigits = 12
	defaultTolerance   = 5 * time.Minute // decided; the API publishes none
)

// ParseWebhook checks that a delivery comes from the API, and reads it. The body is that of the request, byte by byte as it was received:
// JSON that was decoded and encoded again has another signature.
//
// It requires X-Hellio-Signature-V2, made with one of the secrets over X-Hellio-Timestamp and the body (documented), at most 5 minutes
// ago or ahead (decided; the timestamp is in Unix seconds, decided too). X-Hellio-Signature, over the body alone, is not looked at: a
// delivery that was captured once would be good for ever.
//
// Several secrets are for rotation: create a second endpoint with the same URL, add its secret here, and delete the first endpoint when
// the attempts it may still owe are through. A secret has at least 16 bytes and no white space around it; a list without secrets, or with a bad one, gives a
// *ParamError. Everything else gives ErrMissingSignature, ErrBadSignature, ErrTimestampOutOfRange, ErrMalformedWebhook or
// ErrWebhookTooLarge, for errors.Is. The body is read as JSON only after its signature was found right.
//
// ParseWebhook does not know which deliveries came before: use NewWebhookHandler, or a DedupeStore with WebhookEvent.DedupeID.
func ParseWebhook(header http.Header, body []byte, secrets ...string) (*WebhookEvent, error) {
	if err := checkSecrets(secrets); err != nil {
		return nil, err
	}
	return (&verifier{secrets: secrets, tolerance: defaultTolerance}).parse(header, body)
}

// verifier is what a delivery is held against.
type verifier struct {
	secrets   []string
	tolerance time.Duration
	bodyOnly  bool // X-Hellio-Signature is good enough where there is no V2
}

func (v *verifier) parse(header http.Header, body []byte) (*WebhookEvent, error) {
	if len(body) > maxDelivery {
		return nil, ErrWebhookTooLarge
	}
	if err := v.verify(header, body); err != nil {
		return nil, err
	}
	return parseEvent(body)
}

// verify asks for the stronger signature wherever there is one, so that taking it away from a delivery wins nothing unless the user
// has allowed that.
func (v *verifier) verify(header http.Header, body []byte) error {
	for _, name := range []string{contract.HeaderSignature, contract.HeaderSignatureV2, contract.HeaderTimestamp} {
		if len(header.Values(name)) > 1 {
			return fmt.Errorf("%w: more than one %s", ErrBadSignature, name)
		}
	}
	if len(header.Values(contract.HeaderSignatureV2)) == 0 && v.bodyOnly {
		return verifyBody(header, body, v.secrets)
	}
	return v.verifyTimestamped(header, body)
}

func (v *verifier) verifyTimestamped(header http.Header, body []byte) error {
	for _, name := range []string{contract.HeaderSignatureV2, contract.HeaderTimestamp} {
		if len(header.Values(name)) == 0 {
			return fmt.Errorf("%w: no %s", ErrMissingSignature, name)
		}
	}
	stamp := header.Get(contract.HeaderTimestamp)
	if !isDigits(stamp) || len(stamp) > maxTimestampDigits {
		return fmt.Errorf("%w: %s is not 1 to %d digits", ErrMalformedWebhook, contract.HeaderTimestamp, maxTimestampDigits)
	}
	if !signature.VerifyTimestamped(header.Get(contract.HeaderSignatureV2), stamp, body, v.secrets...) {
		return fmt.Errorf("%w: %s", ErrBadSignature, contract.HeaderSignatureV2)
	}
	seconds, _ := strconv.ParseInt(stamp, 10, 64) // 12 digits fit
	if age := time.Since(time.Unix(seconds, 0)); age.Abs() > v.tolerance {
		return fmt.Errorf("%w: %v from now, allowed are %v", ErrTimestampOutOfRange, age.Round(time.Second), v.tolerance)
	}
	return nil
}

// verifyBody checks the signature over the body alone.
func verifyBody(header http.Header, body []byte, secrets []string) error {
	given := header.Values(contract.HeaderSignature)
	switch {
	case len(given) == 0:
		return fmt.Errorf("%w: no %s", ErrMissingSignature, contract.HeaderSignature)
	case len(given) > 1 || !signature.VerifyBody(given[0], body, secrets...):
		return fmt.Errorf("%w: %s", ErrBadSignature, contract.HeaderSignature)
	default:
		return nil
	}
}

// checkSecrets refuses what would let anybody sign, and what a file or an environment variable adds to a secret.
func checkSecrets(secrets []string) error {
	if len(secrets) == 0 {
		return &ParamError{Field: "secrets", Given: "none", Allowed: "at least 1"}
	}
	for i, secret := range secrets {
		field := "secrets[" + itoa(i) + "]"
		switch trimmed := strings.TrimSpace(secret); {
		case len(trimmed) < minSecretLength:
			return &ParamError{Field: field, Given: quantity(len(trimmed), "byte"), Allowed: "at least " + itoa(minSecretLength)}
		case trimmed != secret:
			return &ParamError{Field: field, Given: "white space around it", Allowed: "the secret alone"}
		}
	}
	return nil
}
