package behaviour

// voice holds the claims about calls.
var voice = []Behaviour{
	decided("voice_send.success", Paid, "voice/send answers 202").follows(aStatus),
	decided("voice_send.fields", Paid,
		"voice/send answers with id, reference, campaign_id, status, accepted_recipients, "+
			"invalid_recipients, estimated_cost and currency").follows(aFields),
	decided("voice_send.campaign_id", Paid, "campaign_id is the same number as id"),
	inferred("voice_send.voices", Free,
		"voice is alloy, echo, fable, onyx, nova or shimmer, or gets 422"),
	inferred("voice_send.audio_voice", FakeOnly, "with audio_url, voice is ignored"),
	decided("voice_send.caller_id", Paid, "caller_id is accepted; no sender is checked"),
	inferred("voice_send.no_caller_id", Paid, "caller_id is optional"),
	decided("voice_send.both", Free, "text together with audio_url gets 422"),
	decided("voice_send.neither", Free, "neither text nor audio_url gets 422"),
	decided("voice_send.most", Free, "voice/send takes at most 10,000 recipients"),
	decided("voice_send.text_length", Free, "a text has at most 1600 characters"),
	decided("voice_send.order", Free,
		"voice/send checks fields, recipients, audio, spend limit and balance, in this order").
		follows(aOrder("fields", "recipients", "audio", "spend_limit", "balance")),
	inferred("voice.billing", Paid, "calls are billed per second of audio"),
	decided("voice.seconds", FakeOnly,
		"a text is spoken at 15 characters per second, rounded up; a second costs 0.0450"),
	decided("voice.recording", FakeOnly, "a recording lasts 30 s"),
	decided("voice.deaf", FakeOnly, "a call to NumberFailed or NumberUnreachable fails"),
	documented("error.audio", FakeOnly, "audio that can't be fetched gets 422 audio_error").
		follows(aError(422, "audio_error")),
	decided("voice.processing", FakeOnly, "calls are processing 2 s after they were accepted"),
	decided("voice.completed", FakeOnly, "calls are completed 30 s after they were accepted"),
	decided("voice.failed", FakeOnly, "calls are failed if none was answered"),
	decided("voice.reserved", FakeOnly, "the cost of calls is reserved when they are accepted"),
	decided("voice.settled", FakeOnly,
		"the cost of answered calls leaves the balance, that of failed ones is available again"),
	decided("voice.total", FakeOnly,
		"a voice campaign's total_recipients counts accepted and invalid recipients"),
	decided("voice.duration", FakeOnly, "duration_seconds adds up the answered calls"),
	decided("voice.separate", FakeOnly, "calls are neither messages nor campaigns in the reports"),
	decided("voice_get.id", Paid, "a voice campaign is found by its numeric id"),
	decided("voice_get.reference", Paid, "a voice campaign is found by its reference"),
	decided("voice.fields", Paid,
		"a voice campaign has id, reference, name, status, total_recipients, answered, failed, "+
			"duration_seconds, cost, currency, created_at and completed_at").follows(aFields),
}
