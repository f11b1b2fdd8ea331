package helliotest

// Behaviour is one claim of the fake about the API, with its provenance.
type Behaviour struct {
	Behaviour string `json:"behaviour"`
	// documented, inferred (from SDKs or the framework), or decided (nothing is
	// published)
	Basis string `json:"basis"`
}

const (
	documented = "documented"
	inferred   = "inferred"
	decided    = "decided"
)

// Behaviours returns the fake's claims about the API, in the order of the API's
// chapters.
func (f *Fake) Behaviours() []Behaviour {
	var all []Behaviour
	for _, r := range apiResources() {
		all = append(all, r.behaviours...)
	}
	return all
}

// engineResource holds the claims about all routes.
func engineResource() resource {
	return resource{behaviours: []Behaviour{
		{"a missing, unknown or revoked token gets 401", documented},
		{"401 carries the code unauthenticated", decided},
		{"a token without the scope gets 403", documented},
		{
			"the scope refusal carries the code insufficient_scope, is counted by the limiter " +
				"and has its headers",
			decided,
		},
		{"a caller who is not on the IP list gets 403 ip_not_allowed", documented},
		{"the IP refusal is not counted by the limiter and has none of its headers", decided},
		{"every error has message and error", documented},
		{"field errors get 422 with an errors map, by field", inferred},
		{"field errors carry the code invalid_request", decided},
		{"string inputs are trimmed, and an empty one counts as absent", inferred},
		{
			"a body that is not one JSON object gets 400, another content type 415, more than 8 " +
				"MiB 413",
			decided,
		},
		{"unknown fields and parameters are ignored", inferred},
		{
			"an unknown route gets 404 and a wrong method 405 with Allow, both without limiter " +
				"headers",
			inferred,
		},
		{"120 requests a minute and token, then 429 throttled with Retry-After", documented},
		{
			"the rate window is fixed, begins with its first request and lasts 60 s; a refused " +
				"request is not counted",
			inferred,
		},
		{
			"X-RateLimit-Limit and X-RateLimit-Remaining come with each counted answer, " +
				"X-RateLimit-Reset only with 429",
			inferred,
		},
		{
			"Idempotency-Key is honoured by the three send operations; a repeat is replayed with " +
				"Idempotent-Replayed: true",
			documented,
		},
		{
			"the same key while the first call is in flight gets 409 idempotency_conflict",
			documented,
		},
		{
			"a key belongs to token, method and path, lives 24 h, and has 1 to 255 characters",
			decided,
		},
		{"only a 2xx is kept under a key", decided},
		{"the same key with another body replays the first answer", decided},
		{"a replay counts to the rate limit", inferred},
		{"a spend limit refuses with 403 spend_limit_exceeded and its period", documented},
		{"the period is daily or monthly, by the calendar in UTC", decided},
	}}
}
