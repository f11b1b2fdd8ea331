package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAWaitReturnsThePresentMessage(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, text := range []string{"one", "two", "three"} {
		p.send(`{"recipients":["+233209990001"],"sender":"HELLIO","message":"` + text + `"}`)
	}
	first := p.get("/_fake/messages").list()[2]["id"]
	for query, want := range map[string]string{
		"":                               "three",
		"to=233209990001&contains=o":     "two",
		"after=0":                        "one",
		fmt.Sprintf("after=%.0f", first): "two",
		fmt.Sprintf("after=%.0f&contains=three&channel=sms&timeout=0s", first): "three",
	} {
		got := p.get("/_fake/messages/wait?" + query)
		require.Equal(t, http.StatusOK, got.status, query)
		require.Equal(t, want, got.object()["message"], query)
		shown := p.get("/v1/messages/" + fmt.Sprint(got.object()["reference"]))
		require.Equal(t, shown.object()["data"], got.object(), "one bare message")
	}
}

func TestAWaitEndsWithTheMessageThatComes(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(oneSMS)
	first := p.get("/_fake/messages").list()[0]["id"]
	came := make(chan response, 1)
	go func() {
		got, _ := p.try(p.request(http.MethodGet,
			fmt.Sprintf("/_fake/messages/wait?after=%.0f&to=233209990002&timeout=1m", first), ""))
		came <- got
	}()
	p.send(oneSMS)
	p.send(`{"recipients":["+233209990002"],"sender":"HELLIO","message":"At last"}`)
	require.Equal(t, "At last", (<-came).object()["message"])
}

func TestAWaitEndsEmptyInTime(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(oneSMS)
	for _, query := range []string{
		"to=233209990002&timeout=0s", "contains=nothing&timeout=1ms",
		"after=9223372036854775807&timeout=1ms",
	} {
		got := p.get("/_fake/messages/wait?" + query)
		require.Equal(t, http.StatusNoContent, got.status, query)
		require.Empty(t, got.body)
	}
}

// waiting begins a wait without a socket, and returns how long it has taken and
// what it answered.
func waiting(t *testing.T, ctx context.Context, query string) func() (time.Duration, int) {
	t.Helper()
	ws, err := newWorlds("first", nil)
	require.NoError(t, err)
	t.Cleanup(ws.close)
	began := time.Now()
	took := time.Duration(0)
	answer := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/_fake/messages/wait"+query,
			nil)
		req.Header.Set("Authorization", "Bearer first")
		newControl(ws).ServeHTTP(answer, req)
		took = time.Since(began)
	}()
	return func() (time.Duration, int) {
		<-done
		return took, answer.Code
	}
}

func TestAWaitLastsAsLongAsItsTimeout(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]time.Duration{
		"":            defaultWait,
		"?timeout=":   defaultWait,
		"?timeout=5m": maxWait,
		"?timeout=0s": 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			took, status := waiting(t, t.Context(), query)()
			require.Equal(t, want, took, query)
			require.Equal(t, http.StatusNoContent, status)
		})
	}
}

func TestACallerThatGoesAwayEndsItsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		ended := waiting(t, ctx, "?timeout=5m")
		time.Sleep(3 * time.Second)
		leave()
		took, _ := ended()
		require.Equal(t, 3*time.Second, took)
	})
}

func TestTheEndOfTheProgramEndsAWait(t *testing.T) {
	t.Parallel()
	p := start(t)
	written, answered := make(chan struct{}), make(chan int, 1)
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) {
		close(written)
	}}
	req := p.request(http.MethodGet, "/_fake/messages/wait?timeout=5m", "")
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	go func() {
		got, _ := p.try(req)
		answered <- got.status
	}()
	<-written
	p.get("/livez") // by now that one is being served
	began := time.Now()
	require.Equal(t, statusOK, p.stop())
	require.Less(t, time.Since(began), bodyTimeout)
	require.Contains(t, []int{0, http.StatusNoContent}, <-answered)
}
