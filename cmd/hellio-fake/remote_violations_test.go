package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

func TestARemoteListsViolationsLikeAFake(t *testing.T) {
	bothWays(t, func(t *testing.T, f fakeAPI) {
		hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusTeapot)
		}))
		t.Cleanup(hook.Close)
		made, err := f.Client().Webhooks.Create(t.Context(),
			&hellio.WebhookParams{URL: hook.URL, Events: []string{"message.delivered"}})
		require.NoError(t, err)
		require.Len(t, f.Webhooks(), 1)
		listed := f.Webhooks()[0]
		require.Equal(t, string(made.ID), fmt.Sprint(listed.ID))
		require.Equal(t, []string{hook.URL, made.Secret}, []string{listed.URL, listed.Secret})
		require.Equal(t, []string{"message.delivered"}, listed.Events)
		require.True(t, listed.Active)
		for range 10 {
			sms(t, f, someone, "Hi")
		}
		f.Advance(time.Hour)
		listed = f.Webhooks()[0]
		require.Equal(t, []any{false, 10, "it answered 418"},
			[]any{listed.Active, listed.FailureCount, listed.LastError})
		require.NoError(t, f.EnableWebhook(listed.ID))
		require.Equal(t, []any{true, 0},
			[]any{f.Webhooks()[0].Active, f.Webhooks()[0].FailureCount})
		require.Error(t, f.EnableWebhook(1))

		require.Empty(t, f.Violations())
		f.ExpectRejected(1)
		key := hellio.WithIdempotencyKey("constant")
		for _, text := range []string{"one", "two"} {
			_, err := f.Client().SMS.Send(t.Context(),
				&hellio.SMSSendParams{
					Recipients: []string{someone},
					Sender:     "HELLIO",
					Message:    text,
				}, key)
			require.NoError(t, err)
		}
		require.Len(t, f.Violations(), 1)
		violation := f.Violations()[0]
		require.Contains(t, violation.Text, "it differs in message")
		require.Equal(t, []string{"POST", "/v1/sms/send"},
			[]string{violation.Method, violation.Path})
		calls := f.Requests(helliotest.Contains("two"))
		require.Equal(t, []string{violation.Text}, calls[0].Violations)
		require.True(t, calls[0].Replayed)
		require.Equal(t, []any{"constant", "0.0000", 202},
			[]any{calls[0].IdempotencyKey, calls[0].Charge, calls[0].Status})
		require.Equal(t, []int{len(calls[0].Body), len(calls[0].ResponseBody)},
			[]int{calls[0].BodySize, calls[0].ResponseSize})
		require.WithinDuration(t, f.Now(), calls[0].At, time.Minute)
		f.Advance(24 * time.Hour)
		require.InDelta(t, 24, f.Now().Sub(calls[0].At).Hours(), 0.1)
	})
}

func TestARemoteReportsViolationsSinceDial(t *testing.T) {
	t.Parallel()
	p := start(t).world(`{}`)
	bad := func() {
		p.call(http.MethodPost, "/v1/sms/send",
			`{"recipients":["233209990001"],"sender":"HELLIO","message":"Hi","mesage":1}`)
	}
	bad()
	url := "http://" + p.addr
	require.Empty(t, watch(t, func(tb testing.TB) { helliotest.Dial(tb, url, p.token) }),
		"what came before is not the test's")
	want := "helliotest: POST /v1/sms/send: body.mesage: the API knows no such field; did you " +
		"mean message?"
	require.Equal(t, want, watch(t, func(tb testing.TB) {
		helliotest.Dial(tb, url, p.token)
		bad()
	}))
	require.Equal(t, want, watch(t, func(tb testing.TB) {
		r := helliotest.Dial(tb, url, p.token)
		bad()
		r.Reset()
	}), "a reset does not excuse it")
	require.Empty(t, watch(t, func(tb testing.TB) {
		helliotest.Dial(tb, url, p.token).ExpectRejected(2)
		bad()
		bad()
	}))
	require.Contains(t,
		watch(t, func(tb testing.TB) { helliotest.Dial(tb, url, p.token).ExpectRejected(1) }),
		"ExpectRejected: 1 call that no correct client sends should have come, and 0 did")
	require.Contains(t,
		watch(t, func(tb testing.TB) { helliotest.Dial(tb, url, p.token).ExpectRejected(-1) }), "can't be negative")
}

func TestARemoteReadsViolationsInPages(t *testing.T) {
	t.Parallel()
	p := start(t, "-rate-limit", "0")
	told := watch(t, func(tb testing.TB) {
		helliotest.Dial(tb, "http://"+p.addr, p.token)
		for range 501 {
			p.get("/v1/balance")
		}
		p.get("/v1/nothing")
	})
	require.Equal(t, "helliotest: GET /v1/nothing: the API has no such route", told)
}
