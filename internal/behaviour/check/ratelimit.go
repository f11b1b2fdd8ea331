package check

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// left returns the requests left by an answer's header, -1 if it has none.
func left(a *Answer) int { return headerNumber(a, "X-Ratelimit-Remaining") }

func headerNumber(a *Answer, name string) int {
	n, err := strconv.Atoi(a.Header.Get(name))
	if err != nil {
		return -1
	}
	return n
}

// mostRequests is how many requests a check makes to find a limit.
const mostRequests = 600

// exhaust makes requests until one is refused. It returns that answer, and how
// many went before.
func (t *trial) exhaust(most int, ask func() *Answer) (refused *Answer, before int) {
	for n := range most {
		if a := ask(); a.Status == http.StatusTooManyRequests {
			return a, n
		}
	}
	t.untestable("%d requests were not refused", most)
	return nil, 0
}

// usedUp begins a new window and uses it up.
func (t *trial) usedUp() (refused *Answer, before int, began time.Time) {
	t.sleep(61 * time.Second)
	var first *Answer
	refused, before = t.exhaust(mostRequests, func() *Answer {
		a := t.raw("GET", "/balance", nil)
		if first == nil {
			first = a
		}
		return a
	})
	began, _ = http.ParseTime(first.Header.Get("Date"))
	return refused, before, began
}

var ratelimitChecks = chapter{
	"ratelimit.requests": func(t *trial) {
		if _, n, _ := t.usedUp(); n != 120 {
			t.refute(n, "120 requests", "another number")
		}
	},
	"error.throttled": func(t *trial) {
		a, _, _ := t.usedUp()
		t.refused(a, "error.throttled")
	},
	"ratelimit.retry_after": func(t *trial) {
		a, _, _ := t.usedUp()
		n := headerNumber(a, "Retry-After")
		t.must(n >= 0 && n <= 60, "Retry-After of 0 to 60", "another or none")
	},
	"ratelimit.refusal": func(t *trial) {
		a, _, _ := t.usedUp()
		t.must(left(a) == 0, "X-RateLimit-Remaining 0", "another or none")
		now, err := http.ParseTime(a.Header.Get("Date"))
		t.needs(err == nil, "the answer has no Date")
		end := now.Unix() + int64(headerNumber(a, "Retry-After"))
		reset := int64(headerNumber(a, "X-Ratelimit-Reset"))
		t.must(reset >= end-1 && reset <= end+1, "X-RateLimit-Reset at the end of Retry-After",
			"another or none")
	},
	"ratelimit.window": func(t *trial) {
		t.sleep(20 * time.Second) // off the full minute
		a, _, began := t.usedUp()
		now, err := http.ParseTime(a.Header.Get("Date"))
		t.needs(err == nil && !began.IsZero(), "the answers have no Date")
		t.needs(began.Second() > 5 && began.Second() < 55, "the window began at a full minute")
		end := now.Add(time.Duration(headerNumber(a, "Retry-After")) * time.Second)
		switch length := end.Sub(began).Round(time.Second); {
		case length >= 58*time.Second && length <= 62*time.Second:
		case end.Second() <= 1 || end.Second() >= 59:
			t.refute("clock_minute", "an end 60 s after the first request", "one at a full minute")
		default:
			t.refute(nil, "an end 60 s after the first request", "another")
		}
	},
	"ratelimit.refused_uncounted": func(t *trial) {
		a, n, _ := t.usedUp()
		for range 3 {
			t.raw("GET", "/balance", nil)
		}
		t.sleep(time.Duration(headerNumber(a, "Retry-After")+1) * time.Second)
		next := t.raw("GET", "/balance", nil)
		t.must(next.ok() && left(next) == n-1, "a whole new window", next.shape())
	},
	"ratelimit.per_token": func(t *trial) {
		other := t.settings().IssueToken()
		t.usedUp()
		t.status(t.raw("GET", "/balance", nil, as(other)...), 200)
	},
	"ratelimit.headers": func(t *trial) {
		for _, a := range []*Answer{t.get("/balance"), t.get("/messages"), t.get("/webhooks")} {
			t.must(left(a) >= 0 && headerNumber(a, "X-Ratelimit-Limit") > 0, "both headers",
				"not both")
		}
	},
	"ratelimit.remaining": func(t *trial) {
		for range 3 { // a window may end in between, or another client may call
			first, second := left(t.get("/balance")), left(t.get("/balance"))
			t.needs(first >= 0 && second >= 0, "the answers have no X-RateLimit-Remaining")
			if second == first-1 {
				return
			}
		}
		t.refute(nil, "a Remaining that falls by one", "another")
	},
	"ratelimit.no_reset": func(t *trial) {
		for _, a := range []*Answer{t.get("/balance"), t.get("/messages/" + nowhere)} {
			for _, name := range []string{"X-Ratelimit-Reset", "Retry-After"} {
				t.must(a.Header.Get(name) == "", "no "+name, name)
			}
		}
	},
	"ratelimit.errors_counted": func(t *trial) {
		for _, a := range []*Answer{t.get("/messages/" + nowhere), t.post("/sms/send", body{})} {
			t.needs(a.Status/100 == 4, "the call was not refused")
			t.must(left(a) >= 0, "limiter headers", a.shape()+" without them")
		}
	},
	"ratelimit.unauthenticated": func(t *trial) {
		a := t.get("/balance", as("1|nosuchtoken")...)
		t.must(left(a) == -1, "no limiter headers", "limiter headers")
	},
	"ratelimit.replay_counted": func(t *trial) {
		key := t.key()
		first := t.works(t.sms(nil, key...))
		again := t.smsAgain(nil, key...)
		t.needs(strings.EqualFold(again.Header.Get("Idempotent-Replayed"), "true"), "no replay")
		t.must(left(again) >= 0 && left(again) == left(first)-1, "a Remaining that falls",
			"one that does not")
	},
}
