package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// The README has the table between these lines.
const (
	tableBegin = "<!-- go run ./test/bench/cmd/table -readme README.md -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// readmeColumns are those without a network.
var readmeColumns = []string{"row", "stub POST", "stub GET", "POST to a 422"}

// writeREADME replaces the table in the file.
func writeREADME(file string, table [][]string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		return fmt.Errorf("%s: no place for the table: want %q and %q", file, tableBegin, tableEnd)
	}
	var shown bytes.Buffer
	printTable(&shown, columnsOf(table, readmeColumns))
	return os.WriteFile(file, []byte(before+tableBegin+shown.String()+tableEnd+after), 0o644)
}

func columnsOf(table [][]string, names []string) [][]string {
	var kept [][]string
	for _, row := range table {
		var cells []string
		for i, cell := range row {
			if slices.Contains(names, table[0][i]) {
				cells = append(cells, cell)
			}
		}
		kept = append(kept, cells)
	}
	return kept
}
