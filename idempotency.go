package hellio

import (
	"github.com/google/uuid"

	"github.com/hellio-go/hellio/internal/contract"
)

// WithIdempotencyKey sets the key of one call, in place of one that the client
// makes. No call may have used the key yet; store it with your job before the
// call, and continue with [WithResumeKey] after a crash.
//
// The key has 1 to 255 visible ASCII characters without quotes and commas, and
// is sent unchanged. Anything else is a *ParamError, as is a key on an
// operation that takes none: only SMS.Send, OTP.Send and Voice.Send take one
// (documented).
func WithIdempotencyKey(key string) CallOption {
	return func(o *callOptions) error {
		if err := checkKey(key); err != nil {
			return err
		}
		if o.resume {
			return errTwoKeys()
		}
		o.key = key
		return nil
	}
}

// WithResumeKey sets the key of an earlier call that may have been carried out,
// and continues that call. Use it after OutcomeUnknown, after a crash, or on
// the second run of a queued job. Use the key, the params and the token of that
// call. The API answers a key that it knows with the first response and sends
// nothing again.
//
// The outcome of a resumed call begins at OutcomeUnknown. Only a 2xx, or the
// replay of a refusal, resolves it. A 429, a refused dial or an ended context
// says nothing about the earlier call.
//
// How long the API remembers a key is not documented. Do not resume after more
// than 12 hours (decided). The form of the key is that of [WithIdempotencyKey].
// An empty key, a key on an operation that takes none, and WithIdempotencyKey
// in the same call are a *ParamError.
func WithResumeKey(key string) CallOption {
	return func(o *callOptions) error {
		if err := checkKey(key); err != nil {
			return err
		}
		if o.key != "" && !o.resume {
			return errTwoKeys()
		}
		o.key = key
		o.resume = true
		return nil
	}
}

func errTwoKeys() error {
	return &ParamError{
		Field:   "idempotency key",
		Given:   "both WithIdempotencyKey and WithResumeKey",
		Allowed: "one of them",
	}
}

func checkKey(key string) error {
	const field = "idempotency key"
	const allowed = "1 to 255 visible ASCII characters without quotes and commas"
	if key == "" || len(key) > contract.MaxIdempotencyKey {
		return &ParamError{Field: field, Given: quantity(len(key), "byte"), Allowed: allowed}
	}
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c > '~' || c == '"' || c == '\'' || c == ',' {
			given := "a forbidden character at byte " + itoa(i)
			return &ParamError{Field: field, Given: given, Allowed: allowed}
		}
	}
	return nil
}

// newUUID makes a version 4 UUID, for keys and session ids. Version 7 would
// reveal the time of the call and takes a lock that all clients share.
func newUUID() (string, error) {
	id, err := uuid.NewRandom()
	return id.String(), err
}

// keyFor returns the key of a call: the caller's or a new one on a keyed
// operation, none elsewhere.
func keyFor(op *contract.Operation, given string) (string, error) {
	switch {
	case op.Keyed && given == "":
		return newUUID()
	case !op.Keyed && given != "":
		return "", &ParamError{
			Field:   "idempotency key",
			Given:   "a key for " + op.Name,
			Allowed: "none, because the API ignores it there",
		}
	default:
		return given, nil
	}
}
