package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// fakeAPI is what a test can do with a fake, wherever that runs.
type fakeAPI interface {
	Client(opts ...hellio.Option) *hellio.Client
	Messages(filters ...helliotest.Filter) []helliotest.Message
	WaitMessage(ctx context.Context, filters ...helliotest.Filter) (*helliotest.Message, error)
	RequireMessage(tb testing.TB, filters ...helliotest.Filter) *helliotest.Message
	OTP(destination string) string
	LookupOTP(destination string) (helliotest.OTPCode, bool)
	Requests(filters ...helliotest.Filter) []helliotest.Request
	Deliveries() []helliotest.Delivery
	Replay(deliveryID string) error
	SetFaults(specs ...helliotest.FaultSpec) error
	Faults() []helliotest.FaultSpec
	Advance(d time.Duration)
	Settle(ctx context.Context) error
	Account() helliotest.Account
	Update(change helliotest.AccountChange) error
	Balance() helliotest.Wallet
	IssueToken(scopes ...string) string
	RevokeToken(token string) bool
	Mark() helliotest.Mark
	Reset()
	Behaviours() []helliotest.Behaviour
	Now() time.Time
	Violations() []helliotest.Violation
	ExpectRejected(n int)
	Webhooks() []helliotest.Webhook
	EnableWebhook(id int64) error
}

var (
	_ fakeAPI = (*helliotest.Fake)(nil)
	_ fakeAPI = (*helliotest.Remote)(nil)
)

// bothWays runs a test on a Fake and on a Remote.
func bothWays(t *testing.T, test func(t *testing.T, f fakeAPI)) {
	t.Helper()
	t.Parallel()
	t.Run("in process", func(t *testing.T) { test(t, helliotest.New(t)) })
	t.Run("dialled", func(t *testing.T) {
		p := start(t).world(`{}`)
		test(t, helliotest.Dial(t, "http://"+p.addr, p.token))
	})
}

// sms sends a text and wants it accepted.
func sms(t *testing.T, f fakeAPI, to, text string) {
	t.Helper()
	_, err := f.Client().SMS.Send(t.Context(),
		&hellio.SMSSendParams{Recipients: []string{to}, Sender: "HELLIO", Message: text})
	require.NoError(t, err)
}

const (
	someone = "+233209990001"
	another = "+233209990002"
)

func TestARemoteListsRequestsLikeAFake(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		sms(t, f, someone, "one")
		mark := f.Mark()
		sms(t, f, another, "two")
		sms(t, f, someone, "three")
		texts := func(filters ...helliotest.Filter) (all []string) {
			for _, m := range f.Messages(filters...) {
				all = append(all, m.Message)
			}
			return all
		}
		require.Equal(t, []string{"one", "two", "three"}, texts())
		require.Equal(t, []string{"one", "three"}, texts(helliotest.To(someone)))
		require.Equal(t, []string{"two", "three"}, texts(helliotest.Since(mark)))
		require.Equal(t, []string{"three"},
			texts(helliotest.Since(mark), helliotest.To(someone), helliotest.From("HELLIO"),
				helliotest.Contains("r")))
		require.Empty(t, texts(helliotest.From("ACME")))
		require.Empty(t, texts(helliotest.To(someone), helliotest.To(another)))
		f.Advance(5 * time.Second)
		m := f.Messages()[1]
		require.Equal(t, "delivered", m.Status)
		require.Equal(t, 5*time.Second, m.DeliveredAt.Sub(m.CreatedAt).Round(time.Second))
		require.Equal(t, "0.0310", m.Cost)

		calls := f.Requests(helliotest.To(another))
		require.Len(t, calls, 1)
		require.Equal(t, helliotest.SMSSend, calls[0].Op)
		require.Equal(t, http.StatusAccepted, calls[0].Status)
		require.NotEmpty(t, calls[0].IdempotencyKey)
		require.Equal(t, "two", calls[0].Decoded.(map[string]any)["message"])
		require.Contains(t, string(calls[0].ResponseBody), `"campaign_id"`)
		require.Equal(t, []string{"POST", "/v1/sms/send", ""},
			[]string{calls[0].Method, calls[0].Path, calls[0].Code})

		_, err := f.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{Recipients: []string{someone}, Sender: "NOBODY", Message: "Hi"})
		require.Error(t, err)
		require.Equal(t, "sender_not_approved", f.Requests()[3].Code)
	})
}

func TestARemoteWaitsAsAFakeDoes(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		sms(t, f, someone, "old")
		require.Equal(t, "old", f.RequireMessage(t, helliotest.To(someone)).Message)
		came, since := make(chan string, 1), f.Mark()
		go func() {
			m, err := f.WaitMessage(t.Context(), helliotest.Since(since), helliotest.From("HELLIO"),
				helliotest.Contains("w"))
			if err != nil {
				came <- err.Error()
				return
			}
			came <- m.Message
		}()
		sms(t, f, someone, "next")
		sms(t, f, someone, "new")
		require.Equal(t, "new", <-came)

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := f.WaitMessage(ctx, helliotest.To(another))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err,
			"no message that is To(…0002): context deadline exceeded; the nearest of 3 messages, ")
		require.ErrorContains(t, err,
			"is not To(…0002) (it goes to …0001); the last call of /sms/send: 202")
	})
}

func TestARemoteWaitsLikeAFake(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		sms(t, f, someone, "before")
		since := f.Mark()
		for _, sender := range []string{"HELLIO", "HELLIO", "ACME"} {
			_, err := f.Client().SMS.Send(t.Context(),
				&hellio.SMSSendParams{
					Recipients: []string{someone},
					Sender:     sender,
					Message:    "of " + sender,
				})
			require.NoError(t, err)
		}
		came := make(chan string, 1)
		go func() {
			m, err := f.WaitMessage(t.Context(), helliotest.Since(since), helliotest.From("ACME"),
				helliotest.Contains("late"))
			if err != nil {
				came <- err.Error()
				return
			}
			came <- m.Message
		}()
		require.Equal(t, "of ACME",
			f.RequireMessage(t, helliotest.Since(since), helliotest.From("ACME")).Message)
		sms(t, f, someone, "late, but of another")
		_, err := f.Client().SMS.Send(t.Context(),
			&hellio.SMSSendParams{Recipients: []string{someone}, Sender: "ACME", Message: "late"})
		require.NoError(t, err)
		require.Equal(t, "late", <-came)
	})
}

func TestARemoteHasAFakesCodesAndClock(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		_, err := f.Client().OTP.Send(t.Context(),
			&hellio.OTPSendParams{MobileNumber: someone, Sender: "HELLIO", ExpiryMinutes: 3})
		require.NoError(t, err)
		m := f.RequireMessage(t, helliotest.To(someone))
		require.Contains(t, m.Message, f.OTP(someone))
		code, live := f.LookupOTP(someone)
		require.True(t, live)
		require.Regexp(t, `^\d{6}$`, code.Code)
		require.Equal(t, code.Code, f.OTP(someone))
		// a program shows whole seconds
		require.WithinDuration(t, m.CreatedAt.Add(3*time.Minute), code.ExpiresAt, time.Minute)
		require.Equal(t, 5, code.TriesLeft)
		f.Advance(3 * time.Minute)
		_, live = f.LookupOTP(someone)
		require.False(t, live)
	})
}

func TestARemoteChangesTheAccountLikeAFake(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		amount, limit := "5", 0
		require.NoError(t, f.Update(helliotest.AccountChange{
			Balance:    &amount,
			RateLimit:  &limit,
			Senders:    []string{},
			SpendLimit: &helliotest.SpendLimit{Period: "daily", Amount: "1"},
		}))
		require.Equal(t, "5.0000", f.Balance().Available)
		account := f.Account()
		require.Equal(t, &helliotest.SpendLimit{Period: "daily", Amount: "1.0000"},
			account.SpendLimit)
		require.Empty(t, account.Senders)
		require.NoError(t, f.Update(helliotest.AccountChange{SpendLimit: &helliotest.SpendLimit{}}))
		require.Nil(t, f.Account().SpendLimit)
		wrong := "ten"
		require.Error(t, f.Update(helliotest.AccountChange{Balance: &wrong}))

		token := f.IssueToken("balance")
		require.True(t, f.RevokeToken(token))
		require.False(t, f.RevokeToken(token))
		require.NotEmpty(t, f.IssueToken())
		f.Reset()
		require.Equal(t, "100.0000", f.Account().Balance)
		require.NotEmpty(t, f.Behaviours())
	})
}

func TestARemoteReplaysDeliveriesAsAFakeDoes(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		got := make(chan http.Header, 9)
		hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got <- r.Header
		}))
		t.Cleanup(hook.Close)
		_, err := f.Client().Webhooks.Create(t.Context(), &hellio.WebhookParams{URL: hook.URL})
		require.NoError(t, err)
		sms(t, f, someone, "Hi")
		f.Advance(5 * time.Second)
		d := f.Deliveries()[0]
		require.Equal(t, "delivered", d.Status)
		require.Len(t, d.Attempts, 1)
		require.Equal(t, (<-got).Get("X-Hellio-Signature"),
			d.Attempts[0].Header.Get("X-Hellio-Signature"))
		require.NoError(t, f.Replay(d.ID))
		require.Len(t, got, 1)
		require.True(t, f.Deliveries()[0].Attempts[1].Replay)
		require.Error(t, f.Replay("dlv_0"))
	})
}

func TestARemoteListsDeliveriesLikeAFake(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusTeapot)
		}))
		t.Cleanup(hook.Close)
		made, err := f.Client().Webhooks.Create(t.Context(), &hellio.WebhookParams{URL: hook.URL})
		require.NoError(t, err)
		require.NoError(t,
			f.SetFaults(helliotest.FaultSpec{
				Op:     helliotest.WebhookDelivery,
				Times:  2,
				Effect: "webhook_bad_signature",
			}))
		sms(t, f, someone, "one")
		sms(t, f, another, "two")
		f.Advance(6 * time.Second)
		all, messages := f.Deliveries(), f.Messages()
		require.Len(t, all, 2)
		for i, d := range all {
			require.Equal(t, messages[i].ID, d.MessageID, "oldest first")
			require.Equal(t, string(made.ID), fmt.Sprint(d.WebhookID))
			require.Equal(t, []string{"message.delivered", hook.URL, "pending"},
				[]string{d.Event, d.URL, d.Status})
			require.Contains(t, string(d.Body), messages[i].MobileNumber)
			require.WithinDuration(t, messages[i].DeliveredAt, d.CreatedAt, time.Minute)
			try := d.Attempts[0]
			require.WithinDuration(t, d.CreatedAt, try.At, time.Minute)
			require.Equal(t, http.StatusTeapot, try.StatusCode)
			require.Equal(t, []string{"it answered 418", "webhook_bad_signature"},
				[]string{try.Error, try.Fault})
			require.False(t, try.Replay)
			require.Positive(t, try.Duration)
		}
	})
}

func TestARemoteRemovesItsRulesWhateverOthersDid(t *testing.T) {
	t.Parallel()
	p := start(t).world(`{}`)
	url := "http://" + p.addr
	foreign := helliotest.FaultSpec{Op: helliotest.BalanceGet, Nth: 7, Effect: "not_json"}
	said := watch(t, func(tb testing.TB) {
		r := helliotest.Dial(tb, url, p.token)
		r.Fault(helliotest.SMSSend, helliotest.Always(), helliotest.LoseReply())
		other := helliotest.Dial(t, url, p.token)
		require.NoError(t, other.SetFaults(append(r.Faults(), foreign)...))
		r.Fault(helliotest.OTPSend, helliotest.Nth(2), helliotest.NotJSON())
	})
	require.Equal(t,
		"helliotest: the fault {sms_send always lose_reply} (remote_test.go:LINE) was never hit\n"+
			"helliotest: the fault {otp_send nth 2 not_json} (remote_test.go:LINE) was never hit",
		regexp.MustCompile(`go:\d+`).ReplaceAllString(said, "go:LINE"))
	require.Equal(t, []helliotest.FaultSpec{foreign}, helliotest.Dial(t, url, p.token).Faults())

	said = watch(t, func(tb testing.TB) {
		helliotest.Dial(tb, url, p.token).Fault(helliotest.SMSSend, helliotest.Always(),
			helliotest.LoseReply())
		require.NoError(t, helliotest.Dial(t, url, p.token).SetFaults(foreign))
	})
	require.Contains(t, said,
		"helliotest: another caller has removed the fault {sms_send always lose_reply} "+
			"(remote_test.go:")
	require.Equal(t, []helliotest.FaultSpec{foreign}, helliotest.Dial(t, url, p.token).Faults())
}

func TestARemoteSettlesLikeAFake(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		got, release := make(chan struct{}), make(chan struct{})
		hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			got <- struct{}{}
			<-release
		}))
		t.Cleanup(hook.Close)
		_, err := f.Client().Webhooks.Create(t.Context(), &hellio.WebhookParams{URL: hook.URL})
		require.NoError(t, err)
		sms(t, f, someone, "Hi")
		advanced := make(chan struct{})
		go func() { f.Advance(5 * time.Second); close(advanced) }()
		<-got
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, f.Settle(ctx), context.DeadlineExceeded)
		close(release)
		require.NoError(t, f.Settle(t.Context()))
		require.Equal(t, "delivered", f.Deliveries()[0].Status)
		<-advanced
	})
}

func TestARemotesFaultIsCountedAmongOthers(t *testing.T) {
	t.Parallel()
	p := start(t)
	r := helliotest.Dial(t, "http://"+p.addr+"/v1/", p.token)
	once := hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1})
	first := r.Fault(helliotest.SMSSend, helliotest.Nth(1),
		helliotest.Status(503, "service_unavailable"))
	_, err := r.Client(once).SMS.Send(t.Context(),
		&hellio.SMSSendParams{Recipients: []string{someone}, Sender: "HELLIO", Message: "Hi"})
	require.Error(t, err)
	require.Equal(t, "0.0000", r.Requests()[0].Charge)
	second := r.Fault(helliotest.BalanceGet, helliotest.Always(), helliotest.TruncateBody(0))
	require.Equal(t, 1, first.Hits())
	_, err = r.Client(once).Balance.Get(t.Context())
	require.Error(t, err)
	require.Equal(t, 1, second.Hits())
	require.Error(t, r.SetFaults(helliotest.FaultSpec{Op: "sms", Always: true, Effect: "reset"}))
	require.Equal(t, []int{1, 1}, []int{first.Hits(), second.Hits()}, "nothing has changed")
	require.Len(t, r.Faults(), 2)
	require.NoError(t, r.SetFaults(helliotest.FaultSpec{
		Op:     helliotest.AnyOp,
		Times:  1,
		Effect: "not_json",
		Hits:   7,
	}))
	require.Equal(t, []int{1, 1}, []int{first.Hits(), second.Hits()})
	require.Zero(t, r.Faults()[0].Hits)
	require.ErrorContains(t,
		r.SetFaults(helliotest.FaultSpec{Op: "sms", Always: true, Effect: "reset"}),
		`PUT /_fake/faults: 422: fault 0: unknown op "sms"`)
}

func TestARemotesFaultKeepsItsHitsAfterReset(t *testing.T) {
	t.Parallel()
	p := start(t)
	told := watch(t, func(tb testing.TB) {
		r := helliotest.Dial(tb, "http://"+p.addr, p.token)
		hit := r.Fault(helliotest.BalanceGet, helliotest.Always(), helliotest.NotJSON())
		p.get("/v1/balance")
		r.Reset()
		require.Equal(t, 1, hit.Hits())
		require.Empty(t, r.Faults())
	})
	require.Empty(t, told)
}

// watched is a test of a test: what it is told does not fail the real one.
type watched struct {
	testing.TB
	cleanups []func()
	says     []string
}

func (w *watched) Helper()          {}
func (w *watched) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *watched) Errorf(format string, args ...any) {
	w.says = append(w.says, fmt.Sprintf(format, args...))
}

func (w *watched) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

// watch runs a test and its cleanups and returns all that it reported.
func watch(t *testing.T, body func(tb testing.TB)) string {
	w := &watched{TB: t}
	for _, step := range []func(){func() { body(w) }, func() {
		for _, f := range slices.Backward(w.cleanups) {
			f()
		}
	}} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			step()
		}()
		<-done
	}
	return strings.Join(w.says, "\n")
}

func TestARemotesUnusedFaultFailsTheTest(t *testing.T) {
	t.Parallel()
	p := start(t)
	told := watch(t, func(tb testing.TB) {
		helliotest.Dial(tb, "http://"+p.addr, p.token).Fault(helliotest.SMSSend, helliotest.Nth(3),
			helliotest.LoseReply())
	})
	require.Regexp(t,
		`^helliotest: the fault \{sms_send nth 3 lose_reply\} \(remote_test\.go:\d+\) was never `+
			`hit$`, told)
	require.Empty(t, p.get("/_fake/faults").list())
}

func TestARemotesFailureHasAReason(t *testing.T) {
	t.Parallel()
	p := start(t)
	url := "http://" + p.addr
	foreign := httptest.NewServer(http.NotFoundHandler())
	defer foreign.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, c := range []struct {
		name string
		test func(tb testing.TB)
		says string
	}{
		{
			"no URL", func(tb testing.TB) { helliotest.Dial(tb, "127.0.0.1:8420", p.token) },
			"helliotest: Dial: the URL can't be read",
		},
		{
			"a path", func(tb testing.TB) { helliotest.Dial(tb, url+"/v2", p.token) },
			`/v2" is not the URL of a program, such as http://127.0.0.1:8420`,
		},
		{
			"no program", func(tb testing.TB) { helliotest.Dial(tb, gone.URL, p.token) },
			"connection refused",
		},
		{
			"no token", func(tb testing.TB) { helliotest.Dial(tb, url, "nobody") },
			"helliotest: Dial: GET /_fake/account: 401: Unauthenticated.",
		},
		{
			"another program", func(tb testing.TB) { helliotest.Dial(tb, foreign.URL, p.token) },
			"404: the answer is none of hellio-fake's",
		},
		{
			"no code", func(tb testing.TB) { helliotest.Dial(tb, url, p.token).OTP(someone) },
			"helliotest: OTP(…0001): no code is live there",
		},
		{"back in time", func(tb testing.TB) { helliotest.Dial(tb, url, p.token).Advance(-1) },
			`helliotest: Advance: POST /_fake/clock/advance: 422: duration "-1ns" is not a ` +
				`duration such as 5m`},
		{"a wrong scope",
			func(tb testing.TB) { helliotest.Dial(tb, url, p.token).IssueToken("sms") },
			`helliotest: IssueToken: POST /_fake/tokens: 422: unknown scope "sms"`},
		{"a fault without a when", func(tb testing.TB) {
			helliotest.Dial(tb, url, p.token).Fault(helliotest.SMSSend,
				helliotest.ResetConnection())
		}, "helliotest: Fault(sms_send): "},
		{"other rules", func(tb testing.TB) {
			ft := helliotest.Dial(tb, url, p.token).Fault(helliotest.SMSSend, helliotest.Always(),
				helliotest.ResetConnection())
			require.NoError(t,
				helliotest.Dial(tb, url, p.token).SetFaults(helliotest.FaultSpec{
					Op:     helliotest.AnyOp,
					Times:  1,
					Effect: "not_json",
				}))
			ft.Hits()
		}, "helliotest: Hits: another caller has removed the rule {sms_send always reset}"},
		{"no rule left", func(tb testing.TB) {
			ft := helliotest.Dial(tb, url, p.token).Fault(helliotest.SMSSend, helliotest.Always(),
				helliotest.ResetConnection())
			require.NoError(t, helliotest.Dial(tb, url, p.token).SetFaults())
			ft.Hits()
		}, "helliotest: Hits: another caller has removed the rule {sms_send always reset}"},
		{
			"a bad option",
			func(tb testing.TB) {
				helliotest.Dial(tb, url, p.token).Client(hellio.WithBaseURL("no URL"))
			},
			"helliotest: Client: ",
		},
		{"calls since", func(tb testing.TB) {
			r := helliotest.Dial(tb, url, p.token)
			r.Requests(helliotest.Since(r.Mark()))
		}, "Since and After can't be used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			told := watch(t, c.test)
			require.Contains(t, told, c.says)
			require.NotContains(t, told, someone)
		})
	}
}

func TestARemotesWaitContinuesAfterAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	var asked []string
	answers := []string{"", `{"id":8,"sender":"HELLIO"}`, "", `{"id":9,"sender":"ACME"}`}
	program := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/_fake/messages":
			_, _ = rw.Write([]byte(`[{"id":5,"sender":"ACME"}]`))
		case "/_fake/messages/wait":
			answer := answers[len(asked)]
			if asked = append(asked, r.URL.RawQuery); answer == "" {
				rw.WriteHeader(http.StatusNoContent)
			}
			_, _ = rw.Write([]byte(answer))
		}
	}))
	t.Cleanup(program.Close) // after that of Dial
	m, err := helliotest.Dial(t, program.URL, "t").WaitMessage(t.Context(), helliotest.After(7),
		helliotest.From("ACME"))
	require.NoError(t, err)
	require.EqualValues(t, 9, m.ID)
	require.Equal(t,
		[]string{
			"after=7&timeout=1m0s", "after=7&timeout=1m0s", "after=8&timeout=1m0s",
			"after=8&timeout=1m0s",
		}, asked)
}

func TestARemotesCallsReportARefusal(t *testing.T) {
	t.Parallel()
	tell := func(tb testing.TB, err error) {
		if err != nil {
			tb.Errorf("error: %v", err)
		}
	}
	for name, c := range map[string]struct {
		test func(tb testing.TB, r *helliotest.Remote)
		says string
	}{
		"Messages": {
			func(_ testing.TB, r *helliotest.Remote) { r.Messages() },
			"helliotest: Messages: GET /_fake/messages: ",
		},
		"Mark": {
			func(_ testing.TB, r *helliotest.Remote) { r.Mark() },
			"helliotest: Mark: GET /_fake/messages: ",
		},
		"RequireMessage": {
			func(tb testing.TB, r *helliotest.Remote) { r.RequireMessage(tb) },
			"helliotest: RequireMessage: no message: GET /_fake/messages: ",
		},
		"LookupOTP": {
			func(_ testing.TB, r *helliotest.Remote) { r.LookupOTP(someone) },
			"helliotest: LookupOTP: GET /_fake/otp/{destination}: ",
		},
		"Requests": {
			func(_ testing.TB, r *helliotest.Remote) { r.Requests() },
			"helliotest: Requests: GET /_fake/requests: ",
		},
		"Deliveries": {
			func(_ testing.TB, r *helliotest.Remote) { r.Deliveries() },
			"helliotest: Deliveries: GET /_fake/deliveries: ",
		},
		"Advance": {
			func(_ testing.TB, r *helliotest.Remote) { r.Advance(0) },
			"helliotest: Advance: POST /_fake/clock/advance: ",
		},
		"Account": {
			func(_ testing.TB, r *helliotest.Remote) { r.Account() },
			"helliotest: Account: GET /_fake/account: ",
		},
		"Balance": {
			func(_ testing.TB, r *helliotest.Remote) { r.Balance() },
			"helliotest: Balance: GET /v1/balance: ",
		},
		"IssueToken": {
			func(_ testing.TB, r *helliotest.Remote) { r.IssueToken() },
			"helliotest: IssueToken: POST /_fake/tokens: ",
		},
		"RevokeToken": {
			func(_ testing.TB, r *helliotest.Remote) { r.RevokeToken("t") },
			"helliotest: RevokeToken: DELETE /_fake/tokens/{token}: ",
		},
		"Reset": {
			func(_ testing.TB, r *helliotest.Remote) { r.Reset() },
			"helliotest: Faults: GET /_fake/faults: ",
		},
		"Behaviours": {
			func(_ testing.TB, r *helliotest.Remote) { r.Behaviours() },
			"helliotest: Behaviours: GET /_fake/behaviours: ",
		},
		"SetFaults": {
			func(tb testing.TB, r *helliotest.Remote) { tell(tb, r.SetFaults()) },
			"helliotest: Faults: GET /_fake/faults: ",
		},
		"Replay": {
			func(tb testing.TB, r *helliotest.Remote) { tell(tb, r.Replay("d")) },
			"error: POST /_fake/deliveries/{id}/replay: ",
		},
		"Settle": {
			func(tb testing.TB, r *helliotest.Remote) { tell(tb, r.Settle(t.Context())) },
			"error: POST /_fake/clock/advance: ",
		},
		"Update": {
			func(tb testing.TB, r *helliotest.Remote) {
				tell(tb, r.Update(helliotest.AccountChange{}))
			},
			"error: PATCH /_fake/account: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialling := 2
			program := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				if dialling--; dialling >= 0 {
					return
				}
				rw.WriteHeader(http.StatusServiceUnavailable)
				_, _ = rw.Write([]byte(`{"message":"Closed for stock-taking."}`))
			}))
			defer program.Close()
			told := watch(t,
				func(tb testing.TB) { c.test(tb, helliotest.Dial(tb, program.URL, "t")) })
			require.Equal(t, c.says+"503: Closed for stock-taking.\n"+
				"helliotest: the violations of the test are not known: GET /_fake/requests: 503: "+
				"Closed for stock-taking.", told)
		})
	}
}

func TestARemotesReadErrorQuotesNothing(t *testing.T) {
	t.Parallel()
	for says, answer := range map[string]http.HandlerFunc{
		"GET /_fake/otp/{destination}: unexpected EOF": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "99")
			_, _ = rw.Write([]byte("{"))
		},
		"GET /_fake/otp/{destination}: invalid character '<' looking for beginning of value": func(
			rw http.ResponseWriter, _ *http.Request,
		) {
			_, _ = rw.Write([]byte("<p>+233209990001"))
		},
		"GET /_fake/otp/{destination} at http://127.0.0.1:": func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			program := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/_fake/account" && r.URL.Path != "/_fake/requests" {
					answer(rw, r)
				}
			}))
			defer program.Close()
			told := watch(t,
				func(tb testing.TB) {
					helliotest.Dial(tb, program.URL, "the-token").LookupOTP(someone)
				})
			require.Contains(t, told, "helliotest: LookupOTP: "+says)
			for _, value := range []string{"233209990001", "the-token"} {
				require.NotContains(t, told, value)
			}
		})
	}
}

func TestDialRefusesABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		require.Contains(t,
			watch(t, func(tb testing.TB) {
				helliotest.Dial(tb, "http://127.0.0.1:1", "t")
			}), "would stop the clock of the synctest bubble")
	})
}
