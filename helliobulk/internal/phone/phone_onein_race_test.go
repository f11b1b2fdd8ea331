//go:build race

package phone

// oneIn is the share of numbers that are compared. The library takes minutes
// for all of them under the race detector, which has nothing to find here.
const oneIn = 50
