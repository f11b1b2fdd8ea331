package helliotest

import (
	"slices"
	"strings"
)

// suggest returns ", did you mean x?" for an unknown name near a known one,
// else "".
func suggest(unknown string, known []string) string {
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
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
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
