package helliotest

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio/internal/contract"
	"github.com/stretchr/testify/require"
)

// callEach calls every operation once with a body that some of them accept.
func callEach(t *testing.T, f *Fake) {
	const body = `{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi",` +
		`"mobile_number":"233209990001","code":"0000","emails":["a@example.com"],"text":"Hi",` +
		`"numbers":["233209990001"]}`
	client := f.HTTPClient()
	for path, methods := range routes {
		for method := range methods {
			url := "https://fake.hellio.invalid" + contract.Root + strings.ReplaceAll(path, "{id}", "1001")
			req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+DefaultToken)
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}

func TestEveryOperationRunsFrom200Goroutines(t *testing.T) {
	t.Parallel()
	f := New(t, Lenient(), WithRateLimit(0), WithOTPLimit(0), WithBalance("100000"))
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			callEach(t, f)
			switch i % 20 {
			case 0:
				f.Advance(time.Second)
			case 1:
				_, err := f.Snapshot()
				if err != nil {
					t.Error(err)
				}
			case 2:
				f.Messages(To("233209990001"))
			}
		})
	}
	wg.Wait()
	f.Advance(time.Hour)
	require.Equal(t, "0.0000", f.Balance().Reserved)
}

func TestFakesRunIn500Bubbles(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	limit := make(chan struct{}, 16)
	for range 500 {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			synctest.Test(t, func(t *testing.T) {
				f := New(t, Lenient())
				require.NoError(t, sendHi(t, f.Client()))
				time.Sleep(time.Minute)
				require.Equal(t, "delivered", f.Messages()[0].Status)
			})
		})
	}
	wg.Wait()
}
