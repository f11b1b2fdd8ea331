package storm

import (
	"flag"
	"io"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	seedFlag     = flag.Uint64("seed", 1, "seed of all plans")
	callFlag     = flag.Int("call", -1, "make only the call with this number")
	messagesFlag = flag.Int("messages", 1900, "number of calls")
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http logs broken connections
	ServeProcess()
	flag.Parse()
	os.Exit(m.Run())
}

func TestAllInvariantsHold(t *testing.T) {
	t.Parallel()
	runStorm(t, Config{
		Messages:  *messagesFlag,
		Seed:      *seedFlag,
		Call:      *callFlag,
		Processes: 2,
		Workers:   40,
	})
}

func TestAllInvariantsHoldWithTheClientsLimiter(t *testing.T) {
	t.Parallel()
	if *callFlag >= 0 {
		t.Skip("TestAllInvariantsHold makes the single call")
	}
	runStorm(t, Config{
		Messages:  *messagesFlag / 4,
		Seed:      *seedFlag + 1,
		Call:      -1,
		Processes: 1,
		Workers:   40,
		Paced:     true,
	})
}

func runStorm(t *testing.T, cfg Config) {
	t.Helper()
	report, err := Run(cfg)
	require.NoError(t, err)
	var b strings.Builder
	report.Print(&b)
	t.Log("\n" + b.String())
	require.Empty(t, report.Broken(),
		"replay one call with: go run ./test/storm/cmd/storm -seed %d -call N", cfg.Seed)
}
