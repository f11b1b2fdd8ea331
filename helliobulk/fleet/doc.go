// Package fleet sends a batch of package helliobulk by many machines: its
// chunks become asynq tasks in Redis, and workers that come, go and crash send
// them, at the rate that the token has for all of them together.
//
//	// on the machine that has the store
//	err := fleet.Wait(ctx, client, redisClient, batch, fleet.Options{})
//
//	// on any number of others, with the same token
//	limiter, err := hellioredis.NewLimiter(redisClient, "")
//	client, err := hellio.NewClient(token, hellio.WithLimiter(limiter))
//	err = fleet.Work(ctx, client, redisClient, fleet.WorkOptions{})
//
// # Where the truth is
//
// The batch's store stays the truth, and Redis only carries. Before a chunk is
// put there, the intent to send it is on the store's disk, and its time travels
// with the task. Workers note each try in a ledger in Redis, and its result;
// [Collect], [Enqueue] and [Wait] bring that into the store, so that its Report
// counts a fleet's work as it counts a single machine's.
//
// # Why nothing is sent twice
//
// A worker makes a call only while less than the batch's margin, 12 hours, has
// passed since the intent in the store, by the API's clock. So all calls that
// ever carry a chunk's key lie within one margin, in which the API answers a
// key that it knows from memory and sends nothing. It makes no difference how
// a second call comes about: a lease that ran out, two workers with one task,
// a Redis that lost its last second, forgot all, or was put back to yesterday.
//
// What Redis knows decides only how much is known: with its ledger intact, a
// chunk that was never tried differs from one whose outcome is unknown. A
// chunk that grew too old in the queue is returned to the store if it was
// never tried, and is dispatched again; one of unknown outcome is archived and
// needs review.
//
// # What asynq does here
//
// There is one queue for each token and address, named after the token's
// fingerprint. A chunk is a task whose id is its idempotency key. Calls without
// an answer are tried again after 1 s to 5 min; a 429 no sooner than it says,
// and without counting as a failure; no task is archived for the number of its
// tries. The tasks of a worker that died come back after one to two minutes,
// which is asynq's own pace; a task that asynq would never recover is put back
// by Enqueue and Wait. Tasks hold numbers and texts, and stay for the margin
// after they were done; the ledger holds neither.
//
// A refusal that every chunk would meet, such as 402, pauses the queue, keeps
// the tasks, and shows as [Stopped]. Chunks in a row that are refused alike
// stop their batch alone.
package fleet
