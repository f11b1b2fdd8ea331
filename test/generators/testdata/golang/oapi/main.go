// Command oapi uses the client that oapi-codegen generated against a
// hellio-fake.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	"example.com/generated/oapi/api"
)

const number = "+233209990001"

func main() {
	client, err := api.NewClientWithResponses(os.Args[1]+"/v1",
		api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+os.Args[2])
			return nil
		}))
	check(err)
	ctx := context.Background()
	send(ctx, client)
	refused(ctx, client)
	pages(ctx, client)
	code(ctx, client)
}

func send(ctx context.Context, client *api.ClientWithResponses) {
	for n := range 3 {
		key := fmt.Sprintf("key-%d", n)
		answer, err := client.SmsSendWithResponse(ctx, &api.SmsSendParams{IdempotencyKey: &key},
			api.SMSSendRequest{
				Recipients: []string{number},
				Sender:     "HELLIO",
				Message:    fmt.Sprintf("Message %d", n),
			})
		check(err)
		accepted := want(answer.JSON202, answer.Body).Data
		fmt.Println("send", accepted.Status, accepted.AcceptedRecipients, accepted.EstimatedCost)
	}
}

func refused(ctx context.Context, client *api.ClientWithResponses) {
	answer, err := client.SmsSendWithResponse(ctx, nil, api.SMSSendRequest{
		Recipients: []string{number},
		Sender:     "NOBODY",
		Message:    "Hello",
	})
	check(err)
	refusal, err := want(answer.JSON422, answer.Body).ValueByDiscriminator()
	check(err)
	sender, ok := refusal.(api.SenderError)
	if !ok {
		log.Fatalf("the refusal is a %T", refusal)
	}
	fmt.Println("422", sender.Error)
}

func pages(ctx context.Context, client *api.ClientWithResponses) {
	size := 2
	params := &api.MessageListParams{PerPage: &size}
	for {
		answer, err := client.MessageListWithResponse(ctx, params)
		check(err)
		page := want(answer.JSON200, answer.Body)
		for _, message := range page.Data {
			fmt.Println("page", message.Message)
		}
		if page.NextCursor == nil {
			return
		}
		params.Cursor = page.NextCursor
	}
}

func code(ctx context.Context, client *api.ClientWithResponses) {
	to, sender := number, "HELLIO"
	answer, err := client.OtpSendWithResponse(ctx, nil, api.OTPSendRequest{
		MobileNumber: &to,
		Sender:       &sender,
	})
	check(err)
	fmt.Println("otp", want(answer.JSON201, answer.Body).Data.Status)

	request := api.OTPVerifyRequest{MobileNumber: &to, Code: "none"}
	wrong, err := client.OtpVerifyWithResponse(ctx, request)
	check(err)
	verdict, err := want(wrong.JSON422, wrong.Body).AsOTPUnverifiedEnvelope()
	check(err)
	fmt.Println("verify", verdict.Data.Verified, verdict.Data.Status)

	request.Code = sent()
	right, err := client.OtpVerifyWithResponse(ctx, request)
	check(err)
	verified := want(right.JSON200, right.Body).Data
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

func want[T any](answer *T, body []byte) *T {
	if answer == nil {
		log.Fatalf("the answer is another: %s", body)
	}
	return answer
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
