// Package hellio is a client for the Hellio Messaging API: SMS, one-time passwords, voice, number lookup, e-mail verification, reports,
// balance and pricing, webhooks and USSD. Package helliotest, beside it, is a fake of the whole API to test applications with.
//
// # A first message
//
// A [Client] is made once and shared. Its services are named as the API's chapters:
//
//	client, err := hellio.NewClient(os.Getenv("HELLIO_API_TOKEN"))
//	if err != nil { … }
//	sent, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
//		Recipients: []string{"+233209990001"},
//		Sender:     "HELLIO",
//		Message:    "Your parcel is here.",
//	})
//
// Every method takes a context first, then its params, then options of this one call such as [WithIdempotencyKey], [WithMaxRetries] and
// [WithResponse].
//
// # Did it go out?
//
// Every error of a call carries an [Outcome], over all its attempts together. One question decides whether a message may be sent again:
//
//	if errors.Is(err, hellio.ErrOutcomeUnknown) {
//		// It may have gone out. Go on with the same key, never with a new call.
//	}
//
// [OutcomeNotSent] says that no complete request left this process. [OutcomeRejected] says that the API refused: nothing was sent or
// charged. [OutcomeAccepted] says that it was taken, though the answer could not be read. [OutcomeUnknown] is all else, and stays so
// over further attempts until the API gives the call's own result.
//
// To go on after a crash, keep the idempotency key beside the message before sending, and use it again:
//
//	client.SMS.Send(ctx, params, hellio.WithIdempotencyKey(key))
//
// The API answers a key that it knows with the first answer, sends nothing and charges nothing; the result's Replayed is then true.
//
// # Errors
//
// An answer other than 2xx is an [*APIError]; most come as a kind of it: [*AuthenticationError], [*InsufficientBalanceError],
// [*PermissionError], [*NotFoundError], [*ConflictError], [*ValidationError], [*RateLimitError], [*ServerError], [*RedirectError]. No
// answer is a [*ConnectionError], an unreadable one a [*DecodeError], bad input a [*ParamError]: that one comes before anything is sent.
// A wrong one-time code is no error: [OTPService.Verify] returns false, and [OTPStatusOf] says why.
//
//	var broke *hellio.InsufficientBalanceError
//	switch {
//	case errors.As(err, &broke):
//		// top up; nothing was sent
//	…
//	}
//
// # Retries
//
// The client tries again by itself where that can't do a thing twice: reads and deletes always, sends because they carry an idempotency
// key, everything else only when the request was certainly not carried out. It waits as Retry-After says, else for a random time that
// grows; it never waits past the context's deadline, but returns the error at once. See [RetryPolicy]. Do not wrap calls in another
// retry loop: the loops multiply.
//
// # Limits
//
// A token may make 120 requests a minute by default. The client learns the window from the answers ([WindowLimiter]): bursts go at once,
// calls over the limit wait their turn, OTPs go before others, and a turn after the context's deadline is a [*RateLimitError] at once.
// One limiter may serve several clients; WithLimiter(nil) paces nothing. [Client.RateLimit] and each Response tell what the API last
// said; a 429 is waited for, and is a [*RateLimitError] when that takes too long.
//
// # What the API sends
//
// [NewWebhookHandler] makes a http.Handler for delivery reports: it checks the signature over timestamp and body, hands each event over
// once, and gives it back when the function fails, so that the API's next attempt comes through. Reports come in any order: take a status only
// if its Rank is above the one held. [ParseWebhook] is for other frameworks, [NewUSSDHandler] for the steps of USSD sessions.
//
// # Money and times
//
// An [Amount] is the exact decimal text that the API sent, with [Amount.Rat] for arithmetic. A [Timestamp] is a time.Time that also
// keeps its text. An [ID] is text, whether the API sent a number or a string. What the vendor does not document is kept as it came in a
// field named Raw.
//
// # Logs
//
// [WithLogger] writes a line per attempt, [WithAttemptHook] passes each attempt
// to a function. Neither holds a token, a code, a message's text or a full
// phone number, and no value of this package does when fmt or slog prints it.
// Errors remove what their call sent from the API's words, in Message and Fields
// too. The API's answer as it came is in Response.Body alone. Params and results
// marshal to JSON whole, because applications store them; so does a slice of
// them that slog's JSONHandler logs.
package hellio
