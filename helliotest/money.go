package helliotest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// currency of every amount.
const currency = "GHS"

// money is an amount in ten-thousandths of the currency. All arithmetic on it
// is exact.
type money int64

const moneyUnit = 10_000

// maxMoney is the largest amount. No sum of the fake overflows.
const maxMoney = math.MaxInt64 / 1_000_000

// parseMoney reads an amount such as "100" or "0.031": at most four decimals,
// no sign, no exponent.
func parseMoney(text string) (money, error) {
	whole, fraction, dotted := strings.Cut(text, ".")
	if !allDigits(whole) || dotted && !allDigits(fraction) || len(fraction) > 4 {
		return 0, fmt.Errorf("amount %q is not an unsigned decimal with at most 4 decimals", text)
	}
	n, err := strconv.ParseInt(whole+fraction+"0000"[len(fraction):], 10, 64)
	if err != nil || n > maxMoney {
		return 0, fmt.Errorf("amount %q is too large", text)
	}
	return money(n), nil
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// String writes the amount with four decimals.
func (m money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%04d", sign, m/moneyUnit, m%moneyUnit)
}

// UnmarshalText reads what MarshalText wrote.
func (m *money) UnmarshalText(text []byte) error {
	digits, negative := strings.CutPrefix(string(text), "-")
	amount, err := parseMoney(digits)
	if negative {
		amount = -amount
	}
	*m = amount
	return err
}

// MarshalText writes the amount into JSON as a string.
func (m money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
