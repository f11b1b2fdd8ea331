package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// endless is a body of unknown length.
type endless struct{ io.Reader }

func TestFewLargeBodiesAreReadTogether(t *testing.T) {
	t.Parallel()
	long, short := strings.Repeat(" ", largeBody+1), strings.Repeat(" ", largeBody)
	for name, body := range map[string]func(text string) io.Reader{
		"of a known length":    func(text string) io.Reader { return strings.NewReader(text) },
		"of an unknown length": func(text string) io.Reader { return endless{strings.NewReader(text)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ws := &worldSet{large: make(chan struct{}, largeCalls)}
				room := func(text string) func() {
					r := httptest.NewRequest(http.MethodPost, "/v1/sms/send", body(text))
					conn := &timed{ResponseRecorder: httptest.NewRecorder()}
					r, leave := ws.withRoom(conn, r)
					if len(text) > largeBody {
						require.Equal(t, time.Now().Add(bodyTimeout), conn.read)
					}
					whole, err := io.ReadAll(r.Body)
					require.NoError(t, err)
					require.Equal(t, text, string(whole))
					return leave
				}
				first := room(long)
				for range largeCalls - 1 {
					room(long)
				}
				room(short)()
				room("")()
				entered := false
				go func() {
					leave := room(long)
					entered = true
					leave()
				}()
				synctest.Wait()
				require.False(t, entered)
				first()
				synctest.Wait()
				require.True(t, entered)
				require.Len(t, ws.large, largeCalls-1)
			})
		})
	}
}

func TestAWaitForRoomEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	ws := &worldSet{large: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodPost, "/v1/sms/send", strings.NewReader("x")).WithContext(ctx)
	r.ContentLength = largeBody + 1
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { ws.withRoom(httptest.NewRecorder(), r) })
}
