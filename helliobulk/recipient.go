package helliobulk

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Recipient is one entry of the list.
type Recipient struct {
	Number string            // as people write it; with the batch's region, national numbers too
	Fields map[string]string // what {{name}} stands for in the message
	Line   int               // of the list, ascending; 0: the entry's position
}

// Format prints that there is a recipient and nothing of it, for every verb.
func (r Recipient) Format(f fmt.State, _ rune) {
	printInstead(f, "Recipient{"+strconv.Itoa(len(r.Fields))+" fields}")
}

// Numbers makes a list of plain numbers.
func Numbers(numbers ...string) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		for _, n := range numbers {
			if !yield(Recipient{Number: n}, nil) {
				return
			}
		}
	}
}

// maxWritten bounds what is looked at as a number, in bytes: no way of writing one needs more.
const maxWritten = 64

// Reasons why a recipient is not sent to.
const (
	reasonNumber = "not a phone number"
	reasonUnused = "not in use in its country, as far as the numbering tables know"
	reasonField  = "a field of the message is missing or empty"
	reasonText   = "its text is empty, longer than 1600 characters or not UTF-8"
)

func (d destination) String() string { return "+" + strconv.FormatUint(uint64(d), 10) }

// normalise reads a number; country is ISO 3166-1 alpha-2, "" where the code is no country's. Only numbers that the library's tables know are
// taken: a dropped digit often leaves one that is possible, and would be charged.
func normalise(written, region string) (d destination, country, reason string) {
	if len(written) > maxWritten || strings.ContainsFunc(written, isLetter) {
		return 0, "", reasonNumber // the library would read letters as on an old keypad
	}
	if region == "" {
		written = "+" + strings.TrimPrefix(strings.TrimSpace(written), "+")
	}
	n, err := phonenumbers.Parse(written, region)
	if err != nil {
		return 0, "", reasonNumber
	}
	if n.GetExtension() != "" || !phonenumbers.IsValidNumber(n) {
		return 0, "", reasonUnused
	}
	digits := strconv.Itoa(int(n.GetCountryCode())) + phonenumbers.GetNationalSignificantNumber(n)
	value, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || len(digits) > 15 {
		return 0, "", reasonNumber
	}
	return destination(value), countryOf(n), ""
}

// countryOf tells the country of a number that is valid; "" where its code is no country's, such as +800.
func countryOf(n *phonenumbers.PhoneNumber) string {
	if country := phonenumbers.GetRegionCodeForNumber(n); country != "001" {
		return country
	}
	return ""
}

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }
