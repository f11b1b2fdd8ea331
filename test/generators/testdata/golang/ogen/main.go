// Command ogen uses the client that ogen generated against a hellio-fake.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example.com/generated/ogen/api"
)

const number = "+233209990001"

type token string

func (t token) Token(context.Context, api.OperationName) (api.Token, error) {
	return api.Token{Token: string(t)}, nil
}

func main() {
	client, err := api.NewClient(os.Args[1]+"/v1", token(os.Args[2]))
	check(err)
	ctx := context.Background()
	send(ctx, client)
	refused(ctx, client)
	pages(ctx, client)
	code(ctx, client)
}

func send(ctx context.Context, client *api.Client) {
	for n := range 3 {
		answer, err := client.SMSSend(ctx, &api.SMSSendRequest{
			Recipients: []string{number},
			Sender:     "HELLIO",
			Message:    fmt.Sprintf("Message %d", n),
		}, api.SMSSendParams{IdempotencyKey: api.NewOptString(fmt.Sprintf("key-%d", n))})
		check(err)
		accepted := want[*api.SMSSendEnvelopeHeaders](answer).Response.Data
		fmt.Println("send", accepted.Status, accepted.AcceptedRecipients, accepted.EstimatedCost)
	}
}

func refused(ctx context.Context, client *api.Client) {
	answer, err := client.SMSSend(ctx, &api.SMSSendRequest{
		Recipients: []string{number},
		Sender:     "NOBODY",
		Message:    "Hello",
	}, api.SMSSendParams{})
	check(err)
	refusal := want[*api.SMSRefusedHeaders](answer).Response
	if _, ok := refusal.GetSenderError(); !ok {
		log.Fatalf("the refusal is %s", refusal.Type)
	}
	fmt.Println("422", refusal.Type)
}

func pages(ctx context.Context, client *api.Client) {
	params := api.MessageListParams{PerPage: api.NewOptInt(2)}
	for {
		answer, err := client.MessageList(ctx, params)
		check(err)
		page := want[*api.MessageListEnvelopeHeaders](answer).Response
		for _, message := range page.Data {
			fmt.Println("page", message.Message)
		}
		cursor, ok := page.NextCursor.Get()
		if !ok {
			return
		}
		params.Cursor = api.NewOptString(cursor)
	}
}

func code(ctx context.Context, client *api.Client) {
	answer, err := client.OtpSend(ctx, &api.OTPSendRequest{
		MobileNumber: api.NewOptString(number),
		Sender:       api.NewOptString("HELLIO"),
	}, api.OtpSendParams{})
	check(err)
	fmt.Println("otp", want[*api.OTPSendEnvelopeHeaders](answer).Response.Data.Status)

	request := &api.OTPVerifyRequest{MobileNumber: api.NewOptString(number), Code: "none"}
	wrong, err := client.OtpVerify(ctx, request)
	check(err)
	verdict, _ := want[*api.OTPNotVerifiedHeaders](wrong).Response.GetOTPUnverifiedEnvelope()
	fmt.Println("verify", verdict.Data.Verified, verdict.Data.Status)

	request.Code = sent()
	right, err := client.OtpVerify(ctx, request)
	check(err)
	verified := want[*api.OTPVerifiedEnvelopeHeaders](right).Response.Data
	fmt.Println("verify", verified.Verified, verified.Status)
}

// sent asks the fake for the code that it sent.
func sent() string {
	req, err := http.NewRequest("GET", os.Args[1]+"/_fake/otp/"+number, nil)
	check(err)
	req.Header.Set("Authorization", "Bearer "+os.Args[2])
	resp, err := http.DefaultClient.Do(req)
	check(err)
	defer resp.Body.Close()
	var otp struct{ Code string }
	check(json.NewDecoder(resp.Body).Decode(&otp))
	return otp.Code
}

func want[T any](answer any) T {
	typed, ok := answer.(T)
	if !ok {
		log.Fatalf("the answer is a %T", answer)
	}
	return typed
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
