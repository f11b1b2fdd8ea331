package helliotest_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// struckBy returns a check that notes which faults have acted, and on whom.
func struckBy(seen map[string]int) helliotest.ExploreOption {
	return helliotest.ExploreCheck("seen", func(run *helliotest.Run) error {
		for _, r := range run.Fake().Requests() {
			if r.Fault == "" {
				continue
			}
			members, _ := r.Decoded.(map[string]any)
			to, _ := members["recipients"].([]any)
			text := string(r.Op) + " " + r.Fault
			if len(to) > 0 {
				text += " " + to[0].(string)
			}
			seen[text]++
		}
		return nil
	})
}

func TestEachCallIsStruckByEachEffect(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	_, r := explored(t, func(run *helliotest.Run) error {
		_, err := run.Client().Balance.Get(run.Context(), hellio.WithMaxRetries(0))
		return errors.Join(err, sendTwo(run))
	}, struckBy(seen), helliotest.ExplorePairs(0), helliotest.ExploreNoCrash())
	require.False(t, r.Failed(), r.all())
	var want []string
	for _, e := range []string{"lose_reply", "reset", "rate_limited", "status", "truncate_body",
		"not_json", "delay"} {
		want = append(want, "balance_get "+e)
	}
	for _, number := range []string{phoneA, phoneB} {
		for _, e := range []string{"lose_request", "lose_reply", "reset", "rate_limited", "status",
			"truncate_body", "not_json", "delay"} {
			want = append(want, "sms_send "+e+" "+number)
		}
	}
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(seen)))
}

func TestARecipientsRuleCountsItsCalls(t *testing.T) {
	t.Parallel()
	seen := make(map[string]int)
	send := func(run *helliotest.Run, key string, numbers ...string) error {
		params := readyFor(numbers[0])
		params.Recipients = numbers
		_, err := run.Client().SMS.Send(run.Context(), params,
			hellio.WithIdempotencyKey(key), hellio.WithMaxRetries(0))
		return err
	}
	_, r := explored(t, func(run *helliotest.Run) error {
		return errors.Join(send(run, "a", phoneA, phoneB), send(run, "b", phoneB))
	}, struckBy(seen), helliotest.ExplorePairs(0), helliotest.ExploreNoCrash(),
		helliotest.ExploreEffects(helliotest.LoseReply()))
	require.False(t, r.Failed(), r.all())
	require.Equal(t, map[string]int{
		"sms_send lose_reply " + phoneA: 2,
		"sms_send lose_reply " + phoneB: 2,
	}, seen)
}

func TestConcurrentCallsAreStruckByRecipient(t *testing.T) {
	t.Parallel()
	type sender func(run *helliotest.Run, number string) error
	concurrent := func(send sender) func(*helliotest.Run) error {
		return func(run *helliotest.Run) error {
			var workers sync.WaitGroup
			errs := make([]error, 2)
			for i, number := range []string{phoneA, phoneB} {
				workers.Go(func() { errs[i] = send(run, number) })
			}
			workers.Wait()
			return errors.Join(errs...)
		}
	}
	right := concurrent(func(run *helliotest.Run, number string) error {
		_, err := run.Client().SMS.Send(run.Context(), readyFor(number),
			hellio.WithIdempotencyKey("order-"+number))
		return err
	})
	done := helliotest.Explore(t, right, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(100))
	require.Empty(t, done.Findings)

	wrong := concurrent(func(run *helliotest.Run, number string) error {
		return tryThrice(func() error {
			_, err := run.Client().SMS.Send(run.Context(), readyFor(number))
			return err
		})
	})
	done, r := explored(t, wrong, helliotest.ExploreNoCrash(), helliotest.ExplorePairs(100))
	require.Len(t, done.Findings, 1)
	require.Contains(t, r.errors[0], "seen in 3 of 3 runs")
	require.Contains(t, r.errors[0], "helliotest.ToNumber(")
}

func TestAnOutageOutlastsTheClient(t *testing.T) {
	t.Parallel()
	effects := helliotest.ExploreEffects(helliotest.LoseReply())
	failed := 0
	_, _ = explored(t, sendOnce, helliotest.ExploreNoCrash(), effects, helliotest.ExplorePairs(0),
		helliotest.ExploreCheck("errors", func(run *helliotest.Run) error {
			if run.Err() != nil {
				failed++
			}
			return nil
		}))
	require.Equal(t, 1, failed, "one lost reply is resolved by the client, an outage is not")
}

func TestAPairOfCrashesStrikesTheRestart(t *testing.T) {
	t.Parallel()
	most := 0
	done, r := explored(t, func(run *helliotest.Run) error {
		most = max(most, run.Attempt())
		return keyBeforeSend(run)
	}, helliotest.ExploreEffects(helliotest.LoseReply()))
	require.False(t, r.Failed(), r.all())
	require.Equal(t, 3, most)
	require.Positive(t, done.Pairs)
}

const hookedSecret = "whsec_of_this_test"

// hooked posts the reports of each run to the receiver that fn sets.
func hooked(receive *http.Handler) helliotest.ExploreOption {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*receive).ServeHTTP(w, r)
	})
	return helliotest.ExploreWorld(
		helliotest.WithWebhookHandler("https://shop.example/hooks/hellio", h, hookedSecret))
}

// notingReceiver notes the reports that it gets in the run's diary, each once
// if it dedupes.
func notingReceiver(run *helliotest.Run, dedupes bool) http.Handler {
	d := helliotest.Keep(run, openDiary)
	seen := make(map[string]bool)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(run, err)
		event, err := hellio.ParseWebhook(r.Header, body, hookedSecret)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if id := event.DedupeID(); !dedupes || !seen[id] {
			seen[id] = true
			d.note(event.Event)
		}
	})
}

func atMostTwoReports(run *helliotest.Run) error {
	if n := len(helliotest.Keep[*diary](run, nil).lines); n > 2 {
		return fmt.Errorf("%d reports", n)
	}
	return nil
}

func TestWebhooksAreExploredIfTheyAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dedupes bool
		says    string
	}{
		"a receiver that handles each report": {false, "helliotest.WebhookDuplicate()"},
		"a receiver that dedupes":             {true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var receive http.Handler
			done, r := explored(t, func(run *helliotest.Run) error {
				receive = notingReceiver(run, c.dedupes)
				if err := sendTwo(run); err != nil {
					return err
				}
				time.Sleep(2 * time.Hour)
				return nil
			}, hooked(&receive), helliotest.ExploreOps(helliotest.WebhookDelivery),
				helliotest.ExploreCheck("one report of each", atMostTwoReports))
			require.Equal(t, 18, done.Singles, "5 effects at the first and 4 at the last, twice")
			require.Zero(t, done.Crashes)
			require.Equal(t, c.dedupes, !r.Failed(), r.all())
			require.Contains(t, r.all(), c.says)
		})
	}
}

func TestExploreFindsALostWebhook(t *testing.T) {
	t.Parallel()
	var receive http.Handler
	done, _ := explored(t, func(run *helliotest.Run) error {
		receive = notingReceiver(run, true)
		if err := sendOnce(run); err != nil {
			return err
		}
		time.Sleep(2 * time.Hour)
		return nil
	}, hooked(&receive), helliotest.ExploreOps(helliotest.WebhookDelivery),
		helliotest.ExploreEffects(helliotest.WebhookLose()),
		helliotest.ExploreCheck("a report", func(run *helliotest.Run) error {
			if len(helliotest.Keep[*diary](run, nil).lines) == 0 {
				return errors.New("none")
			}
			return nil
		}))
	require.Len(t, done.Findings, 1)
	require.Len(t, done.Findings[0].Faults, 5)
}
