// Command storm sends messages through every fault it knows, and checks that none is sent or charged twice, lost, or left in doubt.
//
//	storm -messages 10000 -seed 1
//	storm -seed 1 -call 4711        the plan of one call alone, with all that is known of it
//
// It ends with status 1 if the storm could not be made, and 3 if an invariant did not hold.
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
	log.SetOutput(io.Discard) // net/http complains of broken connections there
	storm.ServeWorker()
	var cfg storm.Config
	flag.IntVar(&cfg.Messages, "messages", 10_000, "calls to make")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "of all plans")
	flag.IntVar(&cfg.Call, "call", -1, "make this call only")
	flag.IntVar(&cfg.Processes, "processes", 2, "processes besides this one")
	flag.IntVar(&cfg.Lanes, "lanes", 40, "calls at the same time in each process")
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
