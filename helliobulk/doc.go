// Package helliobulk sends one text, or one text with placeholders, to a list
// of any length through the Hellio Messaging API, and survives kill -9, a full
// disk, an empty wallet and a laptop that sleeps.
//
//	p := helliobulk.Params{
//		Store:   "fees.batch",
//		BatchID: "fees-2026-05",
//		Sender:  "ACME",
//		Message: "Dear {{name}}, fees are due.",
//		Region:  "GH",
//	}
//	report, err := helliobulk.Run(ctx, client, recipients, p)
//	if errors.Is(err, helliobulk.ErrUnfinished) {
//		report, err = helliobulk.Resume(ctx, client, p.Store, p.Options)
//	}
//
// The command hellio-bulk, in cmd/hellio-bulk, does all of this from a shell.
//
// # How it works
//
// [Plan] reads the list once, as a stream: it normalises numbers, drops
// duplicates, cuts chunks of at most 10,000 and writes all of it into one
// file. Nothing is sent before that file is whole. Then workers send one chunk
// per call. The intent of a call is on disk before its first byte leaves, its
// result after; the call's idempotency key follows from batch id and chunk
// number alone. After a crash, [Resume] sends the chunks whose outcome is
// unknown again with the same keys: the API returns what it did, and does
// nothing twice.
//
// # What it promises
//
// At most one accepted charge per chunk, provided that the batch is resumed
// with the same token within the time for which the API remembers keys, and
// that the API stores key and charge together. That time is not documented:
// chunks whose outcome is unknown for longer than 12 hours, by the API's
// clock, are not sent again but need review ([ErrNeedsReview]). A store that
// is an old copy is held back ([ErrMaybeSent]). Accepted is not delivered.
//
// # A fleet
//
// Package fleet sends a batch by many machines, through asynq and Redis. For
// another queue: [Batch.Dispatch] passes chunks on as jobs, their intents on
// disk; a [JobSender] sends them anywhere; [Batch.Settle] takes their results
// back. [SendChunk] is the call alone.
//
// Comments mark where a fact comes from: (documented) by the vendor,
// (inferred) from the vendor's SDKs, (decided) where nothing is published and
// the choice is ours.
package helliobulk
