package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/helliotest"
)

// eventStream is an open stream, read as the simplest of readers does.
type eventStream struct {
	t       testing.TB
	resp    *http.Response
	scanner *bufio.Scanner
}

// listen opens a stream; last is the Last-Event-ID, "" = none.
func (p *testProgram) listen(last string) *eventStream {
	p.t.Helper()
	req := p.request(http.MethodGet, "/_fake/events", "")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { resp.Body.Close() })
	require.Equal(p.t, http.StatusOK, resp.StatusCode)
	require.Equal(p.t, "text/event-stream", resp.Header.Get("Content-Type"))
	return &eventStream{p.t, resp, bufio.NewScanner(resp.Body)}
}

// next reads one event.
func (s *eventStream) next() (id, text string) {
	s.t.Helper()
	for s.scanner.Scan() {
		name, value, _ := strings.Cut(s.scanner.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			var m struct{ Message string }
			require.NoError(s.t, json.Unmarshal([]byte(value), &m))
			text = m.Message
		}
		if s.scanner.Text() == "" && text != "" {
			return id, text
		}
	}
	require.FailNow(s.t, "the stream ended", s.scanner.Err())
	return "", ""
}

func TestEachNewMessageIsAnEvent(t *testing.T) {
	t.Parallel()
	p := start(t)
	other := p.world(`{}`)
	p.send(oneSMS)
	stream := p.listen("")
	other.send(oneSMS)
	p.send(`{"recipients":["+233209990001"],"sender":"HELLIO",` +
		`"message":"two\nlines\r\u2028 id: 1"}`)
	p.call(http.MethodPost, "/v1/otp/send", `{"mobile_number":"+233209990001","sender":"HELLIO"}`)
	_, text := stream.next()
	require.Equal(t, "two\nlines\r\u2028 id: 1", text)
	id, text := stream.next()
	require.NotEmpty(t, id)
	require.Contains(t, text, p.get("/_fake/otp/233209990001").object()["code"])
}

func TestAStreamResumesAfterTheLastEvent(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, text := range []string{"a", "b", "c"} {
		p.send(`{"recipients":["+233209990001"],"sender":"HELLIO","message":"` + text + `"}`)
	}
	all := p.listen("0")
	ids := map[string]string{}
	for range 3 {
		id, text := all.next()
		ids[text] = id
	}
	_, text := p.listen(ids["a"]).next()
	require.Equal(t, "b", text)
	_, text = p.listen(ids["b"]).next()
	require.Equal(t, "c", text)
	_, text = p.listen("of another run").next()
	require.Equal(t, "a", text, "a place that is not known misses nothing")
}

func TestHEADOfTheStreamEnds(t *testing.T) {
	t.Parallel()
	p := start(t)
	got := p.call(http.MethodHead, "/_fake/events", "")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "text/event-stream", got.header.Get("Content-Type"))
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
}

func TestOpenStreamsDoNotDelayTheEnd(t *testing.T) {
	t.Parallel()
	p := start(t)
	streams := []*eventStream{p.listen(""), p.listen(""), p.world(`{}`).listen("0")}
	began := time.Now()
	require.Equal(t, statusOK, p.stop())
	require.Less(t, time.Since(began), bodyTimeout)
	for _, s := range streams {
		for s.scanner.Scan() {
			require.True(t, s.scanner.Text() == "" || s.scanner.Text()[0] == ':', "a comment")
		}
		require.NoError(t, s.scanner.Err(), "it ends in order")
	}
}

func TestAReaderThatGoesIsLetGo(t *testing.T) {
	t.Parallel()
	p := start(t)
	for range 20 {
		p.listen("").resp.Body.Close()
	}
	p.send(oneSMS)
	_, text := p.listen("0").next()
	require.Equal(t, "Hi", text)
}

// goneReader is a reader whose connection takes nothing.
type goneReader struct{ http.ResponseWriter }

func (goneReader) Write([]byte) (int, error) { return 0, http.ErrHandlerTimeout }

func TestAFailedWriteEndsAStream(t *testing.T) {
	t.Parallel()
	events := make(chan helliotest.Event)
	writeEvents(goneReader{}, events) // else it hangs
}

func TestASilentStreamSendsHeartbeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := make(chan helliotest.Event)
		reader := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			writeEvents(reader, events)
		}()
		events <- helliotest.Event{ID: "7"}
		time.Sleep(2*heartbeat + time.Second)
		close(events)
		<-done
		require.Regexp(t,
			`^: listening\n\nid: 7\ndata: \{.*\}\n\n: still here\n\n: still here\n\n$`, reader.Body.String())
	})
}
