package behaviour

// webhook holds the claims about webhooks.
var webhook = []Behaviour{
	decided("webhook_create.success", Writes, "POST /webhooks answers 201").follows(aStatus),
	decided("webhook_delete.success", Writes, "DELETE /webhooks/{id} answers 204").
		follows(aStatus),
	inferred("webhook.secret", Writes, "a webhook's secret is returned once, on create"),
	decided("webhook.secret_form", Writes, "a secret is whsec_ and 40 letters and digits"),
	documented("webhook.all", Writes, "* asks for every event"),
	decided("webhook.default", Writes, "a webhook without events gets every event"),
	decided("webhook.unknown_event", Free, "an event that is not known gets 422"),
	inferred("webhook.https", Writes, "a webhook's URL is https"),
	decided("webhook.loopback", Writes, "a webhook's URL may be http on a loopback host"),
	decided("webhook_list.newest", Writes, "webhooks are listed newest first"),
	decided("webhook_list.whole", Free, "the list of webhooks has no pages"),
	decided("webhook.fields", Writes,
		"a webhook has id, url, events, active, last_error, failure_count and created_at").
		follows(aFields),
	inferred("webhook.deleted", Writes, "a deleted webhook is not listed, and is not found"),
}

// delivery holds the claims about what webhooks receive.
var delivery = []Behaviour{
	documented("delivery.final", FakeOnly, "a webhook gets a report when a message is final"),
	documented("delivery.events", FakeOnly, "a webhook gets only the events that it asks for"),
	decided("delivery.otp", FakeOnly, "a code by SMS is reported"),
	decided("delivery.others", FakeOnly, "calls, lookups and codes by e-mail are not reported"),
	documented("delivery.body", FakeOnly,
		"a delivery is event, mobile_number, provider_message_id, status and timestamp"),
	inferred("delivery.timestamp", FakeOnly,
		"a delivery's timestamp is that of the final state, in ISO 8601"),
	documented("delivery.signature", FakeOnly,
		"X-Hellio-Signature is the HMAC-SHA256 of the body, in hex"),
	documented("delivery.signature_v2", FakeOnly,
		"X-Hellio-Signature-V2 is that of X-Hellio-Timestamp, a full stop and the body"),
	inferred("delivery.hex", FakeOnly, "the signatures are in lower case, without a prefix"),
	decided("delivery.unix", FakeOnly, "X-Hellio-Timestamp is in Unix seconds"),
	decided("delivery.fresh", FakeOnly,
		"each attempt has a fresh X-Hellio-Timestamp and the same body"),
	documented("delivery.acknowledged", FakeOnly, "a 2xx acknowledges a delivery"),
	documented("delivery.timeout", FakeOnly, "an answer after 10 s acknowledges nothing"),
	decided("delivery.redirect", FakeOnly,
		"a redirect is not followed and acknowledges nothing"),
	documented("delivery.retried", FakeOnly,
		"a delivery that is not acknowledged is retried after growing delays"),
	decided("webhook.attempts", FakeOnly,
		"the attempts are made 0, 10 s, 60 s, 5 min and 30 min after the first").
		follows(aOffsets),
	documented("webhook.disabled", FakeOnly,
		"a webhook that keeps failing is disabled and keeps its last error"),
	decided("webhook.disable_after", FakeOnly,
		"10 failed deliveries in a row disable a webhook").follows(aCount(1, 100)),
	decided("webhook.reset", FakeOnly, "an acknowledged delivery resets the count of failures"),
	decided("webhook.silenced", FakeOnly, "a deleted webhook gets no further attempts"),
	decided("webhook.order", FakeOnly,
		"attempts to one webhook begin in the order in which they fall due"),
}
