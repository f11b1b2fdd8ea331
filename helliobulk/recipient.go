package helliobulk

import (
	"fmt"
	"iter"
	"strconv"

	"github.com/hellio-go/hellio/helliobulk/internal/phone"
)

// Recipient is one entry of the list.
type Recipient struct {
	Number string            // as people write it; with the batch's region, national numbers too
	Fields map[string]string // what {{name}} stands for in the message
	Line   int               // of the list, ascending; 0: the entry's position
}

// Format prints that there is a recipient, and nothing of it, for every verb.
func (r Recipient) Format(f fmt.State, _ rune) {
	printInstead(f, "Recipient{"+strconv.Itoa(len(r.Fields))+" fields}")
}

// Numbers returns a list of plain numbers.
func Numbers(list ...string) iter.Seq2[Recipient, error] {
	return func(yield func(Recipient, error) bool) {
		for _, n := range list {
			if !yield(Recipient{Number: n}, nil) {
				return
			}
		}
	}
}

// maxWritten bounds what is read as a number, in bytes: no way of writing one
// needs more.
const maxWritten = 64

// Reasons why a recipient is not sent to.
const (
	reasonNumber   = "not a phone number"
	reasonCode     = "it has no country code, and no region is given"
	reasonUnused   = "not in use in its country, as far as the numbering tables know"
	reasonLandline = "not a mobile number"
	reasonField    = "a field of the message is missing or empty"
	reasonText     = "its text is empty, longer than 1600 characters or not UTF-8"
)

func (d destination) String() string { return "+" + strconv.FormatUint(uint64(d), 10) }

// normalise reads a number; country is ISO 3166-1 alpha-2, "" if the code is no
// country's. Only numbers that the numbering tables know are taken: a dropped
// digit often leaves one that is possible, and would be charged.
func normalise(
	written, region string, landlines bool,
) (to destination, country, reason string) {
	if len(written) > maxWritten {
		return 0, "", reasonNumber
	}
	n, why := phone.Read(written, region)
	switch {
	case why == phone.NoNumber:
		return 0, "", reasonNumber
	case why == phone.NoCode:
		return 0, "", reasonCode
	case why == phone.Unused:
		return 0, "", reasonUnused
	case !n.Mobile && !landlines:
		return 0, "", reasonLandline
	}
	return destination(n.Digits), n.Country, ""
}
