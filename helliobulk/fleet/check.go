package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrRedis is matched by every error that comes from a Redis that is away,
// refuses or is too slow.
var ErrRedis = errors.New("fleet: Redis does not answer as it should")

func away(err error) error { return fmt.Errorf("%w: %w", ErrRedis, err) }

// CheckRedis returns what in the server's settings does not suit a fleet, in
// sentences. None of it can charge anyone twice; it can make chunks need
// review, or stop the fleet. A server that does not report its settings gets
// no warning. An error is a Redis that does not answer.
func CheckRedis(ctx context.Context, rdb redis.UniversalClient) (warnings []string, err error) {
	if err := rdb.Ping(ctx).Err(); err != nil {
		return nil, away(err)
	}
	persistence, err := rdb.Info(ctx, "persistence").Result()
	if err == nil && strings.Contains(persistence, "aof_enabled:0") {
		warnings = append(warnings, "Redis keeps no append-only file (appendonly no): what it "+
			"forgets in a restart must be enqueued again")
	}
	memory, err := rdb.Info(ctx, "memory").Result()
	if err == nil && strings.Contains(memory, "maxmemory_policy:") &&
		!strings.Contains(memory, "maxmemory_policy:noeviction") {
		warnings = append(warnings, "Redis may evict keys (maxmemory-policy is not noeviction): "+
			"tasks can disappear")
	}
	return warnings, nil
}
