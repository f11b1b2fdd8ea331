// Package helliootel observes the calls of a hellio client with OpenTelemetry.
// A [Tracer] makes one span per call, one client span per attempt, and metrics
// of both:
//
//	tracer, err := helliootel.New()
//	…
//	client, err := hellio.NewClient(token, hellio.WithTracer(tracer))
//
// # Spans
//
// A call's span has the operation's name, such as "sms_send". It ends with the
// outcome, the number of attempts, and whether the API replayed a stored
// response. Its events are hellio.retry, with reason and planned wait, and
// hellio.limiter_wait, for a wait of at least a millisecond.
//
// An attempt's span is a child of the call's and follows the conventions for
// HTTP client spans. Its name is the method and the route's template, such as
// "GET /messages/{id}". It has url.template and never url.full, because paths
// and queries contain ids and numbers. A refusal that is the call's result,
// such as the 422 of a wrong one-time code, is no error.
//
// The attempt's span context travels to the API in the headers that the
// propagator writes. Do not wrap the client's transport with otelhttp as well:
// each request would have two spans.
//
// # Metrics
//
//   - http.client.request.duration: seconds per attempt, with the buckets of
//     the conventions
//   - hellio.call.duration: seconds per call, with retries and waits
//   - hellio.call.attempts: attempts per call
//   - hellio.calls: calls by operation, outcome and error type
//   - hellio.rate_limit.remaining: what the latest response reported. OTP sends
//     have a series of their own, because they may report the limit of their
//     source IP
//
// # Secrets
//
// No span, event or metric has a token, code, text, number, id, idempotency key
// or sentence of the API. error.type is a status, the class of a lost
// connection's cause (such as "timeout" or "reset"), "decode" or
// "rate_limited".
package helliootel
