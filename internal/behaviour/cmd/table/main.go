// Command table writes the table of docs/contract.md from the list of claims.
// Run it in the root of the repository:
//
//	go run ./internal/behaviour/cmd/table
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hellio-go/hellio/internal/behaviour"
)

func main() {
	if err := update(filepath.Join("docs", "contract.md")); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

// update replaces the table of a page.
func update(path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := behaviour.WithTable(string(page))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
