package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ids returns the ids of a list.
func (r response) ids() []float64 {
	r.t.Helper()
	ids := []float64{}
	for _, entry := range r.list() {
		ids = append(ids, entry["id"].(float64))
	}
	return ids
}

func TestMessagesAreLimitedToTheNewest(t *testing.T) {
	t.Parallel()
	p := start(t)
	for i := range 5 {
		p.send(fmt.Sprintf(
			`{"recipients":["+23320999000%d"],"sender":"HELLIO","message":"m%d"}`, 1+i%2, i))
	}
	all := p.get("/_fake/messages").ids()
	for query, want := range map[string][]string{
		"limit=1":                   {"m4"},
		"limit=3":                   {"m4", "m3", "m2"},
		"limit=5":                   {"m4", "m3", "m2", "m1", "m0"},
		"limit=9223372036854775807": {"m4", "m3", "m2", "m1", "m0"},
		"limit=2&to=233209990001":   {"m4", "m2"},
		fmt.Sprintf("limit=3&after=%.0f", all[2]):                 {"m4", "m3"},
		fmt.Sprintf("limit=1&after=%.0f&contains=m3", all[4]):     {"m3"},
		fmt.Sprintf("limit=1&after=%.0f&channel=email", all[4]):   {},
		"limit=1&after=9223372036854775807":                       {},
		fmt.Sprintf("limit=2&after=%.0f&to=233209990002", all[4]): {"m3", "m1"},
	} {
		require.Equal(t, want, p.get("/_fake/messages?"+query).texts(), query)
	}
}

func TestRequestsArePagedForward(t *testing.T) {
	t.Parallel()
	p := start(t, "-rate-limit", "0")
	for range 7 {
		p.get("/v1/balance")
	}
	all := p.get("/_fake/requests").ids()
	require.Len(t, all, 7)
	var paged []float64
	for last := float64(0); ; {
		page := p.get(fmt.Sprintf("/_fake/requests?after=%.0f&limit=3", last)).ids()
		if len(page) == 0 {
			break
		}
		require.LessOrEqual(t, len(page), 3)
		paged = append(paged, page...)
		last = page[len(page)-1]
	}
	require.Equal(t, all, paged)
	require.Equal(t, all, p.get("/_fake/requests?after=").ids())
	require.Equal(t, all[6:], p.get(fmt.Sprintf("/_fake/requests?after=%.0f", all[5])).ids())
	require.Equal(t, "[]", p.get("/_fake/requests?after=9223372036854775807&limit=1").body)
	require.Equal(t, "[]", p.world(`{}`).get("/_fake/requests?limit=1").body)
}

func TestAnEvictedIDCountsByItsNumber(t *testing.T) {
	t.Parallel()
	p := start(t, "-retention", "2")
	p.get("/v1/balance")
	first := p.get("/_fake/requests").ids()[0]
	for range 4 {
		p.get("/v1/balance")
	}
	kept := p.get("/_fake/requests").ids()
	require.Len(t, kept, 2)
	require.Equal(t, kept, p.get(fmt.Sprintf("/_fake/requests?after=%.0f", first)).ids())
}

func TestALongListIsListedWhole(t *testing.T) {
	t.Parallel()
	p := start(t, "-rate-limit", "0").world(`{"balance":"1000"}`)
	const parts = 2*listPart + 1
	numbers := make([]string, parts)
	for i := range numbers {
		numbers[i] = fmt.Sprintf(`"+2332099%05d"`, i)
	}
	p.send(`{"recipients":[` + strings.Join(numbers, ",") + `],"sender":"HELLIO","message":"Hi"}`)
	all := p.get("/_fake/messages").ids()
	require.Len(t, all, parts)
	for i, id := range all[1:] {
		require.Less(t, id, all[i], "newest first, each once")
	}
	require.Equal(t, all[:listPart+1], p.get(fmt.Sprintf("/_fake/messages?limit=%d", listPart+1)).ids())
	require.Equal(t, all[:listPart], p.get(fmt.Sprintf("/_fake/messages?limit=%d", listPart)).ids())
	require.Empty(t, p.call(http.MethodHead, "/_fake/messages", "").body)
}

func TestManyDeliveriesAreListedWhole(t *testing.T) {
	t.Parallel()
	p := start(t, "-rate-limit", "0", "-balance", "1000")
	p.subscribe(&receiver{})
	const parts = listPart + 1
	numbers := make([]string, parts)
	for i := range numbers {
		numbers[i] = fmt.Sprintf(`"+2332099%05d"`, i)
	}
	p.send(`{"recipients":[` + strings.Join(numbers, ",") + `],"sender":"HELLIO","message":"Hi"}`)
	p.call(http.MethodPost, "/_fake/clock/advance", `{"duration":"5s"}`)
	all := p.get("/_fake/deliveries").list()
	require.Len(t, all, parts)
	for i, d := range all[1:] {
		require.Less(t, d["message_id"], all[i]["message_id"], "newest first, each once")
	}
}

// brokenWriter is a connection whose caller has gone.
type brokenWriter struct{ *httptest.ResponseRecorder }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestAListEndsWhenItsCallerHasGone(t *testing.T) {
	t.Parallel()
	asked := 0
	respondList(brokenWriter{httptest.NewRecorder()}, 0, func(most int) []string {
		asked++
		return make([]string, most)
	})
	require.Less(t, asked, 10)
}
