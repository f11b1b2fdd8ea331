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

// distant puts the API some way off: each way takes half of a round trip of 150 ms in the median, seldom half a second.
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
	way := 75 * time.Millisecond * time.Duration(math.Exp(d.rand.NormFloat64()*0.5)*1000) / 1000
	d.mu.Unlock()
	time.Sleep(way)
}

// load is how many clients with how many workers use one token for ten minutes.
type load struct{ clients, workers, otpEvery int }

// traffic is what became of it.
type traffic struct {
	accepted, refused float64 // a minute
	fairness          float64 // Jain's index over the clients: 1 is even
	slowestOTP        time.Duration
}

func simulate(t *testing.T, l load) traffic {
	const minutes = 10
	fake := helliotest.New(t, helliotest.WithBalance("100000.0000"), helliotest.WithOTPLimit(0))
	ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	result, byClient := traffic{}, make([]float64, l.clients)
	for i := range l.clients {
		road := &distant{next: fake.RoundTripper(), rand: rand.New(rand.NewPCG(1, uint64(i)))}
		hook := hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.StatusCode == http.StatusTooManyRequests:
				result.refused++
			case a.StatusCode == http.StatusAccepted:
				result.accepted++
				byClient[i]++
			}
		})
		client := fake.Client(hellio.WithHTTPClient(&http.Client{Transport: road}), hook)
		for range l.workers {
			wg.Go(func() {
				for ctx.Err() == nil {
					p := &hellio.SMSSendParams{Recipients: []string{"233209990001"}, Sender: "HELLIO", Message: "x"}
					if _, err := client.SMS.Send(ctx, p); err != nil {
						time.Sleep(time.Second) // turned away: the end is near
					}
				}
			})
		}
		if l.otpEvery > 0 {
			wg.Go(func() { loginsOf(ctx, client, l.otpEvery, &mu, &result.slowestOTP) })
		}
	}
	wg.Wait()
	result.accepted /= minutes
	result.refused /= minutes
	result.fairness = jain(byClient)
	return result
}

// loginsOf sends an OTP every so many seconds and keeps the time of the slowest.
func loginsOf(ctx context.Context, client *hellio.Client, every int, mu *sync.Mutex, slowest *time.Duration) {
	for ctx.Err() == nil {
		start := time.Now()
		_, err := client.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: "233209990001", Sender: "HELLIO"})
		mu.Lock()
		if err == nil {
			*slowest = max(*slowest, time.Since(start))
		}
		mu.Unlock()
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

func TestPacingUsesTheWholeLimitAndIsSeldomRefused(t *testing.T) {
	for name, c := range map[string]struct {
		load
		accepted, refused float64
	}{
		"one client with 8 workers":               {load{1, 8, 0}, 119, 0},
		"8 clients on one token, 8 workers each":  {load{8, 8, 0}, 112, 5},
		"8 clients on one token, one worker each": {load{8, 1, 0}, 112, 5},
		"one client with OTPs among them":         {load{1, 8, 10}, 100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := simulate(t, c.load)
				t.Logf("accepted a minute %.1f, refused %.1f, fairness %.3f, slowest OTP %v", got.accepted, got.refused, got.fairness, got.slowestOTP)
				require.GreaterOrEqual(t, got.accepted, c.accepted)
				require.LessOrEqual(t, got.refused, c.refused)
				require.Less(t, got.slowestOTP, 5*time.Second, "no OTP waits for bulk")
			})
		})
	}
}
