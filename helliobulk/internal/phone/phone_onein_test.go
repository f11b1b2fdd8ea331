//go:build !race

package phone

// oneIn is the share of numbers that are compared.
const oneIn = 1
