package main

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/hellio-go/hellio/internal/behaviour/check"
)

// amount is money in ten-thousandths of the currency.
type amount int64

func (a amount) String() string { return fmt.Sprintf("%d.%04d", a/10_000, a%10_000) }

// parseAmount reads a decimal such as 5 or 5.00.
func parseAmount(text string) (amount, error) {
	whole, fraction, dotted := strings.Cut(text, ".")
	wrong := errors.New("want an amount such as 5.00, with at most 4 decimals")
	if len(whole) > 9 || len(fraction) > 4 || dotted && fraction == "" {
		return 0, wrong
	}
	n, err := strconv.ParseUint(whole+(fraction + "0000")[:4], 10, 63)
	if err != nil {
		return 0, wrong
	}
	return amount(n), nil
}

// amountOf rounds an amount of the API up.
func amountOf(r *big.Rat) amount {
	scaled := new(big.Rat).Mul(r, big.NewRat(10_000, 1))
	n := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	if !scaled.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return amount(n.Int64())
}

// Prices that the API does not publish, in prices of an SMS segment (assumed).
const (
	codePrice   = 2
	secondPrice = 2
	lookupPrice = 1
	emailPrice  = 1
)

// price returns what a charge costs at the most, by the price of a segment.
func price(c check.Charge, segment amount) amount {
	units := c.SMS + codePrice*c.OTP + secondPrice*c.Voice + lookupPrice*c.Lookup +
		emailPrice*c.Email
	return amount(units) * segment
}
