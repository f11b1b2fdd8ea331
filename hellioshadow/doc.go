// Package hellioshadow compares the shape of the API's answers in production
// with api/openapi.yaml, and reports where the document is wrong. Most of the
// document is inferred or decided, because the vendor does not publish it.
//
//	shadow := hellioshadow.New(hellioshadow.WithLogger(slog.Default()))
//	client, err := hellio.NewClient(token, hellio.WithMiddleware(shadow.Wrap))
//
// It makes no request and changes none. It compares the status, the presence of
// documented headers and members, and the kinds of JSON values. It also checks
// whether a value that the document enumerates is a known one. It never keeps
// or prints a value, with one exception: an unknown value of an enumerated
// member, if it looks like a constant (see [Finding]).
//
// It compares when the caller has read a body to its end. Of a body that is
// closed early, compressed, too long or not JSON it compares status and headers
// alone. It compares one answer at a time and at most 100 per second, and drops
// the others, so that a call never waits for it.
//
// [Report.WriteTo] writes what was seen as an observation file, for the authors
// of this project.
package hellioshadow
