package hellio

import (
	"github.com/google/uuid"

	"github.com/hellio-go/hellio/internal/contract"
)

// WithIdempotencyKey sets the key of one call, instead of one that the client makes by itself. Use it to go on with a call after a
// crash: the API answers a key that it knows with the first answer and does nothing again.
//
// 1 to 255 visible ASCII characters without quotes and commas, sent as given; anything else is a *ParamError, as is a key on a call
// whose operation takes none (only SMS.Send, OTP.Send and Voice.Send do: documented). How long the API remembers a key is not
// documented; do not count on more than 12 hours.
func WithIdempotencyKey(key string) CallOption {
	return func(o *callOptions) error {
		if err := checkKey(key); err != nil {
			return err
		}
		o.key = key
		return nil
	}
}

func checkKey(key string) error {
	const field, allowed = "idempotency key", "1 to 255 visible ASCII characters without quotes and commas"
	if key == "" || len(key) > contract.MaxIdempotencyKey {
		return &ParamError{Field: field, Given: quantity(len(key), "byte"), Allowed: allowed}
	}
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c > '~' || c == '"' || c == '\'' || c == ',' {
			return &ParamError{Field: field, Given: "a forbidden character at byte " + itoa(i), Allowed: allowed}
		}
	}
	return nil
}

// newUUID makes a version 4 UUID, for keys and session ids. Version 7 would tell the time of the call to whoever sees the key, takes a lock that all clients of
// the process share, and orders keys, which nobody asks for.
func newUUID() (string, error) {
	id, err := uuid.NewRandom()
	return id.String(), err
}

// keyFor gives the key of a call: the caller's or a new one on a keyed operation, none elsewhere.
func keyFor(op *contract.Operation, given string) (string, error) {
	switch {
	case op.Keyed && given == "":
		return newUUID()
	case !op.Keyed && given != "":
		return "", &ParamError{Field: "idempotency key", Given: "one on " + op.Name, Allowed: "none: the API ignores it there"}
	default:
		return given, nil
	}
}
