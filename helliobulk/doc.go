// Package helliobulk sends one text, or one text with placeholders, to a list
// of any length through the Hellio Messaging API, and survives kill -9, a full
// disk, an empty wallet and a laptop that sleeps.
//
//	report, err := helliobulk.Run(ctx, client, recipients, helliobulk.Params{
//		Store: "fees.batch", BatchID: "fees-2026-05", Sender: "ACME", Message: "Dear {{name}}, fees are due.", Region: "GH",
//	})
//	if errors.Is(err, helliobulk.ErrUnfinished) {
//		report, err = helliobulk.Resume(ctx, client, "fees.batch", helliobulk.Options{})
//	}
//
// The command hellio-bulk, in cmd/hellio-bulk, does all of this from a shell.
//
// # How it works
//
// [Plan] reads the list once, as a stream: it normalises numbers, drops
// duplicates, cuts chunks of at most 10,000 and writes all of it into one file,
// a bbolt database. Nothing is sent before that file is whole. Then workers
// send one chunk a call. The intent of a call is on disk before its first byte
// leaves, its result after; the call's idempotency key follows from batch id
// and chunk number alone. After a crash, [Resume] sends what is in doubt again
// with the same key: the API answers with what it did, and does nothing twice.
//
// # What it promises
//
// At most one accepted charge a chunk, provided that the batch is resumed with
// the same token within the time for which the API remembers keys, and that the
// API stores key and charge together. That time is not documented: chunks in
// doubt for longer than 12 hours, by the API's clock, are not sent again but
// need review ([ErrNeedsReview]). Accepted is not delivered.
//
// # A fleet
//
// Package fleet sends a batch by many machines, through asynq and Redis. For
// another queue: [Batch.HandOut] gives chunks away as jobs, their intents on
// disk; a [Courier] sends them anywhere; [Batch.Settle] takes back what became
// of them. [SendChunk] is the call alone.
package helliobulk
