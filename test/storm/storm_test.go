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
	seed     = flag.Uint64("seed", 1, "of the storm's plans")
	only     = flag.Int("call", -1, "make this call of the storm only")
	messages = flag.Int("messages", 1900, "calls of the storm")
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http complains of broken connections there
	ServeWorker()
	flag.Parse()
	os.Exit(m.Run())
}

func TestNoMessageIsChargedTwiceLostOrLeftInDoubt(t *testing.T) {
	storm(t, Config{Messages: *messages, Seed: *seed, Call: *only, Processes: 2, Lanes: 40})
}

func TestTheClientsOwnLimiterChangesNoneOfThat(t *testing.T) {
	if *only >= 0 {
		t.Skip("one call is made by the other test")
	}
	storm(t, Config{Messages: *messages / 4, Seed: *seed + 1, Call: -1, Processes: 1, Lanes: 40, Paced: true})
}

func storm(t *testing.T, cfg Config) {
	t.Helper()
	report, err := Run(cfg)
	require.NoError(t, err)
	var b strings.Builder
	report.Print(&b)
	t.Log("\n" + b.String())
	require.Empty(t, report.Broken(), "replay one call with: go run ./test/storm/cmd/storm -seed %d -call N", cfg.Seed)
}
