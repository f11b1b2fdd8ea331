package helliobulk_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hellio-go/hellio/helliobulk"
	"github.com/hellio-go/hellio/helliotest"
)

func Example() {
	dir, err := os.MkdirTemp("", "bulk")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fake, err := helliotest.Start()
	if err != nil {
		panic(err)
	}
	defer fake.Close()

	list := helliobulk.Numbers("024 000 0001", "0240000002", "+233240000001", "junk")
	report, err := helliobulk.Run(context.Background(), fake.Client(), list, helliobulk.Params{

		Store: filepath.Join(dir,
			"fees.batch"),
		BatchID: "fees-2026-05",
		Sender:  "ACME",
		Message: "Fees are due.",
		Region:  "GH",
	})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d given, %d invalid, %d duplicate, %d accepted, %s %s\n",
		report.Given, report.Invalid, report.Duplicates, report.Accepted,
		report.Costs[0].Amount, report.Costs[0].Currency)
	// Output: 4 given, 1 invalid, 1 duplicate, 2 accepted, 0.0620 GHS
}

// A price before anything is sent.
func ExampleBatch_Estimate() {
	dir, err := os.MkdirTemp("", "bulk")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fake, err := helliotest.Start()
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	client := fake.Client()

	pupils := func(yield func(helliobulk.Recipient, error) bool) {
		_ = yield(helliobulk.Recipient{Number: "0240000001",
			Fields: map[string]string{"name": "Ama"}}, nil) &&
			yield(helliobulk.Recipient{Number: "0240000002",
				Fields: map[string]string{"name": "Kofi"}}, nil)
	}
	params := helliobulk.Params{
		Store:   filepath.Join(dir, "fees.batch"),
		Sender:  "ACME",
		Message: "Fees of {{name}} are due.",
		Region:  "GH",
	}
	if _, err := helliobulk.Plan(context.Background(), client, pupils, params); err != nil {
		panic(err)
	}
	batch, err := helliobulk.Open(params.Store)
	if err != nil {
		panic(err)
	}
	defer batch.Close()
	estimate, err := batch.Estimate(context.Background(), client)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d recipients in %d calls, at most %s %s of %s\n", estimate.Recipients,
		estimate.Calls, estimate.High, estimate.Currency, estimate.Available)
	// Output: 2 recipients in 2 calls, at most 0.0620 GHS of 100.0000
}
