// Command storm makes calls under every fault of its catalogue, and checks that
// no message is sent or charged twice, lost, or left with an unknown outcome.
//
//	storm -messages 10000 -seed 1
//	storm -seed 1 -call 4711     one call: plan, attempts and wire log
//
// It exits with status 1 if the storm cannot run, and 3 if an invariant does
// not hold.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/hellio-go/hellio/test/storm"
)

func main() {
	log.SetOutput(io.Discard) // net/http logs broken connections
	storm.ServeProcess()
	var cfg storm.Config
	flag.IntVar(&cfg.Messages, "messages", 10_000, "number of calls")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "seed of all plans")
	flag.IntVar(&cfg.Call, "call", -1, "make only the call with this number")
	flag.IntVar(&cfg.Processes, "processes", 2, "number of processes besides this one")
	flag.IntVar(&cfg.Workers, "workers", 40, "concurrent calls in each process")
	flag.BoolVar(&cfg.Paced, "paced", false, "keep the client's own limiter")
	flag.Parse()
	if cfg.Call >= 0 {
		cfg.Processes = 0
	}
	report, err := storm.Run(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
	report.Print(os.Stdout)
	if len(report.Violations) > 0 {
		os.Exit(3)
	}
}
