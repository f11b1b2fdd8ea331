package behaviour

// sms holds the claims about sms/send and about phone numbers.
var sms = []Behaviour{
	documented("sms_send.success", Paid, "sms/send answers 202").follows(aStatus),
	documented("sms_send.fields", Paid,
		"sms/send answers with reference, campaign_id, status, accepted_recipients, "+
			"invalid_recipients, segments, estimated_cost and currency").follows(aFields),
	documented("sms_send.queued", Paid, "sms/send answers with the status queued"),
	documented("sms_send.counts", Paid, "sms/send counts accepted and invalid recipients"),
	inferred("sms_send.reference", Paid, "the reference is that of the campaign"),
	documented("sms_send.required", Free, "sms/send needs recipients, sender and message"),
	documented("sms_send.most", Free, "sms/send takes at most 10,000 recipients"),
	documented("sms_send.number_length", Free, "a recipient has at most 20 characters"),
	documented("sms_send.text_length", Free, "a message has at most 1600 characters"),
	documented("sms_send.sender_length", Free, "a sender has at most 11 characters"),
	inferred("sms_send.delimited", Paid,
		"recipients may be one string, separated by commas or line ends"),
	inferred("sms_send.gateway", Paid, "gateway may be null"),
	decided("sms_send.order", Free,
		"sms/send checks fields, sender, recipients, routing, spend limit and balance, in this "+
			"order").
		follows(aOrder("fields", "sender", "recipients", "routing", "spend_limit", "balance")),
	documented("error.sender", Paid,
		"a sender that is not approved gets 422 sender_not_approved").
		follows(aError(422, "sender_not_approved")),
	decided("sms_send.sender_case", Paid, "an approved sender counts in its own case of letters"),
	documented("error.recipients", Free,
		"a call without a valid recipient gets 422 no_valid_recipients").
		follows(aError(422, "no_valid_recipients")),
	documented("error.routing", FakeOnly,
		"traffic that has no route gets 422 traffic_not_routable with its traffic_type").
		unchecked("the fake routes everything; only an injected fault answers so"),
	documented("error.service", FakeOnly, "a service that is switched off gets 503").
		unchecked("the fake has no such switch; only an injected fault answers so"),
	documented("number.plus", Paid, "a number may have a leading + or none"),
	decided("number.punctuation", Paid, "spaces and dashes in a number are dropped"),
	decided("number.digits", Paid, "a number has 8 to 15 digits"),
	decided("number.unique", Paid, "a number that comes twice counts once"),
	decided("number.leading_zero", Paid, "a number that begins with 0 is invalid, 00 included").
		follows(aChoice("invalid", "accepted")),
	decided("magic.failed", FakeOnly, "a message to NumberFailed or NumberUnreachable fails"),
	decided("magic.invalid", FakeOnly, "NumberInvalid is no valid recipient"),
}
