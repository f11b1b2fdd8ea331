package main

// mutant is a mistake that somebody could make in the client: one piece of a file replaced by another.
type mutant struct {
	name string
	file string
	old  string // must occur exactly once
	new  string
}

var mutants = []mutant{
	{"a new key for each attempt", "transport.go", `h[contract.HeaderIdempotencyKey] = x.key[:]`,
		`key, _ := newUUID(); h[contract.HeaderIdempotencyKey] = []string{key}`},
	{"the key dropped on a retry", "transport.go", `if x.response.IdempotencyKey != "" {`, `if x.response.IdempotencyKey != "" && x.response.Attempts == 1 {`},
	{"a billable call without a key retried on EOF", "retry.go", `return c.repeatable(), whyLost`, `return c != classOther, whyLost`},
	{"a verification retried on EOF", "retry.go", `return c.repeatable(), whyLost`, `return c != classBillable, whyLost`},
	{"a billable call without a key retried on 503", "retry.go", `return c.repeatable(), whyUnavailable`, `return true, whyUnavailable`},
	{"not sent claimed from the trace alone", "gate.go", `if w.body.wire == nil || w.ungated {`, `if true {`},
	{"not sent claimed of what was cancelled", "transport.go", `x.sent = !w.notSent(err, ended) || resp != nil`,
		`x.sent = x.ctx.Err() == nil && (!w.notSent(err, ended) || resp != nil)`},
	{"the gate removed", "transport.go", `	out.ContentLength = int64(len(x.body))`, `	out.ContentLength = int64(len(x.body))
	out.GetBody = func() (io.ReadCloser, error) {
		again := new(wire)
		again.body.wire = again
		again.body.data.Reset(x.body)
		return &again.body, nil
	}`},
	{"PROTOCOL_ERROR taken as proof", "gate.go", `strings.HasSuffix(cause, "; REFUSED_STREAM; received from peer"))`,
		`strings.HasSuffix(cause, "; received from peer"))`},
	{"a resumed call begun as not sent", "request.go", `if x.opts.resume {`, `if false {`},
	{"409 surfaced", "retry.go", `return c == classKeyed, whyConflict`, `return false, whyConflict`},
	{"a 4xx after an unknown attempt told as rejected", "outcome.go", `!(replay && now == OutcomeRejected)`, `now != OutcomeRejected`},
	{"a 5xx told as rejected", "exchange.go", `case status < 300, status >= 500, status ==`, `case status < 300, status ==`},
	{"a portal's page told as accepted", "exchange.go", `if x.fault != faultNone && !x.isAPIAnswer() {`, `if false {`},
	{"the replay flag lost", "call.go", `k.Replayed = r.Replayed`, `k.Replayed = false`},
	{"Retry-After without a cap", "exchange.go", `ok && asked > x.core.policy.MaxRetryAfter &&`, `ok && asked > 24*time.Hour &&`},
	{"Retry-After ignored", "retry.go", `return sumWaits(max(wait, throttleWait), time.Duration(random*float64(time.Second)))`, `_ = wait; return base`},
	{"a wait that outlives the deadline", "exchange.go", `time.Until(deadline) < x.wait+x.shortest()`, `time.Until(deadline) < 0`},
	{"an attempt without a time limit", "transport.go", `	return context.WithTimeout(ctx, timeout)`, `	return context.WithTimeout(ctx, time.Hour)`},
	{"redirects followed", "exchange.go", `if resp.StatusCode/100 == 3 {`, `if false {`},
	{"the retry budget removed", "retry.go", `if b.spent+cost > budgetSize && !forced {`, `if false {`},
	{"a pooled connection for what must not be repeated", "transport.go", `case c.repeatable(), ts.plainHTTP2, !ts.separate:`, `case true:`},
	{"a key used under another token", "exchange.go", `if x.class == classKeyed && x.auth != nil && x.mayBeDone() && auth.token != x.auth.token {`, `if false {`},
	{"a repeated DELETE that meets 404 told as an error", "retry.go", `case status == http.StatusNotFound && c == classDelete &&`, `case false &&`},
	{"a pool for what must not be repeated", "transport.go", `fresh.DisableKeepAlives = true`, `fresh.DisableKeepAlives = false`},
	{"the answer's size not bounded", "response.go", `io.ReadAll(io.LimitReader(resp.Body, limit+1))`, `io.ReadAll(resp.Body)`},
	{"the signature over the body alone taken for the stronger one", "webhook.go", `!strong && v.bodyOnly {`, `!strong {`},
	{"deliveries of tomorrow taken", "webhook.go", `age.Abs() > v.tolerance`, `age > v.tolerance`},
}
