package main

import (
	"fmt"
	"io"
	"time"

	"github.com/hellio-go/hellio/test/bench/internal/measure"
	"github.com/hellio-go/hellio/test/bench/internal/peers"
)

const (
	countedCalls    = 1000 // for the average of allocations
	sequentialCalls = 200  // for the count of connections
)

// printCalls measures every row in every column, writes the table and returns
// it.
func printCalls(w io.Writer, rounds int, batch time.Duration) ([][]string, error) {
	rows := peers.All()
	table := make([][]string, len(rows)+1)
	targets := []string{"target of hellio"}
	table[0] = []string{"row"}
	for i, row := range rows {
		table[i+1] = []string{row.Name}
	}
	for _, column := range peers.Columns() {
		cells, err := measureColumn(column, rows, rounds, batch)
		if err != nil {
			return nil, err
		}
		table[0] = append(table[0], column.Name)
		targets = append(targets, column.Target.String())
		for i, cell := range cells {
			table[i+1] = append(table[i+1], cell)
		}
	}
	if err := addConnections(table, rows); err != nil {
		return nil, err
	}
	table = append(table, append(targets, "1"))
	printTable(w, table)
	fmt.Fprint(w, legend)
	return table, nil
}

const legend = `
A cell is: time as a multiple of the floor's time / bytes / allocations per call.
The loopback columns include the server's bytes and allocations.
The second floor differs from 1.00 by the error of the times in its column.
`

// measureColumn returns a cell for each row.
func measureColumn(
	column peers.Column, rows []peers.Peer, rounds int, batch time.Duration,
) ([]string, error) {
	calls := make([]func() error, len(rows))
	for i, row := range rows {
		call, closeWire, err := row.Open(column)
		if err != nil {
			return nil, err
		}
		defer closeWire()
		calls[i] = call
	}
	ratios, err := measure.Paired(calls, rounds, batch)
	if err != nil {
		return nil, err
	}
	cells := make([]string, len(rows))
	for i, call := range calls {
		bytes, count, err := measure.Allocations(call, countedCalls)
		if err != nil {
			return nil, err
		}
		cells[i] = fmt.Sprintf("%.2f / %d B / %d", ratios[i].Median, bytes, count)
		if column.Refused() && rows[i].Untyped {
			cells[i] += ", untyped"
		}
	}
	return cells, nil
}

// addConnections adds the column of the connections that a row opens for
// sequential calls. One is enough.
func addConnections(table [][]string, rows []peers.Peer) error {
	table[0] = append(table[0], fmt.Sprintf("connections for %d calls", sequentialCalls))
	for i, row := range rows {
		opened, err := row.Connections(sequentialCalls)
		if err != nil {
			return err
		}
		table[i+1] = append(table[i+1], fmt.Sprint(opened))
	}
	return nil
}
