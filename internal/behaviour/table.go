package behaviour

import (
	"errors"
	"fmt"
	"strings"
)

// The marks around the table of docs/contract.md.
const (
	tableBegins = "<!-- table: go run ./internal/behaviour/cmd/table -->\n"
	tableEnds   = "<!-- end of table -->\n"
)

// WithTable returns a page with the table of all claims between its marks.
func WithTable(page string) (string, error) {
	before, rest, begins := strings.Cut(page, tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", errors.New("the page has no marks for the table")
	}
	return before + tableBegins + table() + tableEnds + after, nil
}

func table() string {
	var b strings.Builder
	counts := make(map[Basis]int)
	for _, c := range All() {
		counts[c.Basis]++
	}
	fmt.Fprintf(&b, "\n%d claims: %d documented, %d inferred, %d decided.\n", len(All()),
		counts[Documented], counts[Inferred], counts[Decided])
	b.WriteString("\n| id | claim | basis | check | follows |\n|---|---|---|---|---|\n")
	for _, c := range All() {
		cost := strings.ReplaceAll(c.Cost.String(), "_", " ")
		if c.Why != "" {
			cost = "none: " + c.Why
		}
		follows := ""
		if c.Follow.Possible() {
			follows = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.ID,
			strings.ReplaceAll(c.Text, "|", `\|`), c.Basis, cost, follows)
	}
	b.WriteString("\n")
	return b.String()
}
