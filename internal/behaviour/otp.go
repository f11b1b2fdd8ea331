package behaviour

// otp holds the claims about one-time passwords.
var otp = []Behaviour{
	documented("otp_send.success", Paid, "otp/send answers 201").follows(aStatus),
	documented("otp_send.fields", Paid,
		"otp/send answers with reference, mobile_number, expires_in_minutes and status").
		follows(aFields),
	inferred("otp_send.reference", Paid, "its reference is that of the message with the code"),
	inferred("otp_send.sms", Paid, "otp/send goes by sms unless a channel is given"),
	inferred("otp_send.channels", Free, "the channels are sms, voice, whatsapp and email"),
	inferred("otp_send.channel_unknown", Free, "another channel gets 422"),
	inferred("otp_send.sender", Free, "sms and voice need a sender"),
	inferred("otp_send.senderless", Free, "whatsapp and email need no sender"),
	inferred("otp_send.any_sender", FakeOnly, "whatsapp and email accept any sender"),
	documented("otp_send.length", Free, "length is 4 to 10"),
	documented("otp_send.expiry", Free, "expiry is 1 to 1440 minutes"),
	documented("otp_send.purpose", Free, "purpose has at most 32 characters"),
	decided("otp_send.digits", Paid, "the answer's mobile_number has digits only"),
	decided("otp_send.email", FakeOnly, "on the channel email the answer has email"),
	documented("error.recipient", Free, "a number that is none gets 422 invalid_recipient").
		follows(aError(422, "invalid_recipient")),
	decided("otp_send.order", Free,
		"otp/send checks fields, sender, recipient, spend limit and balance, in this order").
		follows(aOrder("fields", "sender", "recipient", "spend_limit", "balance")),
	decided("otp_send.cost", Paid, "a code costs as an SMS of its text would"),
	decided("otp_send.unused", FakeOnly, "purpose changes nothing"),
	decided("otp.length", FakeOnly, "a code has 6 digits unless length is given").
		follows(aCount(4, 10)),
	documented("otp.length_given", FakeOnly, "a code has as many digits as length says"),
	decided("otp.expiry", Paid, "a code lives 5 minutes unless expiry is given").
		follows(aCount(1, 1440)),
	documented("otp.expired", FakeOnly, "a code that has expired is not accepted"),
	decided("otp.requests", Disruptive, "otp/send has 10 calls per minute and address").
		follows(aCount(1, 100)),
	documented("otp.address", FakeOnly,
		"that limit is the caller's address's, besides the token's limit"),
	decided("otp.limit_headers", Free, "the headers are those of the limit with less left"),
	decided("otp.uncounted", FakeOnly, "what one of both limits refuses counts to neither"),
	inferred("otp.newest", FakeOnly, "a new code replaces the one before it"),
	decided("otp.any_channel", FakeOnly, "a code counts for its destination on any channel"),
	decided("otp.failed_message", FakeOnly, "a code stays valid though its message failed"),
	documented("otp_verify.success", FakeOnly, "otp/verify answers 200 for a right code").
		follows(aStatus),
	documented("otp_verify.verified", FakeOnly,
		"otp/verify answers with verified true and the status verified"),
	documented("otp_verify.wrong", Free,
		"a wrong code gets 422 with verified false in data, and neither message nor error"),
	decided("otp_verify.none", Free, "a code that was never sent is invalid"),
	decided("otp_verify.expired", FakeOnly, "an expired code has the status expired"),
	decided("otp_verify.used", FakeOnly, "a right code is used up by its check"),
	decided("otp.tries", FakeOnly, "5 wrong tries end a code").follows(aCount(1, 100)),
	documented("otp_verify.required", Free, "otp/verify needs a code and a destination"),
	decided("otp_verify.number_first", FakeOnly,
		"without a channel, otp/verify takes mobile_number before email"),
}
