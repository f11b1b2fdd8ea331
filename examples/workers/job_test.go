package workers

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestJobIsSentByItsFirstRun(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		runs, err := run.drive(t.Context(), s.client, s.job)
		require.NoError(t, err)
		require.Equal(t, 1, runs)
		s.requireCharged(1)
	})
}

func TestLostRepliesAreChargedOnce(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		s.fake.Fault(helliotest.SMSSend, helliotest.Times(5), helliotest.LoseReply())
		runs, err := run.drive(t.Context(), s.client, s.job)
		require.NoError(t, err)
		require.Equal(t, 6, runs)
		require.Len(t, s.fake.Requests(), 6)
		s.requireCharged(1)
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.RateLimited(10*time.Minute))
		time.Sleep(300 * time.Millisecond) // queues round times
		begun := time.Now()
		runs, err := run.drive(t.Context(), s.client, s.job)
		require.NoError(t, err)
		require.Equal(t, 2, runs)
		require.GreaterOrEqual(t, time.Since(begun), 10*time.Minute)
		require.LessOrEqual(t, time.Since(begun), 10*time.Minute+time.Second)
		s.requireCharged(1)
	})
}

func TestEmptyWalletWaitsForTopUp(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t, helliotest.WithBalance("0.0000"))
		time.AfterFunc(10*time.Minute, func() { s.topUp("100.0000") })
		runs, err := run.drive(t.Context(), s.client, s.job)
		require.NoError(t, err)
		require.Greater(t, runs, 5)
		require.Len(t, s.fake.Requests(), runs)
		s.requireCharged(1)
	})
}

func TestOutageLosesNothing(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		begun := time.Now()
		outage := behind(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			if time.Since(begun) < 3*time.Hour {
				return refuse(next, r)
			}
			return next.RoundTrip(r)
		})
		runs, err := run.drive(t.Context(), s.oneRequest(outage), s.job)
		require.NoError(t, err)
		require.Greater(t, runs, 30)
		s.requireCharged(1)
	})
}

func TestWorkerThatStopsInACallIsResumed(t *testing.T) {
	for name, trip := range map[string]roundTrip{
		"before the API has acted": hang,
		"after the API has acted":  actThenHang,
	} {
		t.Run(name, func(t *testing.T) {
			eachHandler(t, func(t *testing.T, run handler) {
				s := newShop(t)
				ctx, stopWorker := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, stopWorker)
				o := run(ctx, s.oneRequest(behind(trip)), s.job, 1)
				require.Error(t, o.err)
				require.False(t, o.ended)
				_, err := run.drive(t.Context(), s.client, s.job) // the next worker
				require.NoError(t, err)
				s.requireCharged(1)
			})
		})
	}
}

func TestCallEndsBeforeItsRunIsCut(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		begun := time.Now()
		o := run(t.Context(), s.fake.Client(behind(hang)), s.job, 1) // with its own retries
		require.False(t, o.ended)
		require.LessOrEqual(t, time.Since(begun), callLimit)
	})
}

func TestTwoWorkersOnOneJobChargeOnce(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t, helliotest.WithLatency(time.Second))
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := run.drive(t.Context(), s.oneRequest(), s.job); err != nil {
					t.Errorf("drive: %v", err)
				}
			})
		}
		wg.Wait()
		s.requireCharged(1)
		require.Greater(t, len(s.fake.Requests()), 1)
	})
}

func TestResumingStopsAfterTwelveHours(t *testing.T) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		sent  bool
		calls int
	}{
		{name: "just before", age: 12*time.Hour - time.Millisecond, sent: true, calls: 2},
		{name: "at twelve hours", age: 12 * time.Hour, calls: 1},
		{name: "two days later", age: 48 * time.Hour, calls: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachHandler(t, func(t *testing.T, run handler) {
				s := newShop(t)
				s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
				require.False(t, run(t.Context(), s.client, s.job, 1).ended)
				time.Sleep(c.age)
				o := run(t.Context(), s.client, s.job, 2)
				require.True(t, o.ended)
				require.Len(t, s.fake.Requests(), c.calls)
				s.requireCharged(1)
				if c.sent {
					require.NoError(t, o.err)
					return
				}
				require.ErrorIs(t, o.err, errTooOld)
				require.ErrorContains(t, o.err, "inspect: ")
			})
		})
	}
}

func TestUnresolvedJobIsInspectedAtTwelveHours(t *testing.T) {
	for name, fault := range map[string]helliotest.Rule{
		"no reply ever":                   helliotest.LoseReply(),
		"a Retry-After of a hundred days": helliotest.RateLimited(100 * 24 * time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			eachHandler(t, func(t *testing.T, run handler) {
				s := newShop(t)
				s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
				s.fake.Fault(helliotest.SMSSend, helliotest.Always(), fault)
				begun := time.Now()
				_, err := run.drive(t.Context(), s.client, s.job)
				require.ErrorContains(t, err, "inspect: ")
				require.LessOrEqual(t, time.Since(begun), keyLife+maxBackoff+time.Second)
				s.requireCharged(1)
			})
		})
	}
}

func TestAnotherTokenIsInspected(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		require.False(t, run(t.Context(), s.client, s.job, 1).ended)
		other := s.oneRequest(hellio.WithTokenSource(tokenSource{token: s.fake.IssueToken()}))
		o := run(t.Context(), other, s.job, 2)
		require.True(t, o.ended)
		require.ErrorIs(t, o.err, errAccount)
		require.Len(t, s.fake.Requests(), 1)
		s.requireCharged(1)
	})
}

func TestTokenSourceErrorIsRunAgain(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		away := s.oneRequest(hellio.WithTokenSource(tokenSource{err: errors.New("vault closed")}))
		require.False(t, run(t.Context(), away, s.job, 1).ended)
		require.Empty(t, s.fake.Requests())
		_, err := run.drive(t.Context(), s.client, s.job)
		require.NoError(t, err)
		s.requireCharged(1)
	})
}

func TestBadParamsStop(t *testing.T) {
	eachHandler(t, func(t *testing.T, run handler) {
		s := newShop(t)
		s.job.Params.Message = ""
		o := run(t.Context(), s.client, s.job, 1)
		require.True(t, o.ended)
		require.ErrorContains(t, o.err, "stop: hellio: invalid message")
		require.Empty(t, s.fake.Requests())
	})
}

func TestLogsNameNeitherNumberNorText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithBalance("0.0310"))
		var lines bytes.Buffer
		worker := &Activities{Client: s.client, Log: slog.New(slog.NewTextHandler(&lines, nil))}
		old, poor := s.newJob(2), s.newJob(3)
		old.Made = old.Made.Add(-keyLife)
		require.NoError(t, worker.SendSMS(t.Context(), s.job))
		require.Error(t, worker.SendSMS(t.Context(), old))
		require.Error(t, worker.SendSMS(t.Context(), poor))
		require.Contains(t, lines.String(), "level=INFO msg=sent key="+s.job.Key)
		require.Contains(t, lines.String(), "level=ERROR msg=inspect key="+old.Key)
		require.Contains(t, lines.String(), "level=INFO msg=again key="+poor.Key)
		require.NotContains(t, lines.String(), "20999")
		require.NotContains(t, lines.String(), "Thank")
	})
}

func TestNewJobNamesSenderAndAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		require.NotEqual(t, s.job.Key, s.newJob(1).Key)

		params := paramsOf(1)
		params.Sender = ""
		_, err := NewJob(t.Context(), s.client, params)
		require.ErrorContains(t, err, "sender")

		closed := errors.New("vault closed")
		away := s.oneRequest(hellio.WithTokenSource(tokenSource{err: closed}))
		_, err = NewJob(t.Context(), away, paramsOf(1))
		require.ErrorIs(t, err, closed)
	})
}
