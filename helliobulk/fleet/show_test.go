//go:build unix

package fleet

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// showEnv runs TestAFleetShares… at full size: 100,000 recipients at 120 calls
// a minute; "faults" spoils three calls in ten as well.
const showEnv = "HELLIO_FLEET_SHOW"

// show is a batch sent by worker processes, one of which is killed and one
// added on the way, while Redis is restarted once.
type show struct {
	*world
	children map[string]*exec.Cmd
	born     map[string]time.Time
	died     map[string]time.Time
}

func TestAFleetSharesARateThroughKills(t *testing.T) {
	t.Parallel()
	s := &show{
		children: map[string]*exec.Cmd{},
		born:     map[string]time.Time{},
		died:     map[string]time.Time{},
	}
	how := os.Getenv(showEnv)
	faults := how == "faults"
	chunks := 60
	if how == "" {
		s.world = newShowWorld(t, chunks, chunkSize, 1200)
	} else {
		chunks = 200
		s.world = newShowWorld(t, chunks, 500, 120)
	}
	if faults {
		require.NoError(t, s.fake.SetFaults(threeInTen(rand.New(rand.NewPCG(1, 2)))...))
	}
	began := time.Now()
	for _, name := range []string{"a", "b", "c"} {
		s.add(name)
	}
	ended := make(chan error, 1)
	go func() { ended <- Wait(t.Context(), s.client, s.rdb, s.batch, Options{}) }()
	s.after(chunks / 4)
	s.kill("a")
	s.after(chunks * 2 / 5)
	s.add("d")
	s.after(chunks * 3 / 5)
	s.redis.restart()
	if os.Getenv(showEnv) == "" {
		s.hurry()
	}
	require.NoError(t, <-ended)
	took := time.Since(began)
	s.end("b", "c", "d")
	s.requireEachOnce()
	s.report(took)
	require.LessOrEqual(t, s.worstMinute(), 5)
}

func newShowWorld(t *testing.T, chunks, size, rate int) *world {
	t.Helper()
	w := &world{t: t, redis: startRedisWith(t, "--appendonly", "yes", "--appendfsync", "everysec"),
		start: "10000.0000"}
	w.fake = helliotest.New(t, helliotest.WithRateLimit(rate), helliotest.WithBalance(w.start),
		helliotest.AllowUnusedFaults())
	w.client, w.rdb = w.fake.Client(append(quick(),
		hellio.WithBaseURL(w.fake.URL()))...), w.redis.client()
	w.store = t.TempDir() + "/batch"
	w.planOf(chunks, size)
	return w
}

func (s *show) add(name string) {
	s.children[name] = startChild(s.t,
		childJob{
			URL:     s.fake.URL(),
			Redis:   s.redis.addr,
			Name:    name,
			Workers: 4,
			Paced:   true,
		})
	s.born[name] = time.Now()
}

func (s *show) kill(name string) {
	killChild(s.children[name])
	s.died[name] = time.Now()
}

func (s *show) end(names ...string) {
	for _, name := range names {
		s.kill(name)
	}
}

// after waits until so many calls were made.
func (s *show) after(calls int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return len(s.sends()) >= calls }, 3*time.Minute,
		50*time.Millisecond)
}

// hurry does not wait for the leases of the worker that was killed: when the
// others have had nothing to take for a while, another comes and finds them run
// out.
func (s *show) hurry() {
	s.t.Helper()
	busy := time.Now()
	require.Eventually(s.t, func() bool {
		info, err := s.queue().inspector.GetQueueInfo(s.queue().name)
		if err != nil || info.Pending+info.Retry > 0 {
			busy = time.Now()
		}
		return time.Since(busy) > 2*time.Second
	}, time.Minute, 50*time.Millisecond)
	s.forgetLeases()
	s.add("e")
}

// report prints what happened.
func (s *show) report(took time.Duration) {
	calls, refused := map[string]int{}, 0
	var rates []float64
	agent := regexp.MustCompile(`worker-(\w+)`)
	for _, r := range s.sends() {
		if name := agent.FindStringSubmatch(r.Header.Get("User-Agent")); name != nil {
			calls[name[1]]++
		}
		if r.Status == 429 {
			refused++
		}
	}
	var rows []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		until, dead := s.died[name]
		if !dead {
			until = time.Now()
		}
		lived := min(until.Sub(s.born[name]), took)
		rate := float64(calls[name]) / lived.Minutes()
		rates = append(rates, rate)
		rows = append(rows,
			fmt.Sprintf("worker %s: %d sends in %v, %.1f a minute", name, calls[name],
				lived.Round(100*time.Millisecond), rate))
	}
	r := s.batch.Report()
	s.t.Logf("%d recipients in %d chunks, %v: %d sends, %d replayed, charges 1 each, "+
		"wallet difference %s, 429s %d (worst minute %d), Jain %.3f\n%s",
		r.Recipients, r.Chunks, took.Round(100*time.Millisecond), len(s.sends()), r.Replayed,
		s.difference(), refused, s.worstMinute(), jain(rates), strings.Join(rows, "\n"))
	s.t.Logf("cost %s %s, reused %d, needs review %d, rejected %d", r.Costs[0].Amount,
		r.Costs[0].Currency, r.Reused.Chunks, r.NeedsReview.Chunks, r.Rejected.Chunks)
}

// worstMinute is the greatest number of 429s in any minute.
func (s *show) worstMinute() (worst int) {
	var times []time.Time
	for _, r := range s.fake.Requests() {
		if r.Status == 429 {
			times = append(times, r.At)
		}
	}
	for i, first := range times {
		n := 0
		for _, at := range times[i:] {
			if at.Sub(first) < time.Minute {
				n++
			}
		}
		worst = max(worst, n)
	}
	return worst
}

// jain is 1 when all have the same, and 1/n when one has all.
func jain(shares []float64) float64 {
	var sum, squares float64
	for _, x := range shares {
		sum += x
		squares += x * x
	}
	return sum * sum / (float64(len(shares)) * squares)
}
