package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// onTheFake places three orders in a shop of its own, loses a reply of the API,
// and drains the outbox.
func onTheFake(ctx context.Context, out io.Writer) error {
	fake, err := helliotest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := OpenStore(ctx, filepath.Join(dir, "outbox.db"))
	if err != nil {
		return err
	}
	defer store.Close()

	fmt.Fprintln(out, "Three orders are placed. The third has a used id and is rolled back.")
	for _, o := range []Order{
		{ID: "1001", MobileNumber: "+233209990001", Item: "a kettle"},
		{ID: "1002", MobileNumber: "+233209990002", Item: "two cups"},
		{ID: "1001", MobileNumber: "+233209990003", Item: "a spoon"},
	} {
		if err := store.Place(ctx, o); err != nil {
			fmt.Fprintln(out, "rolled back:", err)
		}
	}

	fmt.Fprintln(out, "\nThe worker sends. The API accepts order 1002, but its reply is lost.")
	fake.Fault(helliotest.SMSSend, helliotest.Nth(2), helliotest.LoseReply())
	// The client does not retry, so that the worker has to resume.
	client := fake.Client(hellio.WithRetryPolicy(hellio.RetryPolicy{MaxRetries: -1}))
	if err := NewWorker(store, client, logTo(out)).Drain(ctx); err != nil {
		return err
	}

	sent, err := store.count(ctx, Sent)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d orders, %d messages, %d calls. The wallet fell from 100.0000 to %s.\n",
		sent, len(fake.Messages()), len(fake.Requests()), fake.Balance().Available)
	fmt.Fprintln(out, "Now read store.go and worker.go.")
	return nil
}
