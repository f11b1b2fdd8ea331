package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// advance moves the world's clock and returns the time reached.
func (p *testProgram) advance(duration string) time.Time {
	p.t.Helper()
	moved := p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"`+duration+`"}`)
	require.Equal(p.t, http.StatusOK, moved.status, moved.body)
	text := moved.object()["now"].(string)
	require.Regexp(p.t, `\+00:00$`, text)
	now, err := time.Parse(time.RFC3339, text)
	require.NoError(p.t, err)
	return now
}

func TestTheClockAnswersAfterDueJobs(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.send(oneSMS)
	require.Equal(t, "queued", p.get("/_fake/messages").list()[0]["status"])
	p.advance("1s")
	require.Equal(t, "sent", p.get("/_fake/messages").list()[0]["status"])
	p.advance("4s")
	require.Equal(t, "delivered", p.get("/_fake/messages").list()[0]["status"])
	require.Equal(t, "99.9690", p.get("/_fake/account").object()["balance"])
}

func TestTheClockAgreesWithTheAPI(t *testing.T) {
	t.Parallel()
	p := start(t)
	began := p.advance("0s")
	require.WithinDuration(t, time.Now(), began, time.Minute)
	p.advance("36h30m")
	now := p.advance("1ms")
	require.WithinDuration(t, began.Add(36*time.Hour+30*time.Minute), now, time.Minute)
	date, err := http.ParseTime(p.get("/v1/balance").header.Get("Date"))
	require.NoError(t, err)
	require.WithinDuration(t, now, date, time.Minute)

	require.Equal(t, http.StatusNoContent, p.call(http.MethodPost, "/_fake/reset", "").status)
	require.WithinDuration(t, time.Now(), p.advance("0s"), time.Minute)
}

func TestTheClockEndsAHundredYearsAhead(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.advance("500000h")
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"500000h"}`).refused(
		http.StatusUnprocessableEntity, "invalid_request")
	p.advance("375000h")
}
