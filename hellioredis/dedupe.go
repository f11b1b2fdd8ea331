package hellioredis

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
)

const (
	presetRetention = 7 * 24 * time.Hour // ample: how long the API tries is not published
	done            = "done"
)

// releaseText deletes a claim that is still the caller's own.
const releaseText = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

// DedupeStore is a hellio.DedupeStore that all processes share: of the same event's deliveries one is handled, wherever they arrive. One key
// for each event, gone when its lease or its retention is over. While Redis is away every method fails, and NewWebhookHandler
// answers 5xx, so that the API delivers again. A Redis that forgets (no persistence, or evictions) may let an event through once more.
type DedupeStore struct {
	redis     redis.Cmdable
	prefix    string
	retention time.Duration
	claim     string // value of this process's claims
	release   *redis.Script
}

// NewDedupeStore makes a store over a go-redis client. Keys begin with prefix, "" means "hellio:". retention is how long handled events are
// remembered, 0 means 7 days. A nil client or a negative retention is a *hellio.ParamError.
func NewDedupeStore(client redis.Cmdable, prefix string, retention time.Duration) (*DedupeStore, error) {
	if client == nil {
		return nil, &hellio.ParamError{Field: "redis client", Given: "nil", Allowed: "a go-redis client"}
	}
	if retention < 0 {
		return nil, &hellio.ParamError{Field: "retention", Given: retention.String(), Allowed: "a positive duration, or 0 for 7 days"}
	}
	if retention == 0 {
		retention = presetRetention
	}
	return &DedupeStore{
		redis: client, prefix: orPrefix(prefix), retention: retention, claim: uuid.NewString(), release: redis.NewScript(releaseText),
	}, nil
}

// Claim implements hellio.DedupeStore. The lease must be at least a millisecond.
func (s *DedupeStore) Claim(ctx context.Context, id string, lease time.Duration) (bool, error) {
	if lease < time.Millisecond {
		return false, &hellio.ParamError{Field: "lease", Given: lease.String(), Allowed: "1ms or more"}
	}
	fresh, err := s.redis.SetNX(ctx, s.key(id), s.claim, lease).Result()
	if fresh || err != nil {
		return fresh, err
	}
	held, err := s.redis.Get(ctx, s.key(id)).Result()
	switch {
	case err == redis.Nil, err == nil && held != done: // Nil: it ended just now; the next delivery finds out how
		return false, hellio.ErrClaimHeld
	default:
		return false, err
	}
}

// Commit implements hellio.DedupeStore.
func (s *DedupeStore) Commit(ctx context.Context, id string) error {
	return s.redis.Set(ctx, s.key(id), done, s.retention).Err()
}

// Release implements hellio.DedupeStore. A claim whose lease ran out and that another process has taken is left to it.
func (s *DedupeStore) Release(ctx context.Context, id string) error {
	return s.release.Run(ctx, s.redis, []string{s.key(id)}, s.claim).Err()
}

func (s *DedupeStore) key(id string) string { return s.prefix + "event:" + id }
