package helliotest

import "strings"

// Magic numbers choose a result without set-up, as the test cards of a payment
// provider do. Each works with or without "+". No subscriber can have one:
// nothing is dialled as 00 after Ghana's 233. Any other number acts as
// NumberDelivered. (All of this is decided.)
//
//	constant           SMS or OTP        voice call    lookup
//	NumberDelivered    delivered         answered      valid, reachable
//	NumberFailed       failed (1)        not answered  valid, reachable
//	NumberInvalid      invalid (2)       invalid (2)   not valid
//	NumberUnreachable  failed (1)        not answered  valid, not reachable
//	NumberPorted       delivered         answered      valid, ported
//
// (1) It is accepted and fails later, and its cost is returned. (2) It counts
// as an invalid recipient; a call that names no other number is refused with
// 422.
const (
	NumberDelivered   = "+233009900000"
	NumberFailed      = "+233009900001"
	NumberInvalid     = "+233009900002"
	NumberUnreachable = "+233009900003"
	NumberPorted      = "+233009900004"
)

// Magic addresses do the same for e-mail, in any case of letters, at a domain
// that can't exist. (All of this is decided.)
//
//	constant            email/verify                    a code to it
//	EmailDeliverable    deliverable                     delivered
//	EmailUndeliverable  undeliverable: no such mailbox  fails, cost returned
//	EmailDisposable     risky: a disposable provider    delivered
//	EmailRole           risky: a role account           delivered
//	EmailUnknown        unknown                         delivered
const (
	EmailDeliverable   = "deliverable@hellio.test"
	EmailUndeliverable = "undeliverable@hellio.test"
	EmailDisposable    = "disposable@hellio.test"
	EmailRole          = "role@hellio.test"
	EmailUnknown       = "unknown@hellio.test"
)

// magic is the result that a magic destination chooses.
type magic int

const (
	magicNone magic = iota // an ordinary destination
	magicDelivered
	magicFailed
	magicInvalid
	magicUnreachable
	magicPorted
	magicDeliverable
	magicUndeliverable
	magicDisposable
	magicRole
	magicUnknown
)

// magicTable is never changed.
var magicTable = map[string]magic{
	NumberDelivered:    magicDelivered,
	NumberFailed:       magicFailed,
	NumberInvalid:      magicInvalid,
	NumberUnreachable:  magicUnreachable,
	NumberPorted:       magicPorted,
	EmailDeliverable:   magicDeliverable,
	EmailUndeliverable: magicUndeliverable,
	EmailDisposable:    magicDisposable,
	EmailRole:          magicRole,
	EmailUnknown:       magicUnknown,
}

// magicOf returns the magic of a destination: a number in any form, or an
// e-mail address in any case.
func magicOf(destination string) magic {
	if number, ok := parseNumber(destination); ok {
		return magicTable["+"+number]
	}
	return magicTable[strings.ToLower(trimmed(destination))]
}

// dialable is uniqueNumbers for what is sent: NumberInvalid counts as no
// number.
func (c *apiCall) dialable(items []string) (numbers []string, invalid int) {
	all, invalid := c.uniqueNumbers(items)
	numbers = all[:0]
	for _, number := range all {
		if magicOf(number) == magicInvalid {
			invalid++
			continue
		}
		numbers = append(numbers, number)
	}
	return numbers, invalid
}

// whyFails returns the error of a message that fails, "" for a delivered one.
func (m *messageRow) whyFails() string {
	switch magicOf(m.To) {
	case magicUnreachable:
		return "The phone could not be reached."
	case magicUndeliverable:
		return "The mailbox does not exist."
	case magicFailed:
		return errCarrier
	}
	if m.Doomed {
		return errCarrier
	}
	return ""
}

// errCarrier is the error of a message that fails at the carrier.
const errCarrier = "The carrier did not deliver the message."
