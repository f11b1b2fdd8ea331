package main

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/hellioredis"
)

const presetRedis = "redis://127.0.0.1:6379/0"

// fleetmate is what enqueuer and worker share: a client that keeps the token's rate with all others, and their Redis.
type fleetmate struct {
	client *hellio.Client
	redis  *redis.Client
}

// joinFleet reads the environment. No flag leads to Redis: its address may hold a
// password.
func (c *console) joinFleet() (*fleetmate, error) {
	address := c.getenv("HELLIO_REDIS_URL")
	if address == "" {
		address = presetRedis
	}
	options, err := redis.ParseURL(address)
	if err != nil { // whose text may hold the password
		return nil, misused("HELLIO_REDIS_URL must be an address such as %s, or rediss:// for TLS", presetRedis)
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
	return &fleetmate{client, rdb}, nil
}

func (m *fleetmate) leave() { _ = m.redis.Close() }

// silence is the log of go-redis, whose errors come back as errors. It is one for the process: only main sets it.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
