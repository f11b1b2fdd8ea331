package main

import (
	"fmt"
	"io"
	"time"

	"github.com/hellio-go/hellio/test/bench/internal/peers"
)

const concurrentCalls = 8000

// printConcurrent measures calls of 1, 8 and 64 goroutines next to net/http and
// writes the table.
func printConcurrent(w io.Writer) error {
	table := [][]string{{"8000 POSTs over the loopback"}}
	for _, peer := range peers.Concurrents() {
		table = append(table, []string{peer.Name})
	}
	for _, http2 := range []bool{false, true} {
		for _, goroutines := range []int{1, 8, 64} {
			table[0] = append(table[0], fmt.Sprintf("%s, %d goroutines", protocol(http2), goroutines))
			for i, peer := range peers.Concurrents() {
				load, err := peer.Concurrent(http2, goroutines, concurrentCalls)
				if err != nil {
					return err
				}
				table[i+1] = append(table[i+1], fmt.Sprintf("%s / %s / %d",
					millis(load.P50), millis(load.P99), load.Connections))
			}
		}
	}
	printTable(w, table)
	fmt.Fprintln(w, "\nA cell is: median / 99th percentile of a call's time / connections opened.")
	return nil
}

func protocol(http2 bool) string {
	if http2 {
		return "HTTP/2"
	}
	return "HTTP/1.1"
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
