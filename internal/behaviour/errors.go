package behaviour

// answers holds the claims about answers, errors and inputs of all routes.
var answers = []Behaviour{
	documented("error.members", Free, "every error has message and error"),
	inferred("error.field_map", Free,
		"field errors get 422 with an errors map of arrays of strings, by field"),
	inferred("error.field_message", Free,
		"the message of field errors is the first of them, and counts the others"),
	decided("error.fields", Free, "field errors carry the code invalid_request").
		follows(aError(422, "invalid_request")),
	documented("error.not_found", Free, "an id that names nothing gets 404 not_found").
		follows(aError(404, "not_found")),
	decided("error.route", Free, "an unknown route gets 404 not_found").
		follows(aError(404, "not_found")),
	decided("error.method", Free, "a wrong method gets 405 method_not_allowed").
		follows(aError(405, "method_not_allowed")),
	inferred("error.allow", Free, "405 has the header Allow, which lists the route's methods"),
	inferred("error.unrouted", Free,
		"the refusals of an unknown route and of a wrong method have no limiter headers"),
	decided("error.body", Free, "a body that is not one JSON object gets 400").
		follows(aError(400, "invalid_request")),
	decided("error.media", Free, "a body of another content type gets 415").
		follows(aError(415, "invalid_request")),
	decided("error.size", Free, "a body of more than 8 MiB gets 413").
		follows(aError(413, "invalid_request")),
	documented("answer.data", Free, "a success is an object with data"),
	inferred("answer.content_type", Free, "answers with a body are application/json"),
	inferred("answer.plain", Free, "an answer is compressed only if the call asks for it"),
	inferred("answer.timestamp", Free, "timestamps are ISO 8601 with a numeric offset"),
	inferred("input.trimmed", Free, "white space around an input is dropped"),
	inferred("input.empty", Free, "an empty string counts as absent"),
	inferred("input.null", Free, "a null counts as absent"),
	inferred("input.unknown_field", Free, "unknown fields of a body are ignored"),
	inferred("input.unknown_parameter", Free, "unknown query parameters are ignored"),
	inferred("input.charset", Free, "a content type with a charset is accepted"),
	inferred("input.get_content_type", Free, "a GET with a content type is accepted"),
	decided("input.characters", Free, "limits of text count Unicode code points"),
}
