package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func TestEachOrderIsSentAndChargedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(3)
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(3)

		sent := s.fake.Messages(helliotest.To(numberOf(2)))[0]
		require.Equal(t, "Thank you for order 2: a kettle.", sent.Message)
		campaign, err := s.client.Reports.GetCampaign(t.Context(), hellio.ID(s.message(2).CampaignID))
		require.NoError(t, err)
		require.Equal(t, s.message(2).Reference, campaign.Reference)

		worked, err := s.Step(t.Context())
		require.NoError(t, err)
		require.False(t, worked)
	})
}

func TestLostReplyIsResumedUntilAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(2)
		s.fake.Fault(helliotest.SMSSend, helliotest.Times(5), helliotest.LoseReply())
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(2)
		require.Len(t, s.fake.Requests(), 7)
	})
}

func TestLostRepliesOutlastTheClientsRetries(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		s.client = s.fake.Client() // with its own retries: four requests per call
		s.fake.Fault(helliotest.SMSSend, helliotest.Times(6), helliotest.LoseReply())
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(1)
		require.Equal(t, 2, s.message(1).Attempts)
	})
}

func TestEmptyWalletFailsUntilToppedUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithBalance("0.0620"))
		s.place(3)
		require.NoError(t, s.Drain(t.Context()))
		failed := s.message(3)
		require.Equal(t, Failed, failed.State)
		require.Contains(t, failed.Reason, hellio.CodeInsufficientBalance)
		require.Equal(t, "0.0000", s.fake.Balance().Available)

		s.topUp("100.0000")
		require.NoError(t, s.store.Requeue(t.Context(), "3"))
		require.NotEqual(t, failed.Key, s.message(3).Key)
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(3) // 0.0620 of the new balance is reserved already
	})
}

func TestResumeOfLastMoneyNeedsNoTopup(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithBalance("0.0310"))
		s.place(1)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		require.NoError(t, s.Drain(t.Context()))
		require.Equal(t, Sent, s.message(1).State)
		require.Len(t, s.fake.Messages(), 1)
		require.Equal(t, "0.0000", s.fake.Balance().Available)
	})
}

func TestRefusalAfterLostCallIsNoProof(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithBalance("0.0000"))
		s.place(1)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseRequest())
		s.step()
		require.Equal(t, Waiting, s.step().State) // 402, though nothing was sent
		s.topUp("100.0000")
		s.step()
		s.requireCharged(1)
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.RateLimited(10*time.Minute))
		m := s.step()
		require.Equal(t, Waiting, m.State)
		require.Equal(t, 10*time.Minute, time.Until(m.NextTime))

		time.Sleep(10*time.Minute - time.Millisecond)
		worked, err := s.Step(t.Context())
		require.NoError(t, err)
		require.False(t, worked)
		require.Len(t, s.fake.Requests(), 1)

		time.Sleep(time.Millisecond)
		s.step()
		s.requireCharged(1)
	})
}

func TestCallEndsBeforeItsLease(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		s.client = s.fake.Client() // its retries would outlast the lease
		s.fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.Delay(10*time.Minute))
		begun := time.Now()
		require.Equal(t, Waiting, s.step().State)
		require.LessOrEqual(t, time.Since(begun), callLimit)
		require.NoError(t, s.fake.SetFaults())
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(1)
	})
}

func TestRateLimitDelaysAndLosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithRateLimit(10))
		s.place(25)
		s.client = s.fake.Client()
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(25)
	})
}

func TestTwoWorkersShareOneDatabase(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithLatency(100*time.Millisecond))
		s.place(20)
		s.fake.Fault(helliotest.SMSSend, helliotest.Times(9), helliotest.LoseReply())
		var wg sync.WaitGroup
		for range 2 {
			calls := 0
			counted := hellio.WithAttemptHook(func(context.Context, hellio.Attempt) { calls++ })
			other := *s
			other.start(s.path, counted)
			wg.Go(func() {
				if err := other.Drain(t.Context()); err != nil {
					t.Errorf("Drain: %v", err)
				}
				if calls == 0 {
					t.Error("one worker made all calls")
				}
			})
		}
		wg.Wait()
		s.requireCharged(20)
		require.Len(t, s.fake.Requests(), 29)
	})
}

func TestStalledWorkerLosesItsLease(t *testing.T) {
	for name, answered := range map[string]bool{
		"its request arrives late": true,
		"its request never leaves": false,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(1)
				stalled := *s
				stalled.start(s.path, stall(10*time.Minute, answered))
				done := make(chan error)
				go func() {
					_, err := stalled.Step(t.Context())
					done <- err
				}()
				synctest.Wait() // the stalled worker has its claim

				time.Sleep(lease - time.Millisecond)
				worked, err := s.Step(t.Context())
				require.NoError(t, err)
				require.False(t, worked)
				time.Sleep(time.Millisecond)
				s.step()
				s.requireCharged(1)
				won := s.message(1)

				require.NoError(t, <-done)
				require.Equal(t, won, s.message(1))
				s.requireCharged(1)
			})
		})
	}
}

// stall makes a transport that stops for d, as a process that is not scheduled.
func stall(d time.Duration, answered bool) hellio.Option {
	return behind(func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		time.Sleep(d)
		if !answered {
			return nil, errors.New("stalled")
		}
		return next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	})
}

func TestResumingStopsAfterTwelveHours(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		state State
		calls int
	}{
		{name: "just before", after: 12*time.Hour - time.Millisecond, state: Sent, calls: 2},
		{name: "at twelve hours", after: 12 * time.Hour, state: Inspect, calls: 1},
		{name: "two days later", after: 48 * time.Hour, state: Inspect, calls: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(1)
				s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
				s.step()
				time.Sleep(c.after)
				require.Equal(t, c.state, s.step().State)
				require.Len(t, s.fake.Requests(), c.calls)
				require.Len(t, s.fake.Messages(), 1)
				require.Equal(t, wallet(1), s.fake.Balance().Available)
			})
		})
	}
}

func TestUnresolvedMessageNeedsInspectionAtTwelveHours(t *testing.T) {
	for name, fault := range map[string]helliotest.Rule{
		"no reply ever":                   helliotest.LoseReply(),
		"a Retry-After of a hundred days": helliotest.RateLimited(100 * 24 * time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(1)
				s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
				begun := time.Now()
				s.step()
				s.fake.Fault(helliotest.SMSSend, helliotest.Always(), fault)
				m := s.message(1)
				for m.State == Waiting && time.Since(begun) < 24*time.Hour {
					m = s.step()
				}
				require.Equal(t, Inspect, m.State)
				require.Equal(t, 12*time.Hour, time.Since(begun))
				require.Contains(t, m.Reason, "12 hours")
				require.Len(t, s.fake.Messages(), 1)
			})
		})
	}
}

func TestLongOutageLosesNoMessage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(3)
		begun := time.Now()
		outage := func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			if time.Since(begun) < 13*time.Hour {
				return refuse(next, r)
			}
			return next.RoundTrip(r)
		}
		s.start(s.path, behind(outage))
		for time.Since(begun) < 13*time.Hour {
			s.step()
		}
		require.NoError(t, s.Drain(t.Context()))
		s.requireCharged(3)
	})
}

func TestAnotherTokenDoesNotResume(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
		s.step()

		s.client = s.oneRequest(hellio.WithTokenSource(tokenSource{token: s.fake.IssueToken()}))
		m := s.step()
		require.Equal(t, Inspect, m.State)
		require.Contains(t, m.Reason, "token")
		require.Len(t, s.fake.Requests(), 1)
		require.Len(t, s.fake.Messages(), 1)
	})
}

func TestTokenSourceErrorClaimsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		before := s.message(1)
		errToken := errors.New("the vault is closed")
		s.client = s.oneRequest(hellio.WithTokenSource(tokenSource{err: errToken}))
		worked, err := s.Step(t.Context())
		require.ErrorIs(t, err, errToken)
		require.False(t, worked)
		require.Equal(t, before, s.message(1))
	})
}

func TestBadParamsFailOnlyBeforeAnyCall(t *testing.T) {
	for _, c := range []struct {
		name   string
		params string
		lost   bool
		want   State
	}{
		{name: "first call", params: `{}`, want: Failed},
		{name: "resumed call", params: `{}`, lost: true, want: Inspect},
		{name: "damaged row", params: `{`, want: Inspect},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newShop(t)
				s.place(1)
				if c.lost {
					s.fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
					s.step()
				}
				s.exec(`UPDATE outbox SET params = $1`, c.params)
				m := s.step()
				require.Equal(t, c.want, m.State)
				require.NotEmpty(t, m.Reason)
			})
		})
	}
}

func TestEndedContextStillStoresTheResult(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t, helliotest.WithLatency(10*time.Second))
		s.place(1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		worked, err := s.Step(ctx)
		require.NoError(t, err)
		require.True(t, worked)
		m := s.message(1)
		require.Equal(t, Waiting, m.State)
		require.Equal(t, time.Second, time.Until(m.NextTime))
		require.Contains(t, m.Reason, "unknown")
		s.step()
		s.requireCharged(1)
	})
}

func TestDrainEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newShop(t)
		s.place(1)
		s.fake.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.LoseReply())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		require.ErrorIs(t, s.Drain(ctx), context.DeadlineExceeded)
	})
}
