package main

import (
	"fmt"
	"io"
	"time"

	"github.com/hellio-go/hellio/test/bench/internal/program"
)

// printOther measures program size, init time and the fake, and writes the
// table.
func printOther(w io.Writer, rounds int, batch time.Duration, build bool) error {
	table := [][]string{{"what", "floor", "hellio", "target"}}
	cost, err := program.Measure()
	if err != nil {
		return err
	}
	table = append(table,
		[]string{
			"stripped program with one call",
			megabytes(cost.PlainBytes),
			"+" + megabytes(cost.HellioBytes-cost.PlainBytes),
			"≤ +0.75 MB",
		},
		[]string{"init time besides the standard library", "", cost.Init.String(), "< 100µs"},
	)
	if build {
		took, err := program.CleanBuild()
		if err != nil {
			return err
		}
		rounded := took.Round(10 * time.Millisecond).String()
		table = append(table, []string{"clean build of the SDK alone", "", rounded, "< 5s"})
	}
	rows, err := fakeRows(rounds, batch)
	if err != nil {
		return err
	}
	printTable(w, append(table, rows...))
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
