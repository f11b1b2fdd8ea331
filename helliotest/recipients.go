package helliotest

import (
	"encoding/json"
	"slices"
	"strings"
)

// parseNumber returns the digits of a phone number. Spaces, dashes and "+" are
// dropped; 8 to 15 digits must be left, and the first must not be 0: no E.164
// number begins with 0, so local and 00 forms are invalid (decided).
func parseNumber(text string) (digits string, ok bool) {
	digits = text
	if !allDigits(text) {
		digits = strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r == '+' {
				return -1
			}
			return r
		}, text)
	}
	return digits, len(digits) >= 8 && len(digits) <= 15 && digits[0] != '0' && allDigits(digits)
}

// number is parseNumber for what is sent to. A leading 0 is valid if an
// observation says so.
func (c *apiCall) number(text string) (digits string, ok bool) {
	digits, ok = parseNumber(text)
	if !ok && c.e.cfg.follow.leadingZero && strings.HasPrefix(digits, "0") {
		_, ok = parseNumber("1" + digits[1:])
	}
	return digits, ok
}

// splitList reads a list that is one string: commas and line ends separate,
// empty items are dropped.
func splitList(text string) []string {
	items := strings.FieldsFunc(text,
		func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
	kept := items[:0]
	for _, item := range items {
		if item = trimmed(item); item != "" {
			kept = append(kept, item)
		}
	}
	return kept
}

// uniqueNumbers sorts a list into the numbers it holds, each once and in order,
// and a count of the items that are none.
func (c *apiCall) uniqueNumbers(items []string) (numbers []string, invalid int) {
	seen := make(map[string]struct{}, len(items))
	numbers = make([]string, 0, len(items))
	for _, item := range items {
		number, ok := c.number(item)
		if !ok {
			invalid++
			continue
		}
		if _, again := seen[number]; !again {
			seen[number] = struct{}{}
			numbers = append(numbers, number)
		}
	}
	return numbers, invalid
}

// sameDestination compares two numbers whatever their punctuation, or two
// e-mail addresses whatever their case.
func sameDestination(a, b string) bool {
	if a == b {
		return true
	}
	x, ok := parseNumber(a)
	if !ok {
		return strings.EqualFold(a, b)
	}
	y, _ := parseNumber(b)
	return x == y
}

// destinations returns all numbers and addresses in a body, for any operation.
func destinations(body []byte) (all []string) {
	var b struct {
		Recipients any `json:"recipients"`
		Numbers    any `json:"numbers"`
		Emails     any `json:"emails"`
		Number     any `json:"mobile_number"`
		Email      any `json:"email"`
		MSISDN     any `json:"msisdn"`
	}
	if json.Unmarshal(body, &b) != nil {
		return nil
	}
	for _, member := range []any{b.Recipients, b.Numbers, b.Emails, b.Number, b.Email, b.MSISDN} {
		switch value := member.(type) {
		case string:
			all = append(all, splitList(value)...)
		case []any:
			for _, item := range value {
				if text, ok := item.(string); ok {
					all = append(all, text)
				}
			}
		}
	}
	return all
}

// names reports whether the call is for a number or an e-mail address.
func (c *apiCall) names(destination string) bool {
	if c.to == nil {
		c.to = destinations(c.body)
	}
	return slices.ContainsFunc(c.to, func(d string) bool { return sameDestination(d, destination) })
}

func bodyNames(body []byte, destination string) bool {
	return slices.ContainsFunc(destinations(body),
		func(d string) bool { return sameDestination(d, destination) })
}
