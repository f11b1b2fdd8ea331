package behaviour

// money holds the claims about what calls cost, and the account's limits.
var money = []Behaviour{
	documented("error.spend_limit", FakeOnly,
		"a call above the spend limit gets 403 spend_limit_exceeded").
		follows(aError(403, "spend_limit_exceeded")),
	documented("spend_limit.period", FakeOnly, "that refusal has the member period"),
	decided("spend_limit.literals", FakeOnly, "the period is daily or monthly"),
	decided("spend_limit.day", FakeOnly, "a daily limit counts from midnight in UTC"),
	decided("spend_limit.month", FakeOnly, "a monthly limit counts from the first of the month"),
	decided("spend_limit.refund", FakeOnly, "a message that failed does not count to the limit"),
	documented("error.balance", FakeOnly, "a call above the balance gets 402 insufficient_balance").
		follows(aError(402, "insufficient_balance")),
	inferred("cost.reserved", Paid, "cost is reserved when a message is accepted"),
	decided("cost.settled", Paid, "cost leaves the balance when a message is delivered"),
	decided("cost.refunded", FakeOnly, "the cost of a message that failed is available again"),
	decided("cost.formula", Paid, "the cost of an SMS is segments x accepted recipients x price"),
	documented("cost.decimals", Paid, "amounts are strings with 4 decimals"),
	decided("segments.gsm7", Paid, "a GSM-7 text has one segment up to 160 characters, then 153"),
	decided("segments.ucs2", Paid, "another text has one segment up to 70 characters, then 67"),
	decided("segments.extension", Paid, "a character of the GSM-7 extension table counts as two"),
	decided("segments.per_message", FakeOnly, "segments are those of one message"),
}
