// Package hellioredis lets the processes of a fleet share one token of the
// Hellio Messaging API through Redis. A [Limiter] paces them as one client, and
// with a [DedupeStore] they handle each webhook event once.
//
// Idempotency keys alone prevent a second send; this package does not affect
// them. While Redis is down, each process paces itself alone, and webhooks are
// refused with a 5xx, so that the API delivers them later.
package hellioredis
