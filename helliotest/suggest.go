package helliotest

import "github.com/hellio-go/hellio/internal/near"

// suggest returns "; did you mean x?" for an unknown name near a known one,
// else "".
func suggest(unknown string, known []string) string {
	if name := near.Name(unknown, known); name != "" {
		return "; did you mean " + name + "?"
	}
	return ""
}
