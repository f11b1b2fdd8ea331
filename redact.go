package hellio

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// minNumberDigits is the smallest number of digits of a phone number.
const minNumberDigits = 7

// maskNumbers hides phone numbers but for their last two digits.
func maskNumbers(text string) string { return maskDigits(text, minNumberDigits, nil) }

// maskDigits hides the digits of every number that has at least least of them
// or holds one of the codes. Single spaces, dashes, dots or brackets may
// separate the digits. Two digits of a phone number stay. It keeps IP
// addresses, because a connection error is useless without them.
func maskDigits(text string, least int, codes []string) string {
	var masked []byte // nil: nothing to hide so far
	for i := nextDigit(text, 0); i < len(text); {
		end, digits := numberAt(text, i)
		visible := visibleDigits(text[i:end], digits, least, codes)
		if visible < digits && masked == nil {
			masked = []byte(text)
		}
		for j := i; digits > visible; j++ {
			if isDigit(masked[j]) {
				masked[j] = '*'
				digits--
			}
		}
		i = nextDigit(text, end)
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

// visibleDigits returns how many of a number's last digits may be shown: none
// of a code, two of a phone number, all of an IP address.
func visibleDigits(number string, digits, least int, codes []string) int {
	isCode := func(code string) bool { return strings.Contains(onlyDigits(number), code) }
	hide := digits >= least || digits >= shortestOTP && slices.ContainsFunc(codes, isCode)
	if !hide || isAddress(number) {
		return digits
	}
	if digits < minNumberDigits || slices.ContainsFunc(codes, isCode) {
		return 0
	}
	return 2
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// nextDigit returns the place of the first digit from i on, or the length of
// text.
func nextDigit(text string, i int) int {
	for i < len(text) && !isDigit(text[i]) {
		i++
	}
	return i
}

// numberAt returns the end of the digits that begin at i, including single
// separators between them, and their number.
func numberAt(text string, i int) (end, digits int) {
	for j := i; j < len(text); j++ {
		switch {
		case isDigit(text[j]):
			digits++
			end = j + 1
		case j-end >= 2 || strings.IndexByte(" -.()/", text[j]) < 0:
			return end, digits
		}
	}
	return end, digits
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// shownCode returns an error code for logs. It hides a sentence or a one-time
// code in its place, which may quote what was sent.
func shownCode(code string) string {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
	if len(code) > 64 || strings.Trim(code, allowed) != "" || countDigits(code) >= shortestOTP {
		return "(unknown code)"
	}
	return code
}

func countDigits(text string) (n int) {
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	return n
}

// shownCause returns the text of a transport's error without quotations:
// net/http quotes the server in some, in quotation marks or after "malformed".
func shownCause(err error) string {
	text := maskNumbers(err.Error())
	if _, foreign := err.(foreignError); foreign {
		return text
	}
	if head, _, quotes := strings.Cut(text, "malformed "); quotes {
		return head + "malformed response"
	}
	if first, last := strings.IndexByte(text, '"'), strings.LastIndexByte(text, '"'); first < last {
		return text[:first] + "(hidden)" + text[last+1:]
	}
	return text
}

// describe returns the redacted text of a struct: its fields that are not zero,
// with the length of every text that may be secret.
func describe(value any) redacted {
	v := reflect.ValueOf(value)
	name, _, _ := strings.Cut(v.Type().Name(), "[")
	return redacted(name + "{" + strings.Join(describeFields(v), ", ") + "}")
}

func describeFields(v reflect.Value) (fields []string) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		switch {
		case field.Name == "Raw" || !field.IsExported() || value.IsZero():
		case field.Anonymous:
			fields = append(fields, describeFields(value)...)
		default:
			fields = append(fields, field.Name+": "+describeValue(field.Name, value))
		}
	}
	return fields
}

func describeValue(name string, v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch value := v.Interface().(type) {
	case Amount:
		return value.String()
	case Timestamp:
		if value.IsZero() {
			return characters(value.Text())
		}
		return value.Format(time.RFC3339)
	case time.Time:
		return value.Format(time.RFC3339)
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return itoa(v.Len())
	case reflect.String:
		return describeText(name, v.String(), v.Type() != reflect.TypeFor[string]())
	default:
		return fmt.Sprint(v.Interface())
	}
}

// describeText shows ids, the texts of named types such as statuses, and those
// that only the account or the API chooses. Of others it shows the length.
func describeText(name, text string, named bool) string {
	switch name {
	case "ID", "CampaignID", "AppID", "Reference", "IdempotencyKey":
		return strconv.Quote(text)
	case "Sender", "Currency", "Network", "Slug", "Country", "MCC", "MNC", "Status",
		"ProviderMessageID", "ServiceCode", "ShortCode", "DialString":
		named = true
	}
	if named {
		return strconv.Quote(maskNumbers(text))
	}
	return characters(text)
}

func itoa(n int) string { return strconv.Itoa(n) }

// quantity returns "1 character", "3 characters".
func quantity(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return itoa(n) + " " + unit + "s"
}

func characters(s string) string { return quantity(utf8.RuneCountInString(s), "character") }
