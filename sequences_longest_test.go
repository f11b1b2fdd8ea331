//go:build !race

package hellio

// longestSequence is the number of attempts in the longest sequences.
const longestSequence = 3
