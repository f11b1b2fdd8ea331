package hellio_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// distant adds the latency of a remote API. Each direction takes half of a
// round trip with a median of 150 ms, which seldom exceeds 500 ms.
type distant struct {
	next http.RoundTripper
	mu   sync.Mutex
	rand *rand.Rand
}

func (d *distant) RoundTrip(req *http.Request) (*http.Response, error) {
	d.travel()
	resp, err := d.next.RoundTrip(req)
	d.travel()
	return resp, err
}

func (d *distant) travel() {
	d.mu.Lock()
	factor := math.Exp(d.rand.NormFloat64() * 0.5)
	d.mu.Unlock()
	time.Sleep(time.Duration(factor * float64(75*time.Millisecond)))
}

// load is how many clients with how many workers use one token for ten minutes.
type load struct{ clients, workers, otpEvery int }

// traffic is the result of a load.
type traffic struct {
	accepted, refused float64 // per minute
	fairness          float64 // Jain's index over the clients: 1 is even
	slowestOTP        time.Duration
}

// simulation collects the traffic of all clients.
type simulation struct {
	mu       sync.Mutex
	traffic  traffic
	byClient []float64
}

const simulatedMinutes = 10

func simulate(t *testing.T, l load) traffic {
	fake := helliotest.New(t, helliotest.WithBalance("100000.0000"), helliotest.WithOTPLimit(0))
	ctx, cancel := context.WithTimeout(t.Context(), simulatedMinutes*time.Minute)
	defer cancel()
	sim := &simulation{byClient: make([]float64, l.clients)}
	var workers sync.WaitGroup
	for i := range l.clients {
		source := rand.New(rand.NewPCG(1, uint64(i)))
		client := fake.Client(
			hellio.WithHTTPClient(&http.Client{
				Transport: &distant{next: fake.RoundTripper(), rand: source},
			}),
			hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) { sim.count(i, a) }),
		)
		for range l.workers {
			workers.Go(func() { sendInTurn(ctx, client) })
		}
		if l.otpEvery > 0 {
			workers.Go(func() { sim.logIn(ctx, client, l.otpEvery) })
		}
	}
	workers.Wait()
	sim.traffic.accepted /= simulatedMinutes
	sim.traffic.refused /= simulatedMinutes
	sim.traffic.fairness = jain(sim.byClient)
	return sim.traffic
}

func (s *simulation) count(client int, a hellio.Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch a.StatusCode {
	case http.StatusTooManyRequests:
		s.traffic.refused++
	case http.StatusAccepted:
		s.traffic.accepted++
		s.byClient[client]++
	}
}

// sendInTurn sends one SMS after another until ctx ends.
func sendInTurn(ctx context.Context, client *hellio.Client) {
	for ctx.Err() == nil {
		_, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
			Recipients: []string{"233209990001"},
			Sender:     "HELLIO",
			Message:    "x",
		})
		if err != nil {
			time.Sleep(time.Second) // refused, because the deadline is near
		}
	}
}

// logIn sends an OTP every so many seconds and records the slowest.
func (s *simulation) logIn(ctx context.Context, client *hellio.Client, every int) {
	for ctx.Err() == nil {
		began := time.Now()
		_, err := client.OTP.Send(ctx, &hellio.OTPSendParams{
			MobileNumber: "233209990001",
			Sender:       "HELLIO",
		})
		s.mu.Lock()
		if err == nil {
			s.traffic.slowestOTP = max(s.traffic.slowestOTP, time.Since(began))
		}
		s.mu.Unlock()
		time.Sleep(time.Duration(every) * time.Second)
	}
}

func jain(counts []float64) float64 {
	var sum, squares float64
	for _, n := range counts {
		sum, squares = sum+n, squares+n*n
	}
	return sum * sum / (float64(len(counts)) * squares)
}

func TestPacingUsesTheLimitAndIsSeldomRefused(t *testing.T) {
	for name, c := range map[string]struct {
		load
		accepted, refused float64
	}{
		"one client with 8 workers":               {load{1, 8, 0}, 119, 0},
		"8 clients on one token, 8 workers each":  {load{8, 8, 0}, 112, 5},
		"8 clients on one token, one worker each": {load{8, 1, 0}, 112, 5},
		"one client with some OTPs":               {load{1, 8, 10}, 100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := simulate(t, c.load)
				t.Logf("per minute: %+v", got)
				require.GreaterOrEqual(t, got.accepted, c.accepted)
				require.LessOrEqual(t, got.refused, c.refused)
				require.Less(t, got.slowestOTP, 5*time.Second, "no OTP waits for other calls")
			})
		})
	}
}
