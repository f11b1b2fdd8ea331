package main

// mutant is a mistake in the client: a replacement in one file.
type mutant struct {
	name string
	file string
	old  string // must occur exactly once
	new  string
}

var mutants = []mutant{
	{
		name: "a new key for each attempt",
		file: "transport.go",
		old:  `h[contract.HeaderIdempotencyKey] = x.key[:]`,
		new:  `key, _ := newUUID(); h[contract.HeaderIdempotencyKey] = []string{key}`,
	},
	{
		name: "a retry without the key",
		file: "transport.go",
		old:  `if x.response.IdempotencyKey != "" {`,
		new:  `if x.response.IdempotencyKey != "" && x.response.Attempts == 1 {`,
	},
	{
		name: "a billable call without a key is retried on EOF",
		file: "retry.go",
		old:  `return c.repeatable(), whyLost`,
		new:  `return c != classOther, whyLost`,
	},
	{
		name: "a verification is retried on EOF",
		file: "retry.go",
		old:  `return c.repeatable(), whyLost`,
		new:  `return c != classBillable, whyLost`,
	},
	{
		name: "a billable call without a key is retried on 503",
		file: "retry.go",
		old:  `return c.repeatable(), whyUnavailable`,
		new:  `return true, whyUnavailable`,
	},
	{
		name: "the trace alone proves not sent",
		file: "gate.go",
		old:  `if w.body.wire == nil || w.ungated {`,
		new:  `if true {`,
	},
	{
		name: "a cancelled call counts as not sent",
		file: "transport.go",
		old:  `x.sent = !w.notSent(err, ended) || resp != nil`,
		new:  `x.sent = x.ctx.Err() == nil && (!w.notSent(err, ended) || resp != nil)`,
	},
	{
		name: "no gate",
		file: "transport.go",
		old:  `	out.ContentLength = int64(len(x.body))`,
		new: `	out.ContentLength = int64(len(x.body))
	out.GetBody = func() (io.ReadCloser, error) {
		again := new(wire)
		again.body.wire = again
		again.body.data.Reset(x.body)
		return &again.body, nil
	}`,
	},
	{
		name: "PROTOCOL_ERROR proves not sent",
		file: "gate.go",
		old:  `strings.HasSuffix(cause, "; REFUSED_STREAM; received from peer"))`,
		new:  `strings.HasSuffix(cause, "; received from peer"))`,
	},
	{
		name: "a resumed call begins as not sent",
		file: "request.go",
		old:  `if x.opts.resume {`,
		new:  `if false {`,
	},
	{
		name: "no retry after a 409",
		file: "retry.go",
		old:  `return c == classKeyed, whyConflict`,
		new:  `return false, whyConflict`,
	},
	{
		name: "a 4xx after an unknown attempt is rejected",
		file: "outcome.go",
		old:  `!(replay && now == OutcomeRejected)`,
		new:  `now != OutcomeRejected`,
	},
	{
		name: "a 5xx is rejected",
		file: "exchange.go",
		old:  `case status < 300, status >= 500, status ==`,
		new:  `case status < 300, status ==`,
	},
	{
		name: "the HTML page of a portal is accepted",
		file: "exchange.go",
		old:  `if x.fault != faultNone && !x.isAPIAnswer() {`,
		new:  `if false {`,
	},
	{
		name: "no replay flag",
		file: "call.go",
		old:  `k.Replayed = r.Replayed`,
		new:  `k.Replayed = false`,
	},
	{
		name: "no limit for Retry-After",
		file: "exchange.go",
		old:  `ok && asked > x.core.policy.MaxRetryAfter &&`,
		new:  `ok && asked > 24*time.Hour &&`,
	},
	{
		name: "Retry-After is ignored",
		file: "retry.go",
		old:  `return sumWaits(max(wait, throttleWait), time.Duration(random*float64(time.Second)))`,
		new:  `_ = wait; return base`,
	},
	{
		name: "a wait exceeds the deadline",
		file: "exchange.go",
		old:  `time.Until(deadline) < x.wait+x.shortest()`,
		new:  `time.Until(deadline) < 0`,
	},
	{
		name: "no time limit for an attempt",
		file: "transport.go",
		old:  `	return context.WithDeadline(x.latest.ctx, limit)`,
		new:  `	return context.WithCancel(x.latest.ctx)`,
	},
	{
		name: "redirects are followed",
		file: "exchange.go",
		old:  `if resp.StatusCode/100 == 3 {`,
		new:  `if false {`,
	},
	{
		name: "an exchange keeps the state of the call before",
		file: "exchange.go",
		old:  "	x.callState = callState{}\n",
		new:  "",
	},
	{
		name: "no retry budget",
		file: "retry.go",
		old:  `if spent+cost > budgetSize && !forced {`,
		new:  `if false {`,
	},
	{
		name: "a pooled connection for a request that must not repeat",
		file: "transport.go",
		old:  `case c.repeatable(), ts.plainHTTP2, ts.single == nil:`,
		new:  `case true:`,
	},
	{
		name: "a key is used under another token",
		file: "exchange.go",
		old:  `if x.class == classKeyed && x.auth != nil && x.mayBeDone() && auth.token != x.auth.token {`,
		new:  `if false {`,
	},
	{
		name: "a 404 after an unknown DELETE is an error",
		file: "retry.go",
		old:  `case status == http.StatusNotFound && c == classDelete &&`,
		new:  `case false &&`,
	},
	{
		name: "keep-alives for requests that must not repeat",
		file: "transport.go",
		old:  `fresh.DisableKeepAlives = true`,
		new:  `fresh.DisableKeepAlives = false`,
	},
	{
		name: "no size limit for a response",
		file: "response.go",
		old:  `io.ReadAll(io.LimitReader(resp.Body, limit+1))`,
		new:  `io.ReadAll(resp.Body)`,
	},
	{
		name: "the body's signature replaces the stronger one",
		file: "webhook.go",
		old:  `!strong && v.bodyOnly {`,
		new:  `!strong {`,
	},
	{
		name: "deliveries of tomorrow are accepted",
		file: "webhook.go",
		old:  `age.Abs() > v.tolerance`,
		new:  `age > v.tolerance`,
	},
}
