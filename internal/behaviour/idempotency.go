package behaviour

// idempotency holds the claims about Idempotency-Key.
var idempotency = []Behaviour{
	documented("idempotency.sms", Paid, "sms/send honours Idempotency-Key: a repeat is replayed"),
	documented("idempotency.otp", Paid, "otp/send honours Idempotency-Key: a repeat is replayed"),
	documented("idempotency.voice", Paid,
		"voice/send honours Idempotency-Key: a repeat is replayed"),
	documented("idempotency.header", Paid, "a replay has Idempotent-Replayed: true, the first not"),
	documented("idempotency.no_effect", Paid, "a replay sends and charges nothing"),
	inferred("idempotency.others", Paid, "email/verify ignores Idempotency-Key"),
	documented("error.conflict", Paid,
		"the same key while the first call is in flight gets 409 idempotency_conflict").
		follows(aError(409, "idempotency_conflict")),
	decided("idempotency.other_body", Paid,
		"the same key with another body replays the first answer").
		follows(aChoice("replay", "refuse")),
	decided("idempotency.kept", Paid, "only a 2xx is kept under a key").
		follows(aChoice("success", "all")),
	decided("idempotency.lifetime", FakeOnly, "a key lives 24 h").follows(aDuration),
	decided("idempotency.token", FakeOnly, "a key belongs to its token"),
	decided("idempotency.path", Paid, "a key belongs to its path"),
	decided("idempotency.length", Paid, "a key has at most 255 characters; a longer one gets 422"),
}
