package behaviour

// ratelimit holds the claims about the limit of requests per token.
var ratelimit = []Behaviour{
	documented("ratelimit.requests", Disruptive, "a token has 120 requests per minute").
		follows(aCount(1, 1000)),
	documented("error.throttled", Disruptive, "a request above a limit gets 429 throttled").
		follows(aError(429, "throttled")),
	documented("ratelimit.retry_after", Disruptive,
		"429 has Retry-After in whole seconds, at most 60"),
	inferred("ratelimit.refusal", Disruptive,
		"429 has X-RateLimit-Remaining 0, and X-RateLimit-Reset at the end of Retry-After"),
	inferred("ratelimit.window", Disruptive,
		"the rate window is fixed, begins with its first request and lasts 60 s").
		follows(aChoice("first_request", "clock_minute")),
	inferred("ratelimit.refused_uncounted", Disruptive, "a refused request is not counted"),
	documented("ratelimit.per_token", FakeOnly, "each token has a window of its own"),
	inferred("ratelimit.headers", Free,
		"each counted answer has X-RateLimit-Limit and X-RateLimit-Remaining"),
	inferred("ratelimit.remaining", Free, "each request takes one from X-RateLimit-Remaining"),
	inferred("ratelimit.no_reset", Free,
		"only 429 has X-RateLimit-Reset and Retry-After"),
	inferred("ratelimit.errors_counted", Free,
		"errors such as 404 and 422 are counted and have the limiter headers"),
	inferred("ratelimit.unauthenticated", Free,
		"401 is not counted and has no limiter headers"),
	inferred("ratelimit.replay_counted", Paid, "a replay counts to the rate limit"),
}
