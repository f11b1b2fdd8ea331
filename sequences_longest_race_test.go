//go:build race

package hellio

// longestSequence leaves out sequences of three, which add no code path and
// take a minute under the race detector. The test without it plays them.
const longestSequence = 2
