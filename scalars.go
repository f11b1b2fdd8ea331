package hellio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"
)

// maxAmountLength limits Amount's length so that a hostile response cannot make
// Rat slow.
const maxAmountLength = 64

// Amount is an exact decimal amount of money, such as "0.0310". The currency is
// in a separate field. The zero value means that the API sent no amount.
//
// The API writes amounts as decimal strings, usually with 4 decimals
// (documented). Amount also reads a JSON number (inferred: one of the vendor's
// SDKs was tested with numbers).
type Amount struct{ text string }

// ParseAmount reads a plain decimal such as "12.5" or "-3". For anything else
// it returns a *ParamError.
func ParseAmount(text string) (Amount, error) {
	const allowed = "a plain decimal number of at most 64 bytes"
	switch {
	case text == "":
		return Amount{}, &ParamError{Field: "amount", Given: "an empty string", Allowed: allowed}
	case !isDecimal(text):
		given := quantity(len(text), "byte") + " in another form"
		return Amount{}, &ParamError{Field: "amount", Given: given, Allowed: allowed}
	default:
		return Amount{text: text}, nil
	}
}

// String returns the amount as the API wrote it, and "" for the zero value.
func (a Amount) String() string { return a.text }

// Rat returns the exact value in a new Rat, which is 0 for the zero value.
func (a Amount) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(a.text)
	if !ok {
		return new(big.Rat)
	}
	return r
}

// IsZero reports whether the API sent no amount. It is false for "0.0000".
func (a Amount) IsZero() bool { return a.text == "" }

// MarshalJSON writes the amount as a JSON string, an amount with an exponent as
// a number, and the zero value as null.
func (a Amount) MarshalJSON() ([]byte, error) {
	switch {
	case a.text == "":
		return []byte("null"), nil
	case isScientific(a.text):
		return []byte(a.text), nil
	default:
		return json.Marshal(a.text)
	}
}

// UnmarshalJSON reads a decimal string, a number or null. A number may have an
// exponent of up to two digits, as PHP writes small numbers.
func (a *Amount) UnmarshalJSON(data []byte) error {
	if a == nil {
		return errNilPointer
	}
	text, err := scalarText(data)
	if err != nil {
		return fmt.Errorf("amount: %w", err)
	}
	if text != "" && !isDecimal(text) && (data[0] == '"' || !isScientific(text)) {
		return fmt.Errorf("amount: not a decimal number")
	}
	a.text = text
	return nil
}

// isDecimal accepts -?digits[.digits]. It accepts no exponent, whose value
// could be of any size, and no quotient.
func isDecimal(s string) bool {
	if len(s) > maxAmountLength {
		return false
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return isDigits(whole) && (!point || isDigits(fraction))
}

// isScientific accepts a decimal with an exponent of one or two digits.
func isScientific(s string) bool {
	at := strings.IndexAny(s, "eE")
	if at < 0 || !isDecimal(s[:at]) {
		return false
	}
	exponent := s[at+1:]
	if exponent != "" && (exponent[0] == '-' || exponent[0] == '+') {
		exponent = exponent[1:]
	}
	return isDigits(exponent) && len(exponent) <= 2
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// ID identifies a resource: every id in results, params and methods is one. The
// API uses integers for most resources and UUIDs for some (inferred); an ID
// holds the text of either. The zero value means that the API sent no id.
type ID string

// String returns the id as text.
func (id ID) String() string { return string(id) }

// UnmarshalJSON reads a JSON string, an integer or null.
func (id *ID) UnmarshalJSON(data []byte) error {
	if id == nil {
		return errNilPointer
	}
	text, err := scalarText(data)
	if err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if len(data) > 0 && data[0] != '"' && text != "" && !isDigits(strings.TrimPrefix(text, "-")) {
		return fmt.Errorf("id: a number that is not an integer")
	}
	*id = ID(text)
	return nil
}

// Timestamp is a time as the API writes it: ISO 8601 with a numeric offset
// (documented) or with Z (inferred). The zero value means that the API sent
// none. Any other form leaves Time zero and keeps the text, so that an odd date
// does not lose the response to a paid call.
type Timestamp struct {
	time.Time
	text string
}

// Text returns the timestamp as the API wrote it.
func (t Timestamp) Text() string { return t.text }

// MarshalJSON writes the text of the API, else RFC 3339, and null for the zero
// value.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	switch {
	case t.text != "":
		return json.Marshal(t.text)
	case t.IsZero():
		return []byte("null"), nil
	default:
		return t.Time.MarshalJSON()
	}
}

// UnmarshalJSON reads a JSON string or null.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	if t == nil {
		return errNilPointer
	}
	text, err := scalarText(data)
	if err != nil {
		return fmt.Errorf("timestamp: %w", err)
	}
	*t = Timestamp{text: text}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		t.Time = at
	}
	return nil
}

// scalarText returns the text of a JSON string or number, and "" for null.
func scalarText(data []byte) (string, error) {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0 || bytes.Equal(data, []byte("null")):
		return "", nil
	case data[0] == '"':
		plain := data[1:max(1, len(data)-1)]
		if bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			return string(plain), nil // encoding/json checked the quotes
		}
		var s string
		err := json.Unmarshal(data, &s)
		return s, err
	case data[0] == '-' || data[0] >= '0' && data[0] <= '9':
		return string(data), nil
	default:
		return "", fmt.Errorf("neither a string nor a number")
	}
}
