package hellio

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
)

// The checks below return a *ParamError whose Given and Allowed are noun
// phrases: "invalid FIELD: got GIVEN, want ALLOWED". Given never quotes a value
// that may be secret.

func nilParams() error {
	return &ParamError{Field: "params", Given: "nil", Allowed: "a pointer to params"}
}

func nilContext() error { return &ParamError{Field: "ctx", Given: "nil", Allowed: "a context"} }

func nilClient() error {
	const allowed = "a client made by NewClient"
	return &ParamError{Field: "client", Given: "a zero value", Allowed: allowed}
}

// coreOf returns the core of a service. It returns nil for a nil or zero
// service, for which call returns a *ParamError.
func coreOf[S ~struct{ core *core }](service *S) *core {
	if service == nil {
		return nil
	}
	return struct{ core *core }(*service).core
}

// defaultSender returns the sender that WithDefaultSender set.
func (c *core) defaultSender() string {
	if c == nil {
		return ""
	}
	return c.sender
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkText accepts valid UTF-8 of least to most characters (Unicode code
// points); most 0 sets no bound. JSON cannot hold other bytes, and a text must
// not arrive changed.
func checkText(field, text string, least, most int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return &ParamError{Field: field, Given: "invalid UTF-8", Allowed: "valid UTF-8"}
	case n < least || most > 0 && n > most:
		allowed := between(least, most, "character")
		return &ParamError{Field: field, Given: sizeOf(text), Allowed: allowed}
	default:
		return nil
	}
}

// checkNumbers accepts 1 to most numbers, none of them blank or longer than
// longest characters; 0 sets no bound. The API decides which numbers are valid.
func checkNumbers(field string, numbers []string, most, longest int) error {
	if len(numbers) == 0 || most > 0 && len(numbers) > most {
		given := quantity(len(numbers), "number")
		return &ParamError{Field: field, Given: given, Allowed: between(1, most, "number")}
	}
	for i, number := range numbers {
		if err := checkFilled(field, number, longest); err != nil {
			err.Field += "[" + itoa(i) + "]"
			return err
		}
	}
	return nil
}

func checkSender(sender string) error {
	err := checkFilled("sender", sender, contract.MaxSenderLength)
	if err == nil {
		return nil
	}
	if sender == "" {
		err.Allowed += ", in the params or by WithDefaultSender"
	}
	return err
}

// checkFilled accepts a text of 1 to most characters that is more than white
// space; most 0 sets no bound. It returns the concrete type, so that its caller
// can name the element.
func checkFilled(field, text string, most int) *ParamError {
	given := ""
	switch {
	case text != "" && strings.TrimSpace(text) == "":
		given = characters(text) + " of white space"
	case text == "" || most > 0 && utf8.RuneCountInString(text) > most:
		given = sizeOf(text)
	case !utf8.ValidString(text):
		return &ParamError{Field: field, Given: "invalid UTF-8", Allowed: "valid UTF-8"}
	default:
		return nil
	}
	return &ParamError{Field: field, Given: given, Allowed: between(1, most, "character")}
}

// between returns "1 to 11 characters", "at most 32 characters" or "at least 1
// character"; most 0 sets no bound.
func between(least, most int, unit string) string {
	switch {
	case most == 0:
		return "at least " + quantity(least, unit)
	case least == 0:
		return "at most " + quantity(most, unit)
	default:
		return itoa(least) + " to " + quantity(most, unit)
	}
}

// sizeOf returns "an empty string" or "14 characters".
func sizeOf(text string) string {
	if text == "" {
		return "an empty string"
	}
	return characters(text)
}

// checkRange accepts a number in a range, and 0 for the API's default.
func checkRange(field string, n, least, most int) error {
	if n == 0 || n >= least && n <= most {
		return nil
	}
	allowed := itoa(least) + " to " + itoa(most) + ", or 0 for the API's default"
	return &ParamError{Field: field, Given: itoa(n), Allowed: allowed}
}

// checkEmail accepts text on both sides of an @. The API decides which
// addresses are valid.
func checkEmail(field, address string) error {
	local, domain, found := strings.Cut(strings.TrimSpace(address), "@")
	given := ""
	switch {
	case address == "":
		given = "an empty string"
	case !utf8.ValidString(address):
		given = "invalid UTF-8"
	case !found:
		given = "no @"
	case local == "":
		given = "nothing before the @"
	case domain == "":
		given = "nothing after the @"
	default:
		return nil
	}
	return &ParamError{Field: field, Given: given, Allowed: "an e-mail address"}
}

// checkCallback accepts a URL that the API may call: https, or http for a
// loopback host, where only a fake can be.
func checkCallback(field, text string) error {
	given := ""
	switch u := webURL(text); {
	case text == "":
		given = "an empty string"
	case u == nil:
		given = "a URL that is not absolute"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		given = "plain http"
	default:
		return nil
	}
	return &ParamError{Field: field, Given: given, Allowed: "an absolute https URL"}
}

// webURL reads an absolute http or https URL, and returns nil for any other
// text. It refuses bytes that JSON cannot hold, which url.Parse accepts.
func webURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || !utf8.ValidString(text) || u.Hostname() == "" {
		return nil
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	return u
}
