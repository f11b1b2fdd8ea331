// Command table compares this module's client with net/http alone and with
// other SDKs, and prints Markdown tables.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 100, "number of rounds per column; a round times every row once")
	batch := flag.Duration("batch", 10*time.Millisecond, "time per row in a round")
	build := flag.Bool("build", false,
		"also time a clean build of the SDK, after a build of the standard library")
	readme := flag.String("readme", "", "also write the table of the calls into this README")
	flag.Parse()
	if *rounds < 1 || *batch <= 0 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*rounds, *batch, *build, *readme); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(rounds int, batch time.Duration, build bool, readme string) error {
	start := time.Now()
	fmt.Printf("%s %s/%s, GOMAXPROCS %d, %d rounds of %v\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), rounds, batch)
	calls, err := printCalls(os.Stdout, rounds, batch)
	if err != nil {
		return err
	}
	if readme != "" {
		if err := writeREADME(readme, calls); err != nil {
			return err
		}
	}
	fmt.Println()
	if err := printConcurrent(os.Stdout); err != nil {
		return err
	}
	fmt.Println()
	if err := printOther(os.Stdout, rounds, batch, build); err != nil {
		return err
	}
	fmt.Printf("\nMeasured in %v.\n", time.Since(start).Round(time.Second))
	return nil
}
