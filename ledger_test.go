package hellio

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apiHandling is what the API does with a whole request whose key has no stored
// response.
type apiHandling int

const (
	notReceived      apiHandling = iota // not sent, or HTTP/2 refused the stream
	notHandled                          // dropped, or refused before the idempotency layer
	carriedOut                          // done and charged; the success is stored
	refusedStored                       // refused; the refusal is stored
	failedStored                        // 500 before the charge; the 500 is stored
	doneFailedStored                    // done and charged, then 500; the 500 is stored
	removedByOthers                     // another process has deleted the resource
)

// apiAnswer is the API's own answer to a whole request.
type apiAnswer struct {
	status   int
	body     string
	replayed bool
}

// apiRoute is what contract.md says about a route, as far as it matters here.
type apiRoute struct {
	keyed    bool // honours Idempotency-Key (documented)
	harmless bool // a read or a delete: repeating it changes nothing more
	price    int  // in ten-thousandths
	success  apiAnswer
	again    apiAnswer // the answer once it is done, where that differs; keys come first
}

var apiRoutes = map[string]apiRoute{
	"/v1/sms/send": {
		keyed:   true,
		price:   310,
		success: apiAnswer{status: 202, body: sentBody},
	},
	"/v1/lookup": {
		price: 150,
		success: apiAnswer{
			status: 202,
			body:   `{"data":{"status":"queued","estimated_cost":"0.0150","currency":"GHS"}}`,
		},
	},
	"/v1/otp/verify": {
		success: apiAnswer{status: 200, body: `{"data":{"verified":true,"status":"verified"}}`},
		again:   apiAnswer{status: 422, body: `{"data":{"verified":false,"status":"invalid"}}`},
	},
	"/v1/webhooks/12": {
		harmless: true,
		success:  apiAnswer{status: 204},
		again:    apiAnswer{status: 404, body: `{"message":"Not found.","error":"not_found"}`},
	},
	"/v1/balance": {
		harmless: true,
		success:  apiAnswer{status: 200, body: balanceBody},
	},
}

// answer returns the answer with a status that the handler chose.
func (r *apiRoute) answer(status int) apiAnswer {
	switch status {
	case http.StatusUnprocessableEntity:
		return apiAnswer{status: status, body: `{"message":"No.","error":"sender_not_approved"}`}
	case http.StatusInternalServerError:
		return apiAnswer{status: status, body: `{"message":"No.","error":"server_error"}`}
	default:
		return r.success
	}
}

// ledgerEntry is the true state of one key, or of all requests without a key.
type ledgerEntry struct {
	key      string
	whole    int  // whole requests received
	done     int  // times carried out
	money    int  // taken, in ten-thousandths
	stored   int  // status of the stored answer; 0: none
	removed  bool // by another process
	repeated bool // an unkeyed write came again after it was carried out
}

// ledger is the API's state of one message. It follows contract.md, section 3:
// the API answers a known key with the first response, marked as a replay, and
// does nothing again. Whether the API stores failures is not published, so the
// ends of attempts decide.
type ledger struct{ entries []ledgerEntry }

func (l *ledger) clone() ledger { return ledger{entries: slices.Clone(l.entries)} }

func (l *ledger) entry(key string) *ledgerEntry {
	for i := range l.entries {
		if l.entries[i].key == key {
			return &l.entries[i]
		}
	}
	l.entries = append(l.entries, ledgerEntry{key: key})
	return &l.entries[len(l.entries)-1]
}

// total returns the sum over all keys, which belong to one message.
func (l *ledger) total() ledgerEntry {
	var sum ledgerEntry
	for _, e := range l.entries {
		sum.whole += e.whole
		sum.done += e.done
		sum.money += e.money
		sum.stored = max(sum.stored, e.stored)
		sum.removed = sum.removed || e.removed
		sum.repeated = sum.repeated || e.repeated
	}
	return sum
}

// receive handles one whole request and returns the response of the API's
// handler, or the zero value if the handler did not run.
func (l *ledger) receive(path, key string, h apiHandling) apiAnswer {
	route := apiRoutes[path]
	keyed := route.keyed && key != ""
	if !keyed {
		key = ""
	}
	e := l.entry(key)
	e.whole++
	e.repeated = e.repeated || !keyed && !route.harmless && e.done > 0
	e.removed = e.removed || h == removedByOthers
	switch {
	case h == notHandled:
		return apiAnswer{}
	case e.stored != 0:
		stored := route.answer(e.stored)
		stored.replayed = true
		return stored
	case route.again.status != 0 && (e.done > 0 || e.removed):
		return route.again
	}
	if h == carriedOut || h == doneFailedStored {
		e.done++
		e.money += route.price
	}
	status := route.success.status
	switch h {
	case refusedStored:
		status = http.StatusUnprocessableEntity
	case failedStored, doneFailedStored:
		status = http.StatusInternalServerError
	}
	if keyed {
		e.stored = status
	}
	return route.answer(status)
}

// ledgerAPI is a network with the ledger behind it. It follows a script of
// attempt ends and then answers normally. Its limiter begins each attempt.
type ledgerAPI struct {
	*WindowLimiter // only for Observe

	ledger ledger
	script []*attemptEnd
	known  map[attemptSign]uint8
	ended  context.CancelFunc // the caller's, of the current call
	closed time.Time          // no request may come before, by Retry-After

	normal  *attemptEnd
	current *attemptEnd
	last    attemptSign // of the latest attempt
	counts  wireCounts  // of the current call
}

// wireCounts counts what one call has done on the wire.
type wireCounts struct {
	scripted int // ends of the script that were taken
	beyond   int // attempts after the script
	trips    int // calls of RoundTrip
	whole    int // whole requests on the wire
	unsent   int // others
	short    int // bodies that were not whole
	late     int // whole requests sent after the call had returned
	early    int // whole requests sent before the Retry-After was over
	rushed   int // attempts after a permit that came too late
	signs    []uint8
	unread   []*http.Request
}

func newLedgerAPI() *ledgerAPI {
	return &ledgerAPI{
		WindowLimiter: new(WindowLimiter),
		known:         map[attemptSign]uint8{},
		normal:        &normalEnd()[0],
	}
}

// Wait takes the next end of the script, and prevents the attempt if the end
// says so.
func (a *ledgerAPI) Wait(ctx context.Context, _ LimitRequest) error {
	a.last = attemptSign{}
	a.current = a.normal
	if a.counts.scripted < len(a.script) {
		a.current = a.script[a.counts.scripted]
		a.counts.scripted++
	} else {
		a.counts.beyond++
	}
	if a.current.stage != stageNone {
		return nil
	}
	s := a.show(apiAnswer{})
	switch {
	case s.cancels:
		a.ended()
		return ctx.Err()
	case s.late:
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline) - shortestPaidAttempt/2)
		a.current = a.normal // a client that begins now sends the message
		return nil
	default:
		return s.err
	}
}

// show returns what the client sees of the current attempt, and records it.
func (a *ledgerAPI) show(given apiAnswer) attemptSign {
	s := a.current.sign(given)
	s.stage = a.current.stage
	id, known := a.known[s]
	if !known {
		id = uint8(len(a.known) + 1)
		a.known[s] = id
	}
	a.counts.signs = append(a.counts.signs, id)
	a.last = s
	return s
}

// RoundTrip lets one attempt end as the script says.
func (a *ledgerAPI) RoundTrip(req *http.Request) (*http.Response, error) {
	a.counts.trips++
	if a.last.late {
		a.counts.rushed++
	}
	var given apiAnswer
	if a.transmit(req, a.current.stage) && a.current.handling != notReceived {
		given = a.receive(req, a.current.handling)
	}
	s := a.show(given)
	switch {
	case s.status != 0:
		return a.response(req, s), nil
	case s.cancels:
		a.ended()
		return nil, req.Context().Err()
	case s.silent:
		<-req.Context().Done()
		return nil, req.Context().Err()
	default:
		return nil, s.err
	}
}

func (a *ledgerAPI) receive(req *http.Request, h apiHandling) apiAnswer {
	return a.ledger.receive(req.URL.Path, req.Header.Get("Idempotency-Key"), h)
}

// transmit does what net/http does up to a stage, and reports whether a whole
// request was sent.
func (a *ledgerAPI) transmit(req *http.Request, last wireStage) bool {
	if last != stageUntraced {
		trace := httptrace.ContextClientTrace(req.Context())
		trace.GetConn("")
		if last >= stageConnected {
			trace.GotConn(httptrace.GotConnInfo{})
		}
		if last >= stageWhole {
			trace.WroteHeaders()
		}
	}
	if last < stageWhole {
		a.counts.unsent++
		if req.Body != nil {
			a.counts.unread = append(a.counts.unread, req)
		}
		return false
	}
	a.counts.whole++
	if time.Now().Before(a.closed) {
		a.counts.early++
	}
	if req.Body != nil {
		if n, err := io.Copy(io.Discard, req.Body); err != nil || n != req.ContentLength {
			a.counts.short++
		}
	}
	return true
}

// sendLate lets each attempt that sent nothing continue unseen, as a
// RoundTripper with its own time limit does.
func (a *ledgerAPI) sendLate() {
	for _, req := range a.counts.unread {
		if n, _ := io.Copy(io.Discard, req.Body); n > 0 {
			a.receive(req, carriedOut)
			a.counts.late++
		}
	}
}

func (a *ledgerAPI) response(req *http.Request, s attemptSign) *http.Response {
	h := http.Header{}
	for name, value := range map[string]string{
		"Content-Type": s.contentType,
		"Retry-After":  s.retryAfter,
	} {
		if value != "" {
			h[name] = []string{value}
		}
	}
	if seconds, err := strconv.Atoi(s.retryAfter); err == nil {
		a.closed = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	if s.replayed {
		h["Idempotent-Replayed"] = []string{"true"}
	}
	return &http.Response{
		StatusCode:    s.status,
		Header:        h,
		Body:          &signedBody{strings.NewReader(s.body), s, a},
		ContentLength: -1,
		Request:       req,
	}
}

// signedBody is the body of a response, and what follows its last byte.
type signedBody struct {
	*strings.Reader
	sign attemptSign
	api  *ledgerAPI
}

func (b *signedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	switch {
	case err == nil:
		return n, nil
	case b.sign.cancels:
		b.api.ended()
		return n, context.Canceled
	case b.sign.err != nil:
		return n, b.sign.err
	default:
		return n, err
	}
}

func (b *signedBody) Close() error { return nil }
