package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hellio-go/hellio/helliotest"
	"github.com/stretchr/testify/require"
)

// fill makes n calls with a large body in a world.
func (ws *worldSet) fill(w *world, n int) {
	body := `{"recipients":["+233209990001"],"sender":"HELLIO","message":"Hi","pad":"` +
		strings.Repeat("x", 10_000) + `"}`
	for range n {
		req := httptest.NewRequest(http.MethodPost, "/v1/sms/send", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+w.token)
		ws.serveAPI(httptest.NewRecorder(), req)
	}
}

func TestTheLargestWorldMakesRoomForAll(t *testing.T) {
	t.Parallel()
	ws, err := newWorlds("first",
		[]helliotest.Option{helliotest.WithRetention(10_000), helliotest.WithRateLimit(0)})
	require.NoError(t, err)
	defer ws.close()
	ws.mostBodies = 500_000
	small, err := ws.create(&worldSpec{})
	require.NoError(t, err)
	large, err := ws.create(&worldSpec{})
	require.NoError(t, err)
	ws.fill(small, 3)
	ws.fill(large, 100)
	require.LessOrEqual(t, ws.bodies.Load(), ws.mostBodies)
	require.Greater(t, ws.bodies.Load(), ws.mostBodies*3/4, "no more leave than must")
	require.Len(t, small.fake.Requests(), 3, "a small world loses nothing")
	require.Len(t, large.fake.Messages(), 100)

	ws.reset(large)
	require.Equal(t, ws.bodies.Load(), small.engine.KeptBodies())
	ws.fill(large, 3)
	require.NoError(t, ws.remove(large))
	require.Equal(t, ws.bodies.Load(), small.engine.KeptBodies())

	ws.mostBodies = 1
	ws.fill(small, 1)
	require.Len(t, small.fake.Requests(), 1, "the newest stays")
}

func TestWithoutARetentionNothingIsCounted(t *testing.T) {
	t.Parallel()
	ws, err := newWorlds("first", []helliotest.Option{helliotest.WithRateLimit(0)})
	require.NoError(t, err)
	defer ws.close()
	ws.mostBodies = 1
	ws.fill(ws.first, 5)
	require.Zero(t, ws.bodies.Load())
	require.Len(t, ws.first.fake.Requests(), 5)
}

func TestALongBodyIsShownCut(t *testing.T) {
	t.Parallel()
	p := start(t)
	body := `{"recipients":["+233209990001"],"sender":"HELLIO","message":"Hi","pad":"` +
		strings.Repeat("x", 100_000) + `"}`
	p.send(body)
	call := p.get("/_fake/requests").list()[0]
	require.Equal(t, body[:64<<10], call["request_body"])
	require.EqualValues(t, len(body), call["request_size"])
	require.EqualValues(t, len(call["response_body"].(string)), call["response_size"])
}
