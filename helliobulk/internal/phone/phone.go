// Package phone reads phone numbers by a table that is generated from the
// metadata of nyaruka/phonenumbers, so that the library is not in the binary.
// The generator and the comparison with the library are tests. After an update
// of the library, run
//
//	go test ./internal/phone -run TestTheTableIsCurrent -update
package phone

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reason says why a number cannot be used.
type Reason int

// The reasons.
const (
	OK       Reason = iota
	NoNumber        // it is not a phone number
	NoCode          // it has no country code, and no default region is known
	Unused          // no number like it is in use in its country
)

// Number is a valid number.
type Number struct {
	Digits  uint64 // E.164, without the plus
	Country string // ISO 3166-1 alpha-2; "" if its code is no country's, such as +800
	Mobile  bool   // it may be a mobile number: in some countries all may
}

const (
	minDigits = 2 // of a national number
	maxDigits = 17
	maxE164   = 15
	maxAll    = 24 // with country code and international prefix
	maxCode   = 3
)

// IsRegion reports whether a region has numbers of its own.
func IsRegion(region string) bool { return loadTable().Regions[region] != nil }

// Read reads a number as people write it. region is the country of numbers
// without a country code, two capital letters; "": all have theirs, with or
// without a plus.
func Read(written, region string) (Number, Reason) {
	var buffer [maxAll]byte
	digits, plus, ok := clean(buffer[:0], written)
	if !ok {
		return Number{}, NoNumber
	}
	t := loadTable()
	home := t.Regions[region]
	if home == nil && !plus {
		if digits[0] == '0' {
			return Number{}, NoCode
		}
		plus = true
	}
	of, national := t.split(digits, plus, home)
	if of == nil || len(national) < minDigits || len(national) > maxDigits {
		return Number{}, NoNumber
	}
	n, ok := of.number(t, national)
	if !ok {
		return Number{}, Unused
	}
	return n, OK
}

// clean appends the digits of a number and reports whether a plus is before
// them. Anything may be before the first digit; behind it only what people
// write between digits. Marks of writing direction are dropped.
func clean(to []byte, written string) (digits []byte, plus, ok bool) {
	for i := 0; i < len(written); {
		if c := written[i]; c >= '0' && c <= '9' && len(to) < maxAll {
			to = append(to, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(written[i:])
		i += size
		digit, isDigit := digitOf(r)
		switch {
		case isDigit && len(to) == maxAll:
			return to, plus, false
		case isDigit:
			to = append(to, digit)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return to, plus, false
		case r == '+' || r == '＋':
			if len(to) > 0 {
				return to, plus, false
			}
			plus = true
		case len(to) > 0 && !isPunctuation(r):
			return to, plus, false
		}
	}
	return to, plus, len(to) > 0
}

// digitOf returns the ASCII digit of a digit in Latin, full-width or Arabic
// script.
func digitOf(r rune) (byte, bool) {
	for _, zero := range []rune{'0', '０', '٠', '۰'} {
		if r >= zero && r <= zero+9 {
			return byte('0' + r - zero), true
		}
	}
	return 0, false
}

// isPunctuation reports whether people write a sign between or behind digits.
func isPunctuation(r rune) bool {
	switch r {
	case ' ', '-', '(', ')', '.', '/', '\'', '"', '\t':
		return true
	}
	return r >= utf8.RuneSelf && (unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf) ||
		strings.ContainsRune("（）．／−ー’”", r))
}

// number returns the number of a country code and a national number, if it is
// valid.
func (c *countryCode) number(t *numberTable, national []byte) (n Number, ok bool) {
	class := t.walk(c.Start, national)
	if class == 0 || len(c.Code)+len(national) > maxE164 {
		return n, false
	}
	for i := range c.Code {
		n.Digits = n.Digits*10 + uint64(c.Code[i]-'0')
	}
	for _, digit := range national {
		n.Digits = n.Digits*10 + uint64(digit-'0')
	}
	n.Country = c.Regions[class>>1-1]
	n.Mobile = class&1 > 0
	return n, true
}

// split finds country code and national number, as the library does. home is
// the default region; nil: none.
func (t *numberTable) split(digits []byte, plus bool, home *dialling) (of *countryCode, national []byte) {
	if plus && len(digits) > minDigits {
		if of, national = t.code(digits); of != nil {
			return of, of.main.national(national)
		}
	}
	if home == nil || plus && len(digits) <= minDigits {
		return nil, nil
	}
	if rest, ok := home.stripInternational(digits); ok {
		if len(rest) <= minDigits {
			return nil, nil
		}
		if of, national = t.code(rest); of == nil {
			return nil, nil
		}
		return of, of.main.national(national)
	}
	of = home.code
	if after, ok := bytes.CutPrefix(digits, []byte(home.Code)); ok {
		national = home.strip(after)
		if !home.fits(digits) && home.fits(national) || len(digits) > home.longest() {
			return of, of.main.national(national)
		}
	}
	if plus { // a plus without a country code
		return nil, nil
	}
	return of, home.national(digits)
}

// code cuts a country code off.
func (t *numberTable) code(digits []byte) (of *countryCode, national []byte) {
	for n := 1; n <= maxCode && n <= len(digits); n++ {
		if of := t.Codes[string(digits[:n])]; of != nil {
			return of, digits[n:]
		}
	}
	return nil, nil
}
