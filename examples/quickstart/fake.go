package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// onTheFake sends two messages to a fake of its own and prints what happens.
func onTheFake(ctx context.Context, message *hellio.SMSSendParams, out io.Writer) error {
	fake, err := helliotest.Start()
	if err != nil {
		return err
	}
	defer fake.Close()
	start := available(fake)
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	var attempts int
	client := fake.Client(hellio.WithAttemptHook(func(_ context.Context, a hellio.Attempt) {
		attempts++
		if a.Err != nil {
			say("     attempt %d   sent, but no response arrived", a.Number)
		} else {
			say("     attempt %d   %d %s", a.Number, a.StatusCode, http.StatusText(a.StatusCode))
		}
	}))

	say("\n  A fake of the Hellio Messaging API has started, in memory.")
	say("  It needs no network and no token, and costs nothing.\n")
	say("  1. One SMS from %s: %q", message.Sender, message.Message)
	before := available(fake)
	sent, err := client.SMS.Send(ctx, message)
	if err != nil {
		return err
	}
	fake.Advance(5 * time.Second)
	say("     reference   %s", sent.Reference)
	say("     cost        %s %s, from the fake's wallet", lost(before, fake), sent.Currency)
	say("     5 s later   %s, on the fake's own clock", fake.Messages()[0].Status)

	say("\n  2. Another SMS. This time the reply of the API is lost.")
	before = available(fake)
	fault := fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
	again, err := client.SMS.Send(ctx, message)
	if err != nil {
		return err
	}
	if fault.Hits() != 1 || !again.Replayed || len(fake.Messages()) != 2 {
		return errors.New("the retry after the lost reply did not return the stored result")
	}
	say("     key         %s, the same for both attempts", again.IdempotencyKey)
	say("     reference   %s", again.Reference)
	say("     cost        %s %s: the API knew the key and replayed its first response",
		lost(before, fake), again.Currency)

	say("\n  %d attempts, %d messages, %s %s in all. Nothing was sent twice.",
		attempts, len(fake.Messages()), lost(start, fake), again.Currency)
	say("\n  The code is in examples/quickstart/fake.go. Next, run  go test ./...")
	say("  With HELLIO_API_TOKEN set, this command uses the real API.")
	say("  It asks before it spends money.\n")
	return nil
}

// available is what the fake's wallet can still spend.
func available(fake *helliotest.Fake) *big.Rat {
	amount, err := hellio.ParseAmount(fake.Balance().Available)
	if err != nil {
		panic(err) // the fake writes decimals
	}
	return amount.Rat()
}

// lost is what has left the wallet since.
func lost(before *big.Rat, fake *helliotest.Fake) string {
	return new(big.Rat).Sub(before, available(fake)).FloatString(4)
}
