package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

func ExampleOTPService_Send() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	sent, err := client.OTP.Send(context.Background(), &hellio.OTPSendParams{
		MobileNumber:  "+233209990001",
		Sender:        "HELLIO",
		Length:        4,
		ExpiryMinutes: 10,
	})
	var throttled *hellio.RateLimitError
	switch {
	case errors.As(err, &throttled):
		log.Fatal("ask again in ", throttled.RetryAfter)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(
		sent.Status,
		"for",
		sent.MobileNumber,
		"and good for",
		sent.ExpiresInMinutes,
		"minutes",
	)
	fmt.Println("digits:", len(fake.OTP("+233209990001")))
	// Output:
	// queued for 233209990001 and good for 10 minutes
	// digits: 4
}

func ExampleOTPService_Verify() {
	// in production: client, err := hellio.NewClientFromEnv()
	fake, err := helliotest.Start(helliotest.WithOTP("ama@example.com", "483920"))
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	ctx := context.Background()
	if _, err := client.OTP.Send(ctx, &hellio.OTPSendParams{Email: "ama@example.com"}); err != nil {
		log.Fatal(err)
	}
	for _, typed := range []string{"000000", "483920", "483920"} {
		verified, err := client.OTP.Verify(
			ctx,
			&hellio.OTPVerifyParams{Email: "ama@example.com", Code: typed},
		)
		if err != nil {
			log.Fatal(err) // not known: a wrong code is no error
		}
		fmt.Println(typed, verified)
	}
	// Output:
	// 000000 false
	// 483920 true
	// 483920 false
}

func ExampleOTPStatusOf() {
	fake, err := helliotest.Start() // in production: client, err := hellio.NewClientFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer fake.Close()
	client := fake.Client()

	ctx := context.Background()
	const number = "+233209990001"
	_, err = client.OTP.Send(ctx, &hellio.OTPSendParams{MobileNumber: number, Sender: "HELLIO"})
	if err != nil {
		log.Fatal(err)
	}
	params := &hellio.OTPVerifyParams{MobileNumber: number, Code: fake.OTP(number)}
	fake.Advance(10 * time.Minute) // the code lives for 5

	var response hellio.Response
	verified, err := client.OTP.Verify(ctx, params, hellio.WithResponse(&response))
	switch status := hellio.OTPStatusOf(&response); {
	case err != nil:
		log.Fatal(err)
	case verified:
		fmt.Println("welcome")
	case status == hellio.OTPExpired:
		fmt.Println("the code has expired, ask for a new one")
	default:
		fmt.Println("wrong code:", status)
	}
	// Output: the code has expired, ask for a new one
}
