package hellio

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/hellio-go/hellio/internal/contract"
)

func nilParams() error {
	return &ParamError{Field: "params", Given: "nil", Allowed: "a pointer to params"}
}

func nilContext() error { return &ParamError{Field: "ctx", Given: "nil", Allowed: "a context"} }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkText accepts valid UTF-8 of least to most characters (Unicode code points); most 0 sets no bound. JSON can't hold other bytes, and
// a text must not arrive changed.
func checkText(field, text string, least, most int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return &ParamError{Field: field, Given: "invalid UTF-8", Allowed: "valid UTF-8"}
	case n < least || most > 0 && n > most:
		return &ParamError{Field: field, Given: quantity(n, "character"), Allowed: itoa(least) + " to " + itoa(most)}
	default:
		return nil
	}
}

// checkNumbers accepts 1 to most numbers, none of them blank or longer than longest characters; 0 sets no bound. What a valid number is,
// the API decides.
func checkNumbers(field string, numbers []string, most, longest int) error {
	if len(numbers) == 0 || most > 0 && len(numbers) > most {
		return &ParamError{Field: field, Given: quantity(len(numbers), "number"), Allowed: atLeastOne(most)}
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
	if err := checkFilled("sender", sender, contract.MaxSenderLength); err != nil {
		return err
	}
	return nil
}

// checkFilled accepts a text of 1 to most characters that is more than white space; most 0 sets no bound. It returns the concrete type,
// for its caller to name the element.
func checkFilled(field, text string, most int) *ParamError {
	given := ""
	switch {
	case strings.TrimSpace(text) == "":
		given = "a blank one of " + characters(text)
	case most > 0 && utf8.RuneCountInString(text) > most:
		given = characters(text)
	case !utf8.ValidString(text):
		given = "invalid UTF-8"
	default:
		return nil
	}
	return &ParamError{Field: field, Given: given, Allowed: atLeastOne(most) + " characters"}
}

func atLeastOne(most int) string {
	if most == 0 {
		return "at least 1"
	}
	return "1 to " + itoa(most)
}

// checkRange accepts a number in a range, and 0 for the API's default.
func checkRange(field string, n, least, most int) error {
	if n != 0 && (n < least || n > most) {
		return &ParamError{Field: field, Given: itoa(n), Allowed: itoa(least) + " to " + itoa(most) + ", or 0 for the API's default"}
	}
	return nil
}

// checkEmail accepts text on both sides of an @; what a valid address is beyond that, the API decides.
func checkEmail(field, address string) error {
	local, domain, at := strings.Cut(strings.TrimSpace(address), "@")
	if !at || local == "" || domain == "" || !utf8.ValidString(address) {
		return &ParamError{Field: field, Given: "one of " + characters(address) + " that is no address", Allowed: "an e-mail address"}
	}
	return nil
}

// checkCallback accepts a URL that the API may call: https, or http for a loopback host, where only a fake can be.
func checkCallback(field, text string) error {
	if u := webURL(text); u == nil || u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return &ParamError{Field: field, Given: "one of " + characters(text), Allowed: "an absolute https URL"}
	}
	return nil
}

// webURL reads an absolute http or https URL; nil if it is none. url.Parse takes bytes that JSON can't hold.
func webURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || !utf8.ValidString(text) || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	return u
}
