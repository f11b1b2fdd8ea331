package behaviour

// token holds the claims about tokens, scopes and the IP list.
var token = []Behaviour{
	documented("token.missing", Free, "a call without a token gets 401"),
	documented("token.unknown", Free, "a call with an unknown token gets 401"),
	documented("token.revoked", FakeOnly, "a revoked token gets 401 from its next call on"),
	inferred("token.scheme", Free, "the scheme Bearer is read in any case of letters"),
	decided("error.unauthenticated", Free, "401 carries the code unauthenticated").
		follows(aError(401, "unauthenticated")),
	documented("token.scope", FakeOnly, "a token without the scope of a route gets 403"),
	inferred("token.wildcard", FakeOnly, "the ability * grants every scope"),
	inferred("token.ussd", FakeOnly, "the USSD routes need the scope ussd"),
	inferred("token.pricing", FakeOnly, "the prices need the scope balance"),
	documented("token.reports", FakeOnly, "messages and campaigns need the scope reports"),
	decided("error.scope", FakeOnly, "the scope refusal carries the code insufficient_scope").
		follows(aError(403, "insufficient_scope")),
	decided("token.scope_counted", FakeOnly,
		"the limiter counts the scope refusal, which has its headers"),
	documented("error.ip", FakeOnly, "a caller who is not on the IP list gets 403 ip_not_allowed").
		follows(aError(403, "ip_not_allowed")),
	decided("token.ip_uncounted", FakeOnly,
		"the limiter does not count the IP refusal, which has none of its headers"),
}
