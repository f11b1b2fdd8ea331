package behaviour

// login holds the claims about auth/token.
var login = []Behaviour{
	documented("auth_token.success", FakeOnly, "auth/token answers 201").follows(aStatus),
	documented("auth_token.fields", FakeOnly,
		"auth/token answers with token, abilities, and the user's name and email").
		follows(aFields),
	inferred("login.public", Free, "auth/token ignores the header Authorization"),
	inferred("login.key", FakeOnly, "auth/token ignores Idempotency-Key"),
	documented("error.credentials", Disruptive, "wrong credentials get 401 invalid_credentials").
		follows(aError(401, "invalid_credentials")),
	documented("error.locked", FakeOnly, "a locked account gets 403 account_locked").
		follows(aError(403, "account_locked")),
	documented("error.unverified", FakeOnly, "an unverified address gets 403 email_unverified").
		follows(aError(403, "email_unverified")),
	documented("error.two_factor", FakeOnly,
		"a missing second factor gets 422 two_factor_required").
		follows(aError(422, "two_factor_required")),
	decided("login.wrong_factor", FakeOnly, "a wrong second factor gets 401 invalid_credentials"),
	decided("auth_token.order", FakeOnly,
		"auth/token checks fields, credentials, lock, verification and second factor, in this "+
			"order").
		follows(aOrder("fields", "credentials", "locked", "unverified", "second_factor")),
	inferred("login.usable", FakeOnly, "the issued token works"),
	decided("login.scopes", FakeOnly, "the issued token has every scope but *"),
	decided("login.abilities", FakeOnly, "abilities names the scopes of the token"),
	documented("login.pair", Disruptive, "log-in tries are limited per e-mail address"),
	decided("login.tries", Disruptive, "an e-mail address has 5 tries per minute, then 429").
		follows(aCount(1, 100)),
	decided("login.tries_case", Disruptive, "tries count alike in any case of letters"),
	decided("login.right_tries", FakeOnly, "right tries count too"),
	decided("login.headers", Disruptive, "a try has the X-RateLimit headers of its own limit"),
	decided("login.field_errors", Free, "field errors are no try"),
	decided("login.email_case", FakeOnly, "the e-mail address counts in any case of letters"),
	decided("login.password", FakeOnly, "white space around a password counts"),
	decided("login.device_name", FakeOnly, "device_name changes nothing"),
	inferred("login.device_limit", Free, "device_name has at most 255 characters"),
}
