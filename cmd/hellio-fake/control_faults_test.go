package main

import (
	"io"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio"
)

func TestFaultsAreListedAsPutWithTheirHits(t *testing.T) {
	t.Parallel()
	p := start(t)
	require.Equal(t, "[]", p.get("/_fake/faults").body)
	rules := `[
		{"op":"sms_send","nth":2,"effect":"truncate_body","bytes":0},
		{"op":"any","times":3,"to":"+233209990001","effect":"rate_limited","retry_after":"30s"},
		{"op":"balance_get","always":true,"effect":"status","code":503,"error":"service_unavailable"},
		{"op":"message_list","nth":1,"effect":"delay","duration":"1ms"}]`
	require.Equal(t, http.StatusOK, p.call(http.MethodPut, "/_fake/faults", rules).status)
	p.get("/v1/balance").refused(http.StatusServiceUnavailable, "service_unavailable")
	require.JSONEq(t, `[
		{"op":"sms_send","nth":2,"effect":"truncate_body","bytes":0,"hits":0},
		{"op":"any","times":3,"to":"+233209990001","effect":"rate_limited","retry_after":"30s","hits":0},
		{"op":"balance_get","always":true,"effect":"status","code":503,"error":"service_unavailable","hits":1},
		{"op":"message_list","nth":1,"effect":"delay","duration":"1ms","hits":0}]`, p.get("/_fake/faults").body)

	require.Equal(t, http.StatusNoContent, p.call(http.MethodDelete, "/_fake/faults", "").status)
	require.Equal(t, "[]", p.get("/_fake/faults").body)
	require.Equal(t, http.StatusOK, p.get("/v1/balance").status)
	require.Equal(t, http.StatusOK, p.call(http.MethodPut, "/_fake/faults", "[]").status)
}

func TestFaultsActOnTheRealConnection(t *testing.T) {
	t.Parallel()
	server := start(t)
	for _, c := range []struct {
		effect string
		sent   int // messages
		check  func(*testing.T, response, error)
	}{
		{`"lose_request"`, 0, lostConnection},
		{`"lose_reply"`, 1, lostConnection},
		{
			`"reset"`, 0,
			func(t *testing.T, _ response, err error) {
				require.ErrorIs(t, err, syscall.ECONNRESET)
			},
		},
		{`"truncate_body","bytes":10`, 1, func(t *testing.T, got response, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Len(t, got.body, 10)
			require.Greater(t, got.header.Get("Content-Length"), "10")
		}},
		{`"not_json"`, 1, func(t *testing.T, got response, err error) {
			require.NoError(t, err)
			require.Equal(t, http.StatusAccepted, got.status)
			require.Contains(t, got.header.Get("Content-Type"), "text/html")
		}},
		{`"status","code":500,"error":"boom"`, 0, func(t *testing.T, got response, err error) {
			require.NoError(t, err)
			got.refused(http.StatusInternalServerError, "boom")
		}},
		{`"delay","duration":"10ms"`, 1, func(t *testing.T, got response, err error) {
			require.NoError(t, err)
			require.Equal(t, http.StatusAccepted, got.status)
		}},
		{`"carrier_fail"`, 1, func(t *testing.T, got response, err error) {
			require.NoError(t, err)
			require.Equal(t, http.StatusAccepted, got.status)
		}},
	} {
		t.Run(c.effect, func(t *testing.T) {
			t.Parallel()
			own := *server
			own.t = t
			p := own.world(`{}`)
			if len(c.effect)%2 == 0 {
				p = p.issued(`["*"]`) // a token that the program has named
			}
			p.fault(`{"op":"sms_send","nth":1,"effect":` + c.effect + `}`)
			got, err := p.try(p.request(http.MethodPost, "/v1/sms/send", oneSMS))
			c.check(t, got, err)
			require.Len(t, p.get("/_fake/messages").list(), c.sent)
			require.EqualValues(t, 1, p.get("/_fake/faults").list()[0]["hits"])
		})
	}
}

func lostConnection(t *testing.T, _ response, err error) { require.ErrorIs(t, err, io.EOF) }

func TestTheClientResolvesALostReply(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.fault(`{"op":"sms_send","nth":1,"effect":"lose_reply"}`)
	sent, err := p.client(hellio.WithRetryPolicy(hellio.RetryPolicy{MinWait: 1, MaxWait: 1})).
		SMS.Send(t.Context(),
		&hellio.SMSSendParams{
			Recipients: []string{"+233209990001"},
			Sender:     "HELLIO",
			Message:    "Hi",
		})
	require.NoError(t, err)
	require.True(t, sent.Replayed)
	require.Len(t, p.get("/_fake/messages").list(), 1)
}
