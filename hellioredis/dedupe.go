package hellioredis

import (
	"context"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
)

const presetRetention = 7 * 24 * time.Hour // ample: the API's schedule is not published

// What the scripts return besides 2, for what is done.
const (
	claimHeld = 0 // another owner's claim lasts
	claimDone = 1 // the event is committed
)

// The scripts act on the key of one event. It holds "done" for a committed
// event. A claim is "claim:" and its owner, and Redis drops it when its lease
// ends. ARGV[1] is the caller's claim, ARGV[2] the life of what is set, in
// milliseconds. go-redis repeats a command whose reply was lost. Each script
// then finds its own work and succeeds again.
const (
	claimText = `
local held = redis.call('GET', KEYS[1])
if held == 'done' then return 1 end
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 2`

	commitText = `
local held = redis.call('GET', KEYS[1])
if held == 'done' then return 1 end
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
return 2`

	releaseText = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 2`
)

// DedupeStore is a hellio.DedupeStore that all processes share: each event is
// handled once, whichever process receives its deliveries. It keeps one key per
// event, which Redis drops when the lease or the retention ends. Leases run on
// the clock of the Redis server.
//
// While Redis is down every method returns an error. NewWebhookHandler then
// responds 500, so that the API delivers again. A Redis that loses keys (no
// persistence, evictions, a failover) may let an event be handled again.
//
// Make a DedupeStore with NewDedupeStore. The zero value and a nil DedupeStore
// return a *hellio.ParamError from every method.
type DedupeStore struct {
	redis     redis.Cmdable
	prefix    string
	retention time.Duration
	claim     *redis.Script
	commit    *redis.Script
	release   *redis.Script
}

// NewDedupeStore returns a store over a go-redis client, cluster or ring. Keys
// begin with the prefix; "" means "hellio:". Handled events are kept for the
// retention, of at least 1 ms; 0 means 7 days. A nil client or a bad retention
// is a *hellio.ParamError.
func NewDedupeStore(
	client redis.Cmdable,
	prefix string,
	retention time.Duration,
) (*DedupeStore, error) {
	if isNil(client) {
		return nil, noClient()
	}
	if retention == 0 {
		retention = presetRetention
	}
	if retention < time.Millisecond {
		return nil, &hellio.ParamError{
			Field:   "retention",
			Given:   retention.String(),
			Allowed: "at least 1ms, or 0 for 7 days",
		}
	}
	return &DedupeStore{
		redis:     client,
		prefix:    orPrefix(prefix),
		retention: retention,
		claim:     redis.NewScript(claimText),
		commit:    redis.NewScript(commitText),
		release:   redis.NewScript(releaseText),
	}, nil
}

func isNil(client redis.Cmdable) bool {
	v := reflect.ValueOf(client)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

func noClient() error {
	return &hellio.ParamError{Field: "redis client", Given: "nil", Allowed: "a go-redis client"}
}

// Claim implements hellio.DedupeStore. The lease is at least 1 ms.
func (s *DedupeStore) Claim(
	ctx context.Context,
	id string,
	lease time.Duration,
) (owner string, err error) {
	owner = uuid.NewString()
	if err := s.check(id, owner); err != nil {
		return "", err
	}
	if lease < time.Millisecond {
		return "", &hellio.ParamError{
			Field:   "lease",
			Given:   lease.String(),
			Allowed: "at least 1ms",
		}
	}
	switch result, err := s.run(ctx, s.claim, id, owner, lease); {
	case err != nil:
		return "", err
	case result == claimHeld:
		return "", hellio.ErrClaimHeld
	case result == claimDone:
		return "", hellio.ErrAlreadyHandled
	default:
		return owner, nil
	}
}

// Commit implements hellio.DedupeStore.
func (s *DedupeStore) Commit(ctx context.Context, id, owner string) error {
	if err := s.check(id, owner); err != nil {
		return err
	}
	result, err := s.run(ctx, s.commit, id, owner, s.retention)
	if err == nil && result == claimHeld {
		return hellio.ErrClaimHeld
	}
	return err
}

// Release implements hellio.DedupeStore.
func (s *DedupeStore) Release(ctx context.Context, id, owner string) error {
	if err := s.check(id, owner); err != nil {
		return err
	}
	_, err := s.run(ctx, s.release, id, owner, 0)
	return err
}

// run runs a script on the key of an id. What it sets lasts for life.
func (s *DedupeStore) run(
	ctx context.Context,
	script *redis.Script,
	id, owner string,
	life time.Duration,
) (int, error) {
	keys := []string{s.prefix + "event:" + id}
	return script.Run(ctx, s.redis, keys, "claim:"+owner, life.Milliseconds()).Int()
}

func (s *DedupeStore) check(id, owner string) error {
	switch {
	case s == nil || s.redis == nil:
		return noClient()
	case id == "":
		return &hellio.ParamError{
			Field:   "id",
			Given:   "an empty string",
			Allowed: "the id of an event",
		}
	case owner == "":
		return &hellio.ParamError{
			Field:   "owner",
			Given:   "an empty string",
			Allowed: "what Claim returned",
		}
	default:
		return nil
	}
}
