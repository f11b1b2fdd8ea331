package helliotest_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

const (
	hookSecret = "whsec_of_the_test"
	hookURL    = "https://app.example/hooks/hellio?tenant=7"
)

// receiver is a webhook's endpoint that keeps what it was sent, and answers
// what it is told: 200 unless answer says otherwise.
type receiver struct {
	answer func(n int, w http.ResponseWriter, r *http.Request) // n counts from 1

	mu   sync.Mutex
	seen []receipt
}

// receipt is one request that a receiver has got.
type receipt struct {
	at     time.Time
	header http.Header
	body   string
	host   string
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	v.seen = append(v.seen, receipt{time.Now(), r.Header, string(body), r.Host})
	n := len(v.seen)
	v.mu.Unlock()
	if v.answer != nil {
		v.answer(n, w, r)
	}
}

func (v *receiver) got() []receipt {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

// answering returns a receiver that answers these statuses one after the other,
// then 200.
func answering(statuses ...int) *receiver {
	return &receiver{answer: func(n int, w http.ResponseWriter, _ *http.Request) {
		if n <= len(statuses) {
			w.WriteHeader(statuses[n-1])
		}
	}}
}

// always returns a receiver that answers this status.
func always(status int) *receiver {
	return &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}}
}

// genuine reports whether a receipt carries both signatures of a secret.
func (r receipt) genuine(secret string) bool {
	return r.header.Get("X-Hellio-Signature") == signed(secret, r.body) &&
		r.header.Get("X-Hellio-Signature-V2") == signed(secret,
			r.header.Get("X-Hellio-Timestamp")+"."+r.body)
}

// sendTo sends one SMS to each number, in calls of their own.
func sendTo(t testing.TB, f *helliotest.Fake, numbers ...string) {
	t.Helper()
	for _, number := range numbers {
		_, err := f.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{Recipients: []string{number}, Sender: "HELLIO", Message: "Hi"})
		require.NoError(t, err)
	}
}

// offsets are the times of a delivery's attempts, counted from the first.
func offsets(d helliotest.Delivery) (all []time.Duration) {
	for _, a := range d.Attempts {
		all = append(all, a.At.Sub(d.Attempts[0].At))
	}
	return all
}

const (
	someone     = "+233209990001"
	secondPhone = "+233209990002"
	thirdPhone  = "+233209990003"
)

var wholeLadder = []time.Duration{
	0, 10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
}

func TestAFinalMessageIsReportedSigned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone, helliotest.NumberFailed)
		f.Advance(4 * time.Second)
		require.Empty(t, v.got(), "sent is not final")
		f.Advance(time.Second)
		require.Len(t, v.got(), 2)
		messages := f.Messages()
		for i, want := range []struct{ event, status string }{
			{"message.delivered", "delivered"},
			{"message.failed", "failed"},
		} {
			r, m := v.got()[i], messages[i]
			require.JSONEq(t,
				fmt.Sprintf(`{"event":%q,"mobile_number":%q,"provider_message_id":%q,"status":%q,`+
					`"timestamp":"2000-01-01T00:00:05+00:00"}`,
					want.event, m.MobileNumber, m.ProviderMessageID, want.status), r.body)
			require.True(t, r.genuine(hookSecret))
			require.Equal(t, "946684805", r.header.Get("X-Hellio-Timestamp"))
			require.Equal(t, "application/json", r.header.Get("Content-Type"))
			d := f.Deliveries()[i]
			require.Equal(t, []any{"delivered", want.event, m.ID, r.body},
				[]any{d.Status, d.Event, d.MessageID, string(d.Body)})
			require.Len(t, d.Attempts, 1)
			require.Equal(t, 200, d.Attempts[0].StatusCode)
			require.Equal(t, r.header.Get("X-Hellio-Signature-V2"),
				d.Attempts[0].Header.Get("X-Hellio-Signature-V2"))
		}
	})
}

func TestASuccessfulAttemptIsTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := answering(500, 404, 302)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		require.Equal(t, "pending", f.Deliveries()[0].Status)
		f.Advance(2 * time.Hour)

		d := f.Deliveries()[0]
		require.Equal(t, "delivered", d.Status)
		require.Equal(t, wholeLadder[:4], offsets(d))
		t.Log("attempts at", offsets(d))
		seen := v.got()
		require.Len(t, seen, 4)
		stamps := map[string]bool{}
		for i, r := range seen {
			require.Equal(t, wholeLadder[i], r.at.Sub(seen[0].at))
			require.Equal(t, seen[0].body, r.body, "byte for byte")
			require.True(t, r.genuine(hookSecret))
			require.Equal(t, fmt.Sprint(r.at.Unix()), r.header.Get("X-Hellio-Timestamp"))
			stamps[r.header.Get("X-Hellio-Signature-V2")] = true
		}
		require.Len(t, stamps, 4, "each attempt has a signature of its own")
		require.Equal(t, []string{"it answered 500", "it answered 404", "it answered 302", ""},
			[]string{
				d.Attempts[0].Error, d.Attempts[1].Error, d.Attempts[2].Error, d.Attempts[3].Error,
			})
	})
}

func TestADeliveryFailsAfterFiveAttempts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(n int, w http.ResponseWriter, r *http.Request)
		reason string
		took   time.Duration
		status int
	}{
		"a status": {
			func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			"it answered 503", 0, 503,
		},
		"a panic": {
			func(int, http.ResponseWriter, *http.Request) { panic("boom") },
			"its handler panicked: boom", 0, 0,
		},
		"a status of 0": {
			func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(0) },
			"its handler panicked: invalid WriteHeader code 0", 0, 0,
		},
		"no answer": {
			func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			"it did not answer within 10 s", 10 * time.Second, 0,
		},
		"a redirect": {func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		}, "it answered 307", 0, 307},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := &receiver{answer: c.answer}
				f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
				sendTo(t, f, someone)
				f.Advance(3 * time.Hour)
				d := f.Deliveries()[0]
				require.Equal(t, "failed", d.Status)
				require.Equal(t, wholeLadder, offsets(d))
				require.Len(t, v.got(), 5, "a redirect is not followed")
				for _, a := range d.Attempts {
					require.Equal(t, []any{c.reason, c.took, c.status},
						[]any{a.Error, a.Duration, a.StatusCode})
				}
				hook := hooks(t, f)[0]
				require.Equal(t, []any{1, c.reason, true},
					[]any{hook.FailureCount, hook.LastError, hook.Active})
			})
		})
	}
}

func hooks(t testing.TB, f *helliotest.Fake) []hellio.Webhook {
	t.Helper()
	all, err := f.Client().Webhooks.List(t.Context())
	require.NoError(t, err)
	return all
}

func TestALongAnswerAcknowledgesADelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 1<<20))
		}}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Equal(t, "delivered", f.Deliveries()[0].Status)
		require.Len(t, v.got(), 1)
	})
}

func TestTenFailedDeliveriesDisableAWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := always(500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		for range 12 {
			sendTo(t, f, someone)
		}
		f.Advance(5*time.Second + 5*time.Minute)
		require.True(t, hooks(t, f)[0].Active)
		f.Advance(25 * time.Minute)
		hook := hooks(t, f)[0]
		require.Equal(t, []any{false, 10, "it answered 500"},
			[]any{hook.Active, hook.FailureCount, hook.LastError})
		require.Len(t, v.got(), 4*12+10, "the last two are not tried a fifth time")

		sendTo(t, f, someone)
		f.Advance(time.Hour)
		require.Len(t, v.got(), 4*12+10)
		require.Len(t, f.Deliveries(), 12, "a disabled webhook is told nothing")
		for _, d := range f.Deliveries() {
			require.Equal(t, "failed", d.Status)
		}
		for _, m := range f.Messages() {
			require.Equal(t, "delivered", m.Status, "what a receiver does changes no message")
		}
		require.Equal(t, "99.5970", f.Balance().Available)
	})
}

func TestAnAcknowledgedDeliveryResetsTheCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := true
		v := &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			if down {
				w.WriteHeader(500)
			}
		}}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		fail := func() {
			for range 9 {
				sendTo(t, f, someone)
			}
			f.Advance(time.Hour)
		}
		fail()
		require.Equal(t, 9, hooks(t, f)[0].FailureCount)
		down = false
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Zero(t, hooks(t, f)[0].FailureCount)
		down = true
		fail()
		require.True(t, hooks(t, f)[0].Active)
	})
}

func TestAWebhookGetsItsOwnEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := &receiver{}
		delivered := &receiver{}
		failed := &receiver{}
		f := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL, all, hookSecret, "*"),
			helliotest.WithWebhookHandler(hookURL+"&a", delivered, "another", "message.delivered"),
			helliotest.WithWebhookHandler(hookURL+"&b", failed, hookSecret, "message.failed"))
		sendTo(t, f, someone, helliotest.NumberFailed)
		f.Advance(time.Minute)
		require.Equal(t, []int{2, 1, 1},
			[]int{len(all.got()), len(delivered.got()), len(failed.got())})
		require.Contains(t, delivered.got()[0].body, `"message.delivered"`)
		require.Contains(t, failed.got()[0].body, `"message.failed"`)
		require.True(t, delivered.got()[0].genuine("another"))
		require.Equal(t, all.got()[0].body, delivered.got()[0].body)
	})
}

func TestOnlyACodeBySMSIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		a := newAPI(t, f)
		a.post("/otp/send", `{"mobile_number":"+233209990001","sender":"HELLIO"}`)
		a.post("/otp/send", `{"email":"a@example.com","channel":"email"}`)
		a.post("/otp/send", `{"mobile_number":"+233209990002","channel":"whatsapp"}`)
		a.post("/otp/send", `{"mobile_number":"+233209990003","channel":"voice","sender":"HELLIO"}`)
		a.post("/voice/send", `{"recipients":["+233209990001"],"text":"Hi","caller_id":"HELLIO"}`)
		a.post("/lookup", `{"numbers":["+233209990001"]}`)
		f.Advance(time.Hour)
		require.Len(t, v.got(), 1)
		require.Contains(t, v.got()[0].body, someone)
	})
}

func TestADeletedWebhookGetsNoFurtherAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := always(500)
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		require.NoError(t, f.Client().Webhooks.Delete(t.Context(), hooks(t, f)[0].ID))
		require.Equal(t, "failed", f.Deliveries()[0].Status)
		sendTo(t, f, someone)
		f.Advance(time.Hour)
		require.Len(t, v.got(), 1)
		require.Len(t, f.Deliveries(), 1)
	})
}

func TestASlowReceiverHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &receiver{answer: func(int, http.ResponseWriter, *http.Request) {
			time.Sleep(9 * time.Second)
		}}
		f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone, secondPhone, thirdPhone)
		f.Advance(5 * time.Second)
		require.Equal(t, 10*time.Second, time.Since(v.got()[0].at),
			"each began half a second after the one before")
		for _, d := range f.Deliveries() {
			require.Equal(t, "delivered", d.Status)
		}
	})
}

func TestAReceiverMayUseTheFake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f *helliotest.Fake
		v := &receiver{answer: func(n int, _ http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				sendTo(t, f, secondPhone)
			}
			_ = f.Deliveries()
		}}
		f = helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
		sendTo(t, f, someone)
		f.Advance(time.Minute)
		require.Len(t, v.got(), 2)
	})
}

func TestDeliveriesWithoutAHandlerFailInABubble(t *testing.T) {
	t.Parallel()
	var r *recorder
	synctest.Test(t, func(t *testing.T) {
		r = watch(t, func(tb testing.TB) {
			f := helliotest.New(tb, helliotest.WithWebhook("http://127.0.0.1:9/hook", hookSecret))
			sendTo(t, f, someone)
			f.Advance(time.Hour)
			require.Equal(t, "failed", f.Deliveries()[0].Status)
			require.Contains(t, f.Deliveries()[0].Attempts[0].Error, "no real socket")
		})
	})
	require.Contains(t, fmt.Sprint(r.logs), "WithWebhookHandler")
}

func TestAResetKeepsTheWebhooksOfTheOptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := always(500)
		f := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL, v, hookSecret, "message.delivered"))
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		f.Reset()
		require.Empty(t, f.Deliveries())
		f.Advance(time.Hour)
		require.Len(t, v.got(), 1, "the old world's deliveries are over")
		require.Len(t, hooks(t, f), 1)
		require.Zero(t, hooks(t, f)[0].LastError)
	})
}

func TestAnyStatusOfThe200sAcknowledges(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "delivered",
		204: "delivered",
		299: "delivered",
		300: "failed",
		302: "failed",
		404: "failed",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := helliotest.New(t,
					helliotest.WithWebhookHandler(hookURL, always(status), hookSecret))
				sendTo(t, f, someone)
				f.Advance(time.Hour)
				require.Equal(t, want, f.Deliveries()[0].Status)
			})
		})
	}
}

func TestDeletingAWebhookKeepsFinishedDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := helliotest.New(t,
			helliotest.WithWebhookHandler(hookURL, &receiver{}, hookSecret),
			helliotest.WithWebhookHandler(hookURL+"&a", answering(500), hookSecret))
		sendTo(t, f, someone)
		f.Advance(5 * time.Second)
		require.NoError(t,
			f.Client().Webhooks.Delete(t.Context(),
				hellio.ID(fmt.Sprint(f.Deliveries()[0].WebhookID))))
		require.Equal(t, []string{"delivered", "pending"},
			[]string{f.Deliveries()[0].Status, f.Deliveries()[1].Status})
		f.Advance(10 * time.Second)
		require.Equal(t, "delivered", f.Deliveries()[1].Status)
	})
}

func TestADeletedWebhooksLastAttemptDecidesItsDelivery(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "delivered", 500: "failed"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
					time.Sleep(9 * time.Second)
					w.WriteHeader(status)
				}}
				f := helliotest.New(t, helliotest.WithWebhookHandler(hookURL, v, hookSecret))
				sendTo(t, f, someone)
				time.Sleep(6 * time.Second)
				require.NoError(t, f.Client().Webhooks.Delete(t.Context(), hooks(t, f)[0].ID))
				require.Equal(t, "pending", f.Deliveries()[0].Status)
				f.Advance(time.Hour)
				require.Equal(t, want, f.Deliveries()[0].Status)
				require.Len(t, v.got(), 1)
			})
		})
	}
}
