package behaviour

// lookup holds the claims about number lookups.
var lookup = []Behaviour{
	decided("lookup_create.success", Paid, "POST /lookup answers 202").follows(aStatus),
	decided("lookup_create.fields", Paid,
		"POST /lookup answers with status, accepted, invalid, estimated_cost, currency and "+
			"lookups").follows(aFields),
	decided("lookup_create.items", Paid, "each of lookups has id, mobile_number and status"),
	inferred("lookup_create.delimited", Paid,
		"numbers may be one string, separated by commas or line ends"),
	inferred("lookup_create.scheduled", Paid, "scheduled_at is ISO 8601 in UTC, ending in Z"),
	decided("lookup_create.scheduled_form", Free, "a scheduled_at in another form gets 422"),
	decided("lookup_create.scheduled_past", FakeOnly, "a scheduled_at that has passed is now"),
	inferred("lookup_create.scheduled_start", FakeOnly, "a lookup begins at its scheduled_at"),
	decided("lookup_create.most", Free, "POST /lookup takes at most 10,000 numbers"),
	decided("lookup_create.number_length", Free, "a number has at most 20 characters"),
	documented("error.numbers", Free, "a call without a valid number gets 422 no_valid_numbers").
		follows(aError(422, "no_valid_numbers")),
	decided("lookup_list.newest", Free, "lookups are listed newest first"),
	decided("lookup_list.page", Free, "lookups have pages like those of messages"),
	decided("lookup_get.id", Free, "a lookup is found by its numeric id"),
	decided("lookup_get.reference", Free, "a lookup is found by its reference"),
	decided("lookup.fields", Free,
		"a lookup has id, reference, mobile_number, status, valid, reachable, ported, roaming, "+
			"network, country, mcc, mnc, cost, currency, created_at and completed_at").
		follows(aFields),
	decided("lookup.pending", FakeOnly, "what was found is null until a lookup is completed"),
	decided("lookup.processing", FakeOnly, "a lookup is processing 1 s after it began"),
	decided("lookup.completed", FakeOnly, "a lookup is completed 10 s after it began"),
	decided("lookup.cost", FakeOnly,
		"a number costs 0.0100: reserved immediately, settled when the lookup is completed"),
	decided("lookup.invalid", FakeOnly, "NumberInvalid is accepted and found not valid"),
	decided("lookup.unreachable", FakeOnly, "NumberUnreachable is found valid and not reachable"),
	decided("lookup.ported", FakeOnly, "NumberPorted is found ported"),
	decided("lookup.network", FakeOnly, "the network goes by the first digits of the number"),
	decided("lookup.abroad", FakeOnly, "the network of a number outside Ghana is null"),
}
