package behaviour

// reports holds the claims about messages and campaigns.
var reports = []Behaviour{
	inferred("message_list.newest", Free, "messages are listed newest first"),
	documented("page.flat", Free,
		"the list of messages has next_cursor and per_page at the top level"),
	documented("page.default", Free, "a page has 50 rows unless per_page is given"),
	documented("page.size", Free, "per_page sets the most rows of a page"),
	decided("page.maximum", Free, "a per_page above 200 counts as 200").
		follows(aChoice("clamp", "refuse")),
	decided("page.minimum", Free, "a per_page below 1, or no number, gets 422"),
	documented("page.next", Free, "next_cursor leads to the rows that follow"),
	documented("page.end", Free, "the last page has next_cursor null"),
	inferred("page.bad_cursor", Free, "a cursor that can't be read is the first page"),
	inferred("page.stable", Paid, "a cursor stays right while messages are added"),
	inferred("message_list.status", Free, "status selects the messages of one status"),
	decided("message_list.unknown_status", Free, "an unknown status selects nothing"),
	inferred("message_get.id", Free, "a message is found by its numeric id"),
	inferred("message_get.reference", Free, "a message is found by its reference"),
	decided("message.same", Free, "a message has the same members in the list and alone"),
	decided("message.fields", Free,
		"a message has id, reference, campaign_id, channel, mobile_number, sender, message, "+
			"status, segments, cost, currency, provider_message_id, error, created_at, sent_at "+
			"and delivered_at").follows(aFields),
	decided("message.number", Free, "the mobile_number of a message begins with +"),
	decided("message.sent", FakeOnly, "a message is sent 1 s after it was accepted"),
	decided("message.final", FakeOnly, "a message is delivered 5 s after it was accepted"),
	decided("message.provider_id", FakeOnly, "provider_message_id is null until it is sent"),
	decided("message.error", FakeOnly, "error is null unless the message failed"),
	documented("campaign_list.newest", Free, "campaigns are listed newest first"),
	documented("campaign_list.page", Free, "campaigns have pages like those of messages"),
	inferred("campaign_list.status", FakeOnly, "status selects the campaigns of one status"),
	inferred("campaign_get.id", Free, "a campaign is found by its numeric id"),
	inferred("campaign_get.reference", Free, "a campaign is found by its reference"),
	inferred("campaign.statuses", Free, "a campaign counts its messages by status"),
	decided("campaign.fields", Free,
		"a campaign has id, reference, sender, message, status, total_recipients, "+
			"accepted_recipients, invalid_recipients, segments, estimated_cost, cost, currency, "+
			"statuses, created_at and completed_at").follows(aFields),
	decided("campaign.processing", FakeOnly, "a campaign is processing when its messages are sent"),
	decided("campaign.completed", FakeOnly,
		"a campaign is completed when all its messages are final"),
	decided("campaign.failed", FakeOnly, "a campaign whose messages all failed is failed"),
	decided("campaign.total", FakeOnly,
		"total_recipients counts accepted and invalid recipients"),
	decided("campaign.cost", FakeOnly, "a campaign's cost is that of its delivered messages"),
}
