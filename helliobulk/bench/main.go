// Command bench plans and sends a batch to a server that discards it, and
// prints CPU and peak memory next to a floor that only posts.
//
//	go run ./bench -recipients 1000000 -chunk 10000
//
// Each row runs in a process of its own, the server in the first one.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	c := config{}
	flag.IntVar(&c.recipients, "recipients", 1_000_000, "entries of the list")
	flag.IntVar(&c.chunk, "chunk", 10_000, "recipients of one call")
	flag.IntVar(&c.workers, "workers", 4, "calls at a time")
	flag.StringVar(&c.dir, "dir", "", "where the store is made (default the temporary directory)")
	flag.StringVar(&c.row, "row", "", "run this row alone, in this process")
	flag.StringVar(&c.url, "url", "", "server of a row that runs alone")
	flag.Parse()
	if flag.NArg() > 0 || c.recipients < 1 || c.chunk < 1 || c.chunk > 10_000 {
		flag.Usage()
		os.Exit(2)
	}
	if err := c.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
