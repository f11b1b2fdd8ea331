package fleet_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/redis/go-redis/v9"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliobulk/fleet"
	"github.com/hellio-go/hellio/hellioredis"
)

// The machine that has the list plans the batch, enqueues it and waits for its
// end.
func ExampleWait() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "redis:6379"})
	client, err := hellio.NewClientFromEnv()
	if err != nil {
		panic(err)
	}
	params := helliobulk.Params{
		Store:   "fees.batch",
		BatchID: "fees-2026-05",
		Sender:  "ACME",
		Message: "Fees are due.",
		Region:  "GH",
	}
	if _, err := helliobulk.Plan(ctx, client, helliobulk.Numbers("0240000001", "0240000002"),
		params); err != nil {
		panic(err)
	}
	batch, err := helliobulk.Open(params.Store)
	if err != nil {
		panic(err)
	}
	defer batch.Close()
	err = fleet.Wait(ctx, client, rdb, batch, fleet.Options{})
	fmt.Println(batch.Report().Accepted, err)
}

// A worker shares the token's rate with all others, and ends when its context
// does.
func ExampleWork() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "redis:6379"})
	limiter, err := hellioredis.NewLimiter(rdb, "")
	if err != nil {
		panic(err)
	}
	client, err := hellio.NewClient(os.Getenv("HELLIO_API_TOKEN"), hellio.WithLimiter(limiter))
	if err != nil {
		panic(err)
	}
	if err := fleet.Work(ctx, client, rdb,
		fleet.WorkOptions{Name: filepath.Base(os.Args[0])}); err != nil {
		panic(err)
	}
}
