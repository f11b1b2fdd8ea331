package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hellio-go/hellio/internal/signature"
)

// receiver is an application's endpoint on a real port: it refuses the first
// posts, as many as refuse, and keeps all.
type receiver struct {
	refuse int

	mu     sync.Mutex
	bodies []string
	header []http.Header
}

func (v *receiver) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.bodies, v.header = append(v.bodies, string(body)), append(v.header, r.Header)
	if len(v.bodies) <= v.refuse {
		rw.WriteHeader(http.StatusInternalServerError)
	}
}

func (v *receiver) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.bodies)
}

// valid reports for each post whether it has both signatures of a secret.
func (v *receiver) valid(secret string) (all []bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, h := range v.header {
		body := []byte(v.bodies[i])
		all = append(all, h.Get("X-Hellio-Signature") == signature.Body(secret, body) &&
			h.Get("X-Hellio-Signature-V2") == signature.Timestamped(secret,
				h.Get("X-Hellio-Timestamp"), body))
	}
	return all
}

// subscribe makes a webhook for a receiver, and returns its id and secret.
func (p *testProgram) subscribe(v *receiver) (id float64, secret string) {
	p.t.Helper()
	server := httptest.NewServer(v)
	p.t.Cleanup(server.Close)
	body, err := json.Marshal(map[string]any{"url": server.URL + "/hook", "events": []string{"*"}})
	require.NoError(p.t, err)
	made := p.call(http.MethodPost, "/v1/webhooks", string(body))
	require.Equal(p.t, http.StatusCreated, made.status, made.body)
	data := made.object()["data"].(map[string]any)
	return data["id"].(float64), data["secret"].(string)
}

func TestDeliveriesAreMadeBeforeTheClockAnswers(t *testing.T) {
	t.Parallel()
	p := start(t)
	v := &receiver{refuse: 1}
	id, secret := p.subscribe(v)
	p.send(oneSMS)
	require.Equal(t, "[]", p.get("/_fake/deliveries").body)
	p.advance("5s")
	require.Equal(t, 1, v.count())
	d := p.get("/_fake/deliveries").list()[0]
	require.Equal(t, []any{"pending", "message.delivered", id},
		[]any{d["status"], d["event"], d["webhook_id"]})
	p.advance("10s")
	require.Equal(t, []bool{true, true}, v.valid(secret))
	require.Equal(t, v.bodies[0], v.bodies[1])

	d = p.get("/_fake/deliveries").list()[0]
	require.Equal(t, []any{"delivered", v.bodies[0]}, []any{d["status"], d["body"]})
	attempts := d["attempts"].([]any)
	require.Len(t, attempts, 2)
	first, second := attempts[0].(map[string]any), attempts[1].(map[string]any)
	require.Equal(t, []any{500.0, "it answered 500", nil, false},
		[]any{first["status_code"], first["error"], first["fault"], first["replay"]})
	require.Equal(t, []any{200.0, nil}, []any{second["status_code"], second["error"]})
	require.Equal(t, v.header[1].Get("X-Hellio-Signature-V2"),
		second["headers"].(map[string]any)["X-Hellio-Signature-V2"])
	require.Regexp(t, `\+00:00$`, second["at"])
}

func TestDeliveriesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.subscribe(&receiver{})
	p.send(oneSMS)
	p.advance("5s")
	p.send(`{"recipients":["+233009900001"],"sender":"HELLIO","message":"Hi"}`)
	p.advance("5s")
	all := p.get("/_fake/deliveries").list()
	require.Equal(t, []any{"message.failed", "message.delivered"},
		[]any{all[0]["event"], all[1]["event"]})
}

func TestAReplayPostsTheSameBytesAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t)
	v := &receiver{}
	_, secret := p.subscribe(v)
	p.send(oneSMS)
	p.advance("5s")
	id := p.get("/_fake/deliveries").list()[0]["id"].(string)
	require.Equal(t, http.StatusNoContent,
		p.call(http.MethodPost, "/_fake/deliveries/"+id+"/replay", "").status)
	require.Equal(t, []bool{true, true}, v.valid(secret))
	require.Equal(t, v.bodies[0], v.bodies[1])
	p.call(http.MethodPost, "/_fake/deliveries/dlv_0/replay", "").refused(http.StatusNotFound,
		"not_found")
	p.world(`{}`).call(http.MethodPost, "/_fake/deliveries/"+id+"/replay", "").refused(
		http.StatusNotFound, "not_found")
	require.Equal(t, 2, v.count())
}

func TestWebhookFaultsActOnTheRealConnection(t *testing.T) {
	t.Parallel()
	server := start(t)
	for _, c := range []struct {
		effect    string
		atOnce    int // posts when the message is final
		inTheEnd  []bool
		attempted int
	}{
		{`"webhook_lose"`, 0, []bool{true}, 2},
		{`"webhook_duplicate"`, 2, []bool{true, true}, 2},
		{`"webhook_reorder"`, 0, nil, 0},
		{`"webhook_bad_signature"`, 1, []bool{false}, 1},
		{`"webhook_delay","duration":"1m"`, 0, []bool{true}, 1},
	} {
		t.Run(c.effect, func(t *testing.T) {
			t.Parallel()
			own := *server
			own.t = t
			p := own.world(`{}`)
			v := &receiver{}
			_, secret := p.subscribe(v)
			p.fault(`{"op":"webhook","nth":1,"to":"233209990001","effect":` + c.effect + `}`)
			p.send(oneSMS)
			p.advance("5s")
			require.Equal(t, c.atOnce, v.count())
			p.advance("1h")
			require.Equal(t, c.inTheEnd, v.valid(secret))
			require.Len(t, p.get("/_fake/deliveries").list()[0]["attempts"], c.attempted)
			require.EqualValues(t, 1, p.get("/_fake/faults").list()[0]["hits"])
		})
	}
}

func TestDeliveriesOfOneWorldAreNotAnothers(t *testing.T) {
	t.Parallel()
	p := start(t)
	a, b := p.world(`{}`), p.world(`{}`)
	v := &receiver{}
	a.subscribe(v)
	b.send(oneSMS)
	b.advance("1h")
	require.Zero(t, v.count())
	a.send(oneSMS)
	a.advance("5s")
	require.Equal(t, 1, v.count())
	require.Empty(t, b.get("/_fake/deliveries").list())
	require.Equal(t, http.StatusNoContent, a.call(http.MethodPost, "/_fake/reset", "").status)
	require.Empty(t, a.get("/_fake/deliveries").list())
}
