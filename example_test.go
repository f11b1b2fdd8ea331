package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// start returns a fake for an Example, which has no testing.TB.
func start(opts ...helliotest.Option) *helliotest.Fake {
	fake, err := helliotest.Start(opts...)
	if err != nil {
		log.Fatal(err)
	}
	return fake
}

// The reply to a message is lost, and the client retries with the same key: one
// message, one charge.
func Example() {
	fake := start()
	defer fake.Close()
	fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())

	client := fake.Client()
	sent, err := client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "HELLIO",
		Message:    "Your parcel is here.",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("replayed:", sent.Replayed)
	fmt.Println("messages:", len(fake.Messages()))
	fmt.Println("available:", fake.Balance().Available)
	// Output:
	// replayed: true
	// messages: 1
	// available: 99.9690
}

func ExampleSMSService_Send() {
	fake := start()
	defer fake.Close()
	client := fake.Client(hellio.WithDefaultSender("HELLIO"))

	sent, err := client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001", "233209990002", "12"},
		Message:    "The school is closed tomorrow.",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sent.Status, sent.AcceptedRecipients, "accepted,", sent.InvalidRecipients,
		"invalid")
	fmt.Println(sent.EstimatedCost, sent.Currency, "for", sent.Segments, "segment each")
	// Output:
	// queued 2 accepted, 1 invalid
	// 0.0620 GHS for 1 segment each
}

// The outcome of an error says what to do after it.
func ExampleOutcomeOf() {
	fake := start(helliotest.WithBalance("0.0100"))
	defer fake.Close()
	client := fake.Client()

	_, err := client.SMS.Send(context.Background(), &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"}, Sender: "HELLIO", Message: "Your parcel is here.",
	})
	var broke *hellio.InsufficientBalanceError
	fmt.Println("no money:", errors.As(err, &broke))
	fmt.Println("outcome:", hellio.OutcomeOf(err))
	fmt.Println("may have been sent:", errors.Is(err, hellio.ErrOutcomeUnknown))
	// Output:
	// no money: true
	// outcome: rejected
	// may have been sent: false
}

// Resume a call whose outcome is unknown with its own key, which the error
// holds.
func ExampleWithIdempotencyKey() {
	fake := start()
	defer fake.Close()
	client := fake.Client()
	fake.Fault(helliotest.SMSSend, helliotest.Nth(1), helliotest.LoseReply())
	params := &hellio.SMSSendParams{
		Recipients: []string{"+233209990001"},
		Sender:     "HELLIO",
		Message:    "Your parcel is here.",
	}

	_, err := client.SMS.Send(context.Background(), params, hellio.WithMaxRetries(0))
	var lost *hellio.ConnectionError
	if errors.As(err, &lost) && errors.Is(err, hellio.ErrOutcomeUnknown) {
		sent, err := client.SMS.Send(context.Background(), params,
			hellio.WithIdempotencyKey(lost.Response.IdempotencyKey))
		fmt.Println("replayed:", sent.Replayed, "error:", err, "messages:", len(fake.Messages()))
	}
	// Output:
	// replayed: true error: <nil> messages: 1
}

func ExampleWithResponse() {
	fake := start()
	defer fake.Close()

	var response hellio.Response
	_, err := fake.Client().Balance.Get(context.Background(), hellio.WithResponse(&response))
	fmt.Println(response.StatusCode, response.Attempts, err)
	fmt.Println(response.RateLimit.Remaining, "of", response.RateLimit.Limit, "left")
	// Output:
	// 200 1 <nil>
	// 119 of 120 left
}
