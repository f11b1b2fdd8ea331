package helliotest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// A code is sent, read from the fake and verified; half an hour later another
// has expired.
func Example() {
	fake, err := helliotest.Start(helliotest.WithSeed(1))
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	otp, ctx := fake.Client().OTP, context.Background()
	phone := "+233209990001"

	_, err = otp.Send(ctx, &hellio.OTPSendParams{MobileNumber: phone, Sender: "ACME"})
	fmt.Println("sent:", err)
	fmt.Println(otp.Verify(ctx,
		&hellio.OTPVerifyParams{MobileNumber: phone, Code: fake.OTP(phone)}))

	_, err = otp.Send(ctx, &hellio.OTPSendParams{MobileNumber: phone, Sender: "ACME"})
	fmt.Println("sent:", err)
	code := fake.OTP(phone)
	fake.Advance(30 * time.Minute)
	fmt.Println(otp.Verify(ctx, &hellio.OTPVerifyParams{MobileNumber: phone, Code: code}))
	// Output:
	// sent: <nil>
	// true <nil>
	// sent: <nil>
	// false <nil>
}

func ExampleFake_Fault() {
	fake, err := helliotest.Start()
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	fault := fake.Fault(helliotest.SMSSend, helliotest.Nth(2),
		helliotest.Status(402, "insufficient_balance"))
	client := fake.Client()
	for range 3 {
		_, err = client.SMS.Send(context.Background(),
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "ACME",
				Message:    "Hi",
			})
		fmt.Println(err == nil, hellio.OutcomeOf(err))
	}
	fmt.Println(len(fake.Messages()), "messages,", fault.Hits(), "hit")
	// Output:
	// true accepted
	// false rejected
	// true accepted
	// 2 messages, 1 hit
}

func ExampleFake_Handler() {
	fake, err := helliotest.Start(helliotest.WithBalance("0.0100"))
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	server := httptest.NewServer(fake.Handler())
	defer server.Close()
	client, err := hellio.NewClient(helliotest.DefaultToken, hellio.WithBaseURL(server.URL+"/v1"))
	if err != nil {
		panic(err)
	}
	defer client.CloseIdleConnections()
	_, err = client.SMS.Send(context.Background(),
		&hellio.SMSSendParams{Recipients: []string{"+233209990001"}, Sender: "ACME", Message: "Hi"})
	var poor *hellio.InsufficientBalanceError
	fmt.Println(errors.As(err, &poor), hellio.OutcomeOf(err))
	// Output: true rejected
}

func ExampleFake_WaitMessage() {
	fake, err := helliotest.Start()
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	client, ctx := fake.Client(), context.Background()
	go func() { // the code under test, at work on its own
		_, _ = client.SMS.Send(ctx,
			&hellio.SMSSendParams{
				Recipients: []string{"+233209990001"},
				Sender:     "ACME",
				Message:    "Your table is at 8.",
			})
	}()
	message, err := fake.WaitMessage(ctx, helliotest.To("+233209990001"),
		helliotest.Contains("table"))
	if err != nil {
		panic(err)
	}
	fmt.Println(message.Sender, message.Message)
	// Output: ACME Your table is at 8.
}

func ExampleFromSnapshot() {
	prepared, err := helliotest.Start(helliotest.WithSenders("SHOP"), helliotest.WithBalance("3"))
	if err != nil {
		panic(err)
	}
	account, err := prepared.Snapshot()
	if err != nil {
		panic(err)
	}
	_ = prepared.Close()
	fake, err := helliotest.Start(helliotest.FromSnapshot(account)) // in each test
	if err != nil {
		panic(err)
	}
	defer fake.Close()
	fmt.Println(fake.Account().Senders, fake.Balance().Available)
	// Output: [SHOP] 3.0000
}
