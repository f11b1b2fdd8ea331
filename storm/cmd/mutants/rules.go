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
	{"not sent claimed from WroteRequest", "transport.go", `	return !w.wroteHeaders.Load()
}

// RoundTrip`, `	return !w.wroteHeaders.Load() || w.writeErr.Load() != nil
}

// RoundTrip`},
	{"not sent claimed of what was cancelled", "transport.go", `x.sent = !x.core.wire.proven.Load() ||`, `x.sent = x.ctx.Err() == nil &&`},
	{"the GetBody veto removed", "transport.go", `return w.http2.Load() || !w.wroteHeaders.Load()`, `return true`},
	{"409 surfaced", "retry.go", `return c == classKeyed, whyConflict`, `return false, whyConflict`},
	{"a 4xx after an unknown attempt told as rejected", "outcome.go", `!(replayed && latest == OutcomeRejected)`, `latest != OutcomeRejected`},
	{"a 5xx told as rejected", "exchange.go", `	case status >= 300 && status < 500:`, `	case status >= 300:`},
	{"a portal's page told as accepted", "exchange.go", `if x.fault != faultNone && !x.isAPIAnswer() {`, `if false {`},
	{"the replay flag lost", "call.go", `r.IdempotencyKey, r.Replayed }`, `r.IdempotencyKey, false }`},
	{"Retry-After without a cap", "exchange.go", `ok && told > x.core.policy.MaxRetryAfter &&`, `ok && told > 24*time.Hour &&`},
	{"Retry-After ignored", "retry.go", `return sumWaits(max(wait, throttleWait), time.Duration(random*float64(time.Second)))`, `_ = wait; return base`},
	{"a wait that outlives the deadline", "exchange.go", `time.Until(deadline) < x.wait+x.shortest()`, `time.Until(deadline) < 0`},
	{"an attempt without a time limit", "transport.go", `	return context.WithTimeout(ctx, timeout)`, `	return context.WithTimeout(ctx, time.Hour)`},
	{"redirects followed", "transport.go", `if resp.StatusCode/100 == 3 {`, `if false {`},
	{"the retry budget removed", "retry.go", `if b.spent+cost > budgetSize && !forced {`, `if false {`},
	{"a pooled connection for what must not be repeated", "transport.go", `	if c == classBillable || c == classOther {`, `	if false {`},
	{"a key used under another token", "exchange.go", `if x.class == classKeyed && x.inDoubt() && auth.token != x.auth.token {`, `if false {`},
	{"a repeated DELETE that meets 404 told as an error", "retry.go", `case status == http.StatusNotFound && c == classDelete &&`, `case false &&`},
	{"a pool for what must not be repeated", "transport.go", `fresh.DisableKeepAlives = true`, `fresh.DisableKeepAlives = false`},
	{"the answer's size not bounded", "exchange.go", `io.ReadAll(io.LimitReader(resp.Body, limit+1))`, `io.ReadAll(resp.Body)`},
	{"the signature over the body alone taken for the stronger one", "webhook.go", `!strong && v.bodyOnly {`, `!strong {`},
	{"deliveries of tomorrow taken", "webhook.go", `age.Abs() > v.tolerance`, `age > v.tolerance`},
}
