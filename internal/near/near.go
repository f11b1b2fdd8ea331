// Package near finds the known name that a misspelt one is near to, for the
// fake's violations and the refusals of its control API.
package near

import (
	"fmt"
	"slices"
	"strings"
)

// longest is how much of a caller's own text is quoted, in bytes.
const longest = 64

// Short returns a caller's text, cut to a length that a sentence can bear.
func Short(text string) string {
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// Unknown is the error of a name of some kind that is not among the known ones.
// It suggests one that is near.
func Unknown(kind, name string, known []string) error {
	suggestion := ""
	if nearest := Name(name, known); nearest != "" {
		suggestion = ", did you mean " + nearest + "?"
	}
	return fmt.Errorf("unknown %s %q%s", kind, Short(name), suggestion)
}

// Name returns the known name that is nearest to an unknown one, the first by
// name of several, or "" if none is near. It compares no name above 64 bytes.
func Name(unknown string, known []string) string {
	if len(unknown) > longest {
		return ""
	}
	best, least := "", len(unknown)/3+2
	for _, name := range slices.Sorted(slices.Values(known)) {
		d := distance(strings.ToLower(unknown), name)
		if len(unknown) >= 3 && strings.Contains(name, unknown) {
			d = min(d, 1)
		}
		if d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out or changed to make one
// word of another (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
