// Package hellio is a client for the Hellio Messaging API: SMS, one-time
// passwords, voice, number lookup, e-mail verification, reports, balance and
// pricing, webhooks and USSD. Package helliotest is a fake of the whole API for
// the tests of applications.
//
// # A first message
//
// Make one [Client] and share it. Its services have the names of the API's
// chapters:
//
//	client, err := hellio.NewClient(os.Getenv("HELLIO_API_TOKEN"))
//	if err != nil { … }
//	sent, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
//		Recipients: []string{"+233209990001"},
//		Sender:     "HELLIO",
//		Message:    "Your parcel is here.",
//	})
//
// Every method takes a context first, then its params, then options of this one
// call such as [WithIdempotencyKey], [WithMaxRetries] and [WithResponse]. Set a
// deadline: without one, a keyed send may take some minutes when the API fails.
//
// # Was it sent?
//
// Every error of a call has an [Outcome], which covers all attempts of the
// call. Ask one question before you send a message again:
//
//	if errors.Is(err, hellio.ErrOutcomeUnknown) {
//		// It may have been sent. Resume with its key; never make a new call.
//	}
//
// [OutcomeNotSent] means that no complete request left this process.
// [OutcomeRejected] means that the API refused: nothing was sent or charged.
// [OutcomeAccepted] means that the API accepted the call, although its response
// could not be read. [OutcomeUnknown] covers everything else. It sticks across
// retries until the API returns this call's own result.
//
// [RetryAdvice] returns the next step: stop, retry, resume or inspect.
//
// To continue after a crash, store the idempotency key with the message before
// you send it, and resume with the same params and token:
//
//	// the first time
//	client.SMS.Send(ctx, params, hellio.WithIdempotencyKey(key))
//	// every later time
//	client.SMS.Send(ctx, params, hellio.WithResumeKey(key))
//
// The API answers a key that it knows with the first response, sends nothing
// and charges nothing; Replayed is then true in the result. A resumed call
// begins with an unknown outcome: a 429 or a refused dial says nothing about
// the earlier call.
//
// # Errors
//
// A status other than 2xx is an [*APIError]. Most are one of its kinds:
// [*AuthenticationError], [*InsufficientBalanceError], [*PermissionError],
// [*NotFoundError], [*ConflictError], [*ValidationError], [*RateLimitError],
// [*ServerError], [*RedirectError]. A call without a response returns a
// [*ConnectionError], and one with an unreadable response a [*DecodeError]. Bad
// input returns a [*ParamError] before anything is sent. [ResponseOf] returns
// status, headers, key and attempts of each of them except a *ParamError. A
// wrong one-time code is not an error: [OTPService.Verify] returns false, and
// [OTPStatusOf] says why.
//
//	var broke *hellio.InsufficientBalanceError
//	switch {
//	case errors.As(err, &broke):
//		// top up; see OutcomeOf(err) for what was sent
//	…
//	}
//
// # Retries
//
// The client retries calls that cannot act twice: reads, deletes, and sends,
// which have an idempotency key. It retries other calls only after a 429, or if
// the request provably was not sent. It waits as long as Retry-After says, or
// else uses exponential backoff with jitter. If a wait would pass the context's
// deadline, the call returns the error immediately. See [RetryPolicy]. Do not
// wrap calls in another retry loop, because the loops multiply.
//
// # Rate limits
//
// A token may make 120 requests per minute by default (documented). The client
// learns the window from response headers ([WindowLimiter]). Calls within the
// limit usually start immediately; calls over it queue, OTPs before others. The
// client waits after a 429; if the wait would be too long it returns a
// [*RateLimitError]. One limiter may serve several clients. WithLimiter(nil)
// disables pacing. [Client.RateLimit] and each Response hold what the API last
// reported.
//
// # What the API sends
//
// [NewWebhookHandler] returns an http.Handler for delivery reports. It checks
// the signature over timestamp and body, passes each event to your function,
// normally once, and accepts the API's next attempt if the function fails.
// Reports come in any order: apply a status only if its Rank is above that of
// the stored status. [ParseWebhook] is for other frameworks, and
// [NewUSSDHandler] for the steps of USSD sessions.
//
// # Money and times
//
// An [Amount] is the exact decimal text that the API sent, with [Amount.Rat]
// for arithmetic. A [Timestamp] is a time.Time that also keeps its text. An
// [ID] is text, whether the API sent a number or a string. What the vendor does
// not document stays as received in a field named Raw.
//
// # Provenance
//
// Comments mark where a statement about the API comes from. Documented: by the
// vendor. Inferred: from the vendor's SDKs, plugins or framework. Decided: not
// published, our choice; confirm it before you depend on it.
//
// # Logs
//
// [WithLogger] writes a line for each attempt, [WithAttemptHook] passes each to
// a function, and [WithTracer] observes calls and attempts as spans. Their
// output and the printed values of this package contain no token, code, message
// text or full phone number. Errors hide what their call sent if the API quotes
// it. Only Response.Body holds the response as received. Params and results
// marshal to JSON in full, because applications store them.
package hellio
