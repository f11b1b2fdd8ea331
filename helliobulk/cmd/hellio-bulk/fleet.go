package main

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioredis"
)

const defaultRedis = "redis://127.0.0.1:6379/0"

// fleetClient is what enqueuer and worker share: a client that keeps the
// token's rate with all others, and their Redis.
type fleetClient struct {
	client *hellio.Client
	redis  *redis.Client
}

// joinFleet reads the environment. No flag names Redis: its address may hold a
// password.
func (c *console) joinFleet() (*fleetClient, error) {
	address := c.getenv("HELLIO_REDIS_URL")
	if address == "" {
		address = defaultRedis
	}
	options, err := redis.ParseURL(address)
	if err != nil { // whose text may hold the password
		return nil, misused("HELLIO_REDIS_URL must be an address such as %s, or rediss:// for TLS",
			defaultRedis)
	}
	rdb := redis.NewClient(options)
	limiter, err := hellioredis.NewLimiter(rdb, "")
	if err != nil {
		return nil, err
	}
	client, err := c.client(hellio.WithLimiter(limiter))
	if err != nil {
		_ = rdb.Close()
		return nil, err
	}
	return &fleetClient{client, rdb}, nil
}

func (m *fleetClient) leave() { _ = m.redis.Close() }

// silence is the log of go-redis, whose errors come back as errors. It is one
// for the process: only main sets it.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
