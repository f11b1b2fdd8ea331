// Package hellioredis lets a fleet of processes share one token of the Hellio Messaging API through Redis: a [Limiter] that paces them
// as one, and a [DedupeStore] with which they handle each webhook event once.
//
// Neither decides whether a message is sent twice: idempotency keys do that. When Redis is away, pacing goes on in each process alone, and
// webhooks are refused with a 5xx, so that the API delivers them later.
package hellioredis
