package hellio_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// withFake runs a test with a fake on virtual time.
func withFake(t *testing.T, body func(t *testing.T, fake *helliotest.Fake)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { body(t, helliotest.New(t)) })
}

const (
	pendingBody = `{"data":{"id":7,"status":"queued"}}`
	failedBody  = `{"data":{"id":7,"status":"failed"}}`
)

// polls counts the calls of an operation.
func polls(fake *helliotest.Fake, op helliotest.Op) (n int) {
	for _, r := range fake.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

func TestWaitEndsWithTheCampaign(t *testing.T) {
	withFake(t, func(t *testing.T, fake *helliotest.Fake) {
		client, began := fake.Client(), time.Now()
		sent := sendTexts(t, client, "Hi")[0]
		done, err := client.Reports.WaitCampaign(t.Context(), hellio.ID(sent.Reference))
		require.NoError(t, err)
		require.Equal(t, hellio.CampaignCompleted, done.Status)
		require.Equal(
			t,
			map[hellio.MessageStatus]int{"queued": 0, "sent": 0, "delivered": 1, "failed": 0},
			done.Statuses,
		)
		require.Less(t, time.Since(began), 12*time.Second)
		asked := polls(fake, helliotest.CampaignGet)
		require.LessOrEqual(t, asked, 4)
		time.Sleep(time.Hour)
		require.Equal(t, asked, polls(fake, helliotest.CampaignGet),
			"polling stops after the end")
	})
}

func TestWaitEndsWithTheLookup(t *testing.T) {
	withFake(t, func(t *testing.T, fake *helliotest.Fake) {
		client, began := fake.Client(), time.Now()
		batch, err := client.Lookup.Create(
			t.Context(),
			&hellio.LookupParams{Numbers: []string{"233249990001", helliotest.NumberUnreachable}},
		)
		require.NoError(t, err)
		for _, l := range batch.Lookups {
			found, err := client.Lookup.Wait(t.Context(), l.ID)
			require.NoError(t, err)
			require.Equal(t, hellio.LookupCompleted, found.Status)
			require.Equal(t, l.MobileNumber == "+233249990001", *found.Reachable)
		}
		require.Less(t, time.Since(began), 30*time.Second)
	})
}

func TestWaitEndsWithTheCalls(t *testing.T) {
	withFake(t, func(t *testing.T, fake *helliotest.Fake) {
		client, began := fake.Client(), time.Now()
		sent, err := client.Voice.Send(
			t.Context(),
			&hellio.VoiceSendParams{Recipients: []string{"233249990001"}, Text: "Your car is here"},
		)
		require.NoError(t, err)
		over, err := client.Voice.Wait(t.Context(), sent.ID)
		require.NoError(t, err)
		require.Equal(
			t,
			[]any{hellio.VoiceCompleted, 1, 2, "0.0900"},
			[]any{over.Status, over.Answered, over.DurationSeconds, over.Cost.String()},
		)
		require.Less(t, time.Since(began), time.Minute)
		require.LessOrEqual(t, polls(fake, helliotest.VoiceGet), 8)
	})
}

func TestWaitAsksOnceForAFinalResult(t *testing.T) {
	withFake(t, func(t *testing.T, fake *helliotest.Fake) {
		client := fake.Client()
		sent := sendTexts(t, client, "Hi")[0]
		time.Sleep(time.Minute)
		began := time.Now()
		_, err := client.Reports.WaitCampaign(t.Context(), sent.CampaignID)
		require.NoError(t, err)
		require.Zero(t, time.Since(began))
		require.Equal(t, 1, polls(fake, helliotest.CampaignGet))
	})
}

func TestWaitEndsWithAFailedResult(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(context.Context, *hellio.Client) (any, error){
		"campaign": func(ctx context.Context, c *hellio.Client) (any, error) {
			return c.Reports.WaitCampaign(ctx, "7")
		},
		"lookup": func(ctx context.Context, c *hellio.Client) (any, error) {
			return c.Lookup.Wait(ctx, "7")
		},
		"calls": func(ctx context.Context, c *hellio.Client) (any, error) {
			return c.Voice.Wait(ctx, "7")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, api := scripted(
					t,
					`{"data":{"id":7,"status":"new"}}`,
					`{"data":{"id":7,"status":"processing"}}`,
					`{"data":{"id":7,"status":"failed"}}`,
				)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, err := wait(ctx, client)
				require.NoError(t, err, "its status says that it failed")
				require.Len(t, api.requests(), 3)
			})
		})
	}
}

func TestWaitEndsWithAnyOtherError(t *testing.T) {
	withFake(t, func(t *testing.T, fake *helliotest.Fake) {
		done, err := fake.Client().Voice.Wait(t.Context(), "999999")
		require.Nil(t, done)
		var missing *hellio.NotFoundError
		require.ErrorAs(t, err, &missing)
		require.Len(t, fake.Requests(), 1)
	})
}

func TestWaitOutlastsARateLimit(t *testing.T) {
	withFake(t, func(t *testing.T, fake *helliotest.Fake) {
		const retryAfter = 40 * time.Second
		fake.Fault(helliotest.CampaignGet, helliotest.Times(3), helliotest.RateLimited(retryAfter))
		client := fake.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
		sent, began := sendTexts(t, client, "Hi")[0], time.Now()
		done, err := client.Reports.WaitCampaign(t.Context(), hellio.ID(sent.Reference))
		require.NoError(t, err)
		require.Equal(t, hellio.CampaignCompleted, done.Status)
		require.Equal(t, 4, polls(fake, helliotest.CampaignGet), "Wait waits for each Retry-After")
		require.GreaterOrEqual(t, time.Since(began), 3*retryAfter)
		require.LessOrEqual(t, time.Since(began), 3*retryAfter*11/10+time.Second)
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*time.Second)
		},
		"cancel": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(10*time.Second, cancel)
			return ctx, cancel
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, api := scripted(t, `{"data":{"id":7,"status":"queued"}}`)
				ctx, cancel := end(t.Context())
				defer cancel()
				began := time.Now()
				done, err := client.Lookup.Wait(ctx, "7")
				require.Nil(t, done)
				require.ErrorIs(t, err, ctx.Err())
				var connection *hellio.ConnectionError
				require.ErrorAs(t, err, &connection)
				require.Equal(t, name == "deadline", connection.Timeout())
				require.Equal(t, hellio.OutcomeNotSent, hellio.OutcomeOf(err),
					"nothing is in flight")
				require.Equal(t, 10*time.Second, time.Since(began))
				asked := len(api.requests())
				time.Sleep(time.Hour)
				require.Len(t, api.requests(), asked)
			})
		})
	}
}

func TestWaitRefusesANilContext(t *testing.T) {
	t.Parallel()
	client, api := scripted(t, `{"data":{"id":7}}`)
	var none context.Context
	_, err := client.Voice.Wait(none, "7")
	var bad *hellio.ParamError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, "ctx", bad.Field)
	require.Empty(t, api.requests())
}

// nominal are the intervals of polling, before the jitter of a tenth in either
// direction.
var nominal = []time.Duration{
	2 * time.Second,
	3 * time.Second,
	4500 * time.Millisecond,
	6750 * time.Millisecond,
	10125 * time.Millisecond,
	15 * time.Second,
	15 * time.Second,
}

func TestWaitPollsAtGrowingSpreadIntervals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pending, final := `{"data":{"id":7,"status":"shaking"}}`, `{"data":{"id":7,"status":"completed"}}`
		client, api := scripted(t, append(slices.Repeat([]string{pending}, len(nominal)), final)...)
		done, err := client.Lookup.Wait(t.Context(), "7")
		require.NoError(t, err)
		require.Equal(t, hellio.LookupCompleted, done.Status,
			"an unknown status does not count as final")
		gaps, exact := api.gaps(), 0
		require.Len(t, gaps, len(nominal))
		for i, gap := range gaps {
			require.InDelta(t, nominal[i], gap, float64(nominal[i])/10+1, "gap %d", i)
			if gap == nominal[i] {
				exact++
			}
		}
		require.Less(t, exact, len(nominal), "the intervals have jitter")
	})
}

func TestWaitPollsSlowlyNearTheRateLimit(t *testing.T) {
	t.Parallel()
	for remaining, interval := range map[string]time.Duration{
		"12": 2 * time.Second, // a tenth of the limit
		"11": 15 * time.Second,
		"0":  15 * time.Second,
	} {
		t.Run(remaining, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &script{
					header: http.Header{
						"X-Ratelimit-Limit":     {"120"},
						"X-Ratelimit-Remaining": {remaining},
					},
					bodies: []string{pendingBody, failedBody},
				}
				client := api.client(t, hellio.WithLimiter(nil))
				done, err := client.Voice.Wait(t.Context(), "7")
				require.NoError(t, err)
				require.Equal(t, hellio.VoiceFailed, done.Status)
				require.InDelta(t, interval, api.gaps()[0], float64(interval)/10)
			})
		})
	}
}

func TestWaitNeverShortensARetryAfter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after     string
		remaining string
		least     time.Duration // and at most a tenth more
	}{
		"longer than the interval":   {"40", "", 40 * time.Second},
		"shorter than the interval":  {"1", "", 2 * time.Second},
		"absent":                     {"", "", 2 * time.Second},
		"with all of the limit used": {"1", "0", 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				header := http.Header{}
				if c.remaining != "" {
					header.Set("X-RateLimit-Limit", "120")
					header.Set("X-RateLimit-Remaining", c.remaining)
				}
				if c.after != "" {
					header.Set("Retry-After", c.after)
				}
				api := &script{header: header, status: 429, bodies: []string{`{}`}}
				ctx, cancel := context.WithTimeout(t.Context(), c.least*3/2)
				defer cancel()
				_, err := api.client(t, hellio.WithLimiter(nil)).Voice.Wait(ctx, "7")
				require.ErrorIs(t, err, context.DeadlineExceeded)
				gap := api.gaps()[0]
				require.GreaterOrEqual(t, gap, c.least)
				require.LessOrEqual(t, gap, c.least*11/10)
			})
		})
	}
}
