package check

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"
)

// receiver keeps what the API posts to it.
type receiver struct {
	// answer answers the n-th request, counted from 1; nil: 200.
	answer func(n int, w http.ResponseWriter, r *http.Request)

	mu  sync.Mutex
	got []received
}

// received is one request that a receiver got.
type received struct {
	at     time.Time
	header http.Header
	body   []byte
	*Answer
}

// ServeHTTP implements http.Handler.
func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	posted := &Answer{Body: text}
	_ = json.Unmarshal(text, &posted.root)
	v.mu.Lock()
	v.got = append(v.got, received{time.Now(), r.Header.Clone(), text, posted})
	n := len(v.got)
	v.mu.Unlock()
	if v.answer != nil {
		v.answer(n, w, r)
	}
}

// all returns what has come so far.
func (v *receiver) all() []received {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.got
}

// answering returns a receiver that answers with a status.
func answering(status int) *receiver {
	return &receiver{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}}
}

// hook creates a webhook at which v receives, and returns its id and secret.
func (t *trial) hook(v http.Handler, events ...string) (id, secret string) {
	return t.hookAt(0, v, events...)
}

func (t *trial) hookAt(i int, v http.Handler, events ...string) (id, secret string) {
	s := t.settings()
	s.Listen(s.Hooks[i], v)
	b := body{"url": s.Hooks[i]}
	if len(events) > 0 {
		b["events"] = events
	}
	a := t.works(t.post("/webhooks", b))
	return a.text("data.id"), a.text("data.secret")
}

// reported sends an SMS, waits for the reports, and returns those that have
// come.
func (t *trial) reported(v *receiver) []received {
	t.works(t.sms(nil))
	t.sleep(final)
	return v.all()
}

// one is reported for exactly one report.
func (t *trial) one(v *receiver) received {
	all := t.reported(v)
	t.needs(len(all) == 1, "there is not one report")
	return all[0]
}
