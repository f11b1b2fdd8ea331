package hellio

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/hellio-go/hellio/internal/signature"
)

// The reasons to refuse a delivery, for errors.Is. The errors that wrap them
// name the header or the rule, and quote nothing of the delivery.
var (
	// ErrMissingSignature reports that the required signature or its timestamp
	// is missing.
	ErrMissingSignature = errors.New("hellio: missing signature")
	// ErrBadSignature reports that none of the secrets made the signature of
	// this body, or that a signature header occurs more than once.
	ErrBadSignature = errors.New("hellio: invalid signature")
	// ErrTimestampOutOfRange reports a valid signature with a timestamp that is
	// too old or in the future. The cause is a replay or a wrong clock.
	ErrTimestampOutOfRange = errors.New("hellio: timestamp out of range")
	// ErrMalformedWebhook reports that the timestamp is not 1 to 12 digits, or
	// that the signed body is not an event.
	ErrMalformedWebhook = errors.New("hellio: malformed webhook")
	// ErrWebhookTooLarge reports a body above 1 MiB.
	ErrWebhookTooLarge = errors.New("hellio: webhook too large")
)

const (
	maxDelivery        = 1 << 20 // bytes of a body that the API sends; decided
	minSecretLength    = 16      // bytes; decided
	maxTimestampDigits = 12
	signatureDigits    = 2 * sha256.Size
	defaultTolerance   = 5 * time.Minute // decided; the API publishes none
)

// ParseWebhook checks that a delivery comes from the API, and returns its
// event. The body is that of the request, byte for byte: JSON that was decoded
// and encoded again has another signature.
//
// ParseWebhook requires X-Hellio-Signature-V2, made with one of the secrets
// over X-Hellio-Timestamp and the body (documented). The timestamp, in Unix
// seconds (decided), is at most 5 minutes before or after now (decided). It
// ignores X-Hellio-Signature, which covers the body alone: a captured delivery
// would be valid for ever. Header names match in any case, so that the
// lower-case maps of serverless platforms work.
//
// Pass several secrets during rotation. Create a second endpoint with the same
// URL and add its secret here. Delete the first endpoint once its last
// deliveries are done. A secret has at least 16 bytes and no white space around
// it; no secret, or a bad one, returns a *ParamError. The other errors are
// ErrMissingSignature, ErrBadSignature, ErrTimestampOutOfRange,
// ErrMalformedWebhook and ErrWebhookTooLarge, for errors.Is. ParseWebhook
// decodes the body only after it has verified the signature.
//
// ParseWebhook does not recognise repeated deliveries: use NewWebhookHandler,
// or a DedupeStore with WebhookEvent.DedupeID.
func ParseWebhook(header http.Header, body []byte, secrets ...string) (*WebhookEvent, error) {
	if err := checkSecrets(secrets); err != nil {
		return nil, err
	}
	if len(body) > maxDelivery {
		return nil, ErrWebhookTooLarge
	}
	v := newVerifier(secrets)
	sig, err := v.read(header)
	if err != nil {
		return nil, err
	}
	return v.parse(sig, body)
}

// verifier checks the signatures of webhook deliveries.
type verifier struct {
	secrets   signingSecrets
	tolerance time.Duration
	bodyOnly  bool // accept X-Hellio-Signature where V2 is missing
}

func newVerifier(secrets []string) verifier {
	return verifier{secrets: keepSecrets(secrets), tolerance: defaultTolerance}
}

// signingSecrets returns the secrets of a handler: a func, because fmt cannot
// print its captured variables.
type signingSecrets func() []string

func keepSecrets(secrets []string) signingSecrets {
	secrets = slices.Clone(secrets)
	return func() []string { return secrets }
}

// deliverySignature is the signature that the headers of a delivery carry.
type deliverySignature struct {
	name      string // of the header
	hex       string
	timestamp string // "" for a signature over the body alone
}

// read returns the signature that counts, and refuses headers that no body can
// match. Where the stronger signature is present it counts, so that removing or
// breaking it gains nothing unless the user allows the weaker one.
func (v *verifier) read(h http.Header) (deliverySignature, error) {
	values, err := signatureHeaders(h)
	if err != nil {
		return deliverySignature{}, err
	}
	if _, strong := values[contract.HeaderSignatureV2]; !strong && v.bodyOnly {
		return signatureIn(values, contract.HeaderSignature)
	}
	sig, err := signatureIn(values, contract.HeaderSignatureV2)
	if err != nil {
		return deliverySignature{}, err
	}
	stamp, ok := values[contract.HeaderTimestamp]
	if !ok {
		return deliverySignature{}, missingHeader(contract.HeaderTimestamp)
	}
	if !isDigits(stamp) || len(stamp) > maxTimestampDigits {
		return deliverySignature{}, fmt.Errorf("%w: %s is not 1 to %d digits",
			ErrMalformedWebhook, contract.HeaderTimestamp, maxTimestampDigits)
	}
	sig.timestamp = stamp
	return sig, nil
}

// signatureHeaders returns the values of the signature headers by their
// canonical names, however the names are spelt. It refuses a header that occurs
// twice, also in two spellings, because readers differ in which one they take.
func signatureHeaders(h http.Header) (map[string]string, error) {
	found := map[string]string{}
	for key, values := range h {
		name := http.CanonicalHeaderKey(key)
		switch name {
		case contract.HeaderSignature, contract.HeaderSignatureV2, contract.HeaderTimestamp:
		default:
			continue
		}
		for _, value := range values {
			if _, twice := found[name]; twice {
				return nil, fmt.Errorf("%w: more than one %s header", ErrBadSignature, name)
			}
			found[name] = value
		}
	}
	return found, nil
}

// signatureIn returns the signature in the header of this name.
func signatureIn(values map[string]string, name string) (deliverySignature, error) {
	value, ok := values[name]
	switch {
	case !ok:
		return deliverySignature{}, missingHeader(name)
	case len(value) != signatureDigits:
		return deliverySignature{}, fmt.Errorf("%w: %s is not %d hexadecimal digits",
			ErrBadSignature, name, signatureDigits)
	default:
		return deliverySignature{name: name, hex: value}, nil
	}
}

func missingHeader(name string) error {
	return fmt.Errorf("%w: no %s header", ErrMissingSignature, name)
}

// parse verifies a body, and decodes it.
func (v *verifier) parse(sig deliverySignature, body []byte) (*WebhookEvent, error) {
	if err := sig.verify(body, v.secrets()); err != nil {
		return nil, err
	}
	if sig.timestamp != "" {
		if err := v.checkAge(sig.timestamp); err != nil {
			return nil, err
		}
	}
	return parseEvent(body)
}

// verify returns an error unless one of the secrets made the signature of the
// body.
func (c deliverySignature) verify(body []byte, secrets []string) error {
	valid := false
	if c.timestamp == "" {
		valid = signature.VerifyBody(c.hex, body, secrets...)
	} else {
		valid = signature.VerifyTimestamped(c.hex, c.timestamp, body, secrets...)
	}
	switch {
	case valid:
		return nil
	case len(body) == 0: // often because middleware has read it before
		return fmt.Errorf("%w: %s, got an empty body, want it as received", ErrBadSignature, c.name)
	default:
		return fmt.Errorf("%w: %s matches no secret", ErrBadSignature, c.name)
	}
}

// checkAge refuses a timestamp of up to 12 digits that is too far from now.
func (v *verifier) checkAge(timestamp string) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrMalformedWebhook, contract.HeaderTimestamp)
	}
	if age := time.Since(time.Unix(seconds, 0)); age.Abs() > v.tolerance {
		return fmt.Errorf("%w: got %v from now, want at most %v",
			ErrTimestampOutOfRange, age.Abs().Round(time.Second), v.tolerance)
	}
	return nil
}

// checkSecrets refuses secrets that anyone could guess, and those with the line
// break of a file or an environment variable.
func checkSecrets(secrets []string) error {
	if len(secrets) == 0 {
		return &ParamError{Field: "secrets", Given: "no secrets", Allowed: "at least 1 secret"}
	}
	for i, secret := range secrets {
		field := "secrets[" + itoa(i) + "]"
		trimmed := strings.TrimSpace(secret)
		if len(trimmed) < minSecretLength {
			return &ParamError{
				Field:   field,
				Given:   quantity(len(trimmed), "byte"),
				Allowed: "at least " + quantity(minSecretLength, "byte"),
			}
		}
		if trimmed != secret {
			return &ParamError{
				Field:   field,
				Given:   "white space around the secret",
				Allowed: "the secret alone",
			}
		}
	}
	return nil
}
