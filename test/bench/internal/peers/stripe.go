package peers

import (
	"context"
	"errors"
	"net/http"

	"github.com/stripe/stripe-go/v82"

	"github.com/hellio-go/hellio/test/bench/internal/wire"
)

const customerID = "cus_NffrFeUfNV2Hib"

const customerBody = `{"id":"` + customerID + `","object":"customer","balance":0,` +
	`"created":1772600767,"currency":null,"delinquent":false,"description":"` + text + `",` +
	`"email":"ama@example.com","livemode":false,"metadata":{},"name":"Ama Mensah",` +
	`"tax_exempt":"none"}`

// stripeGo creates a customer and reads one, without its log, which writes a
// line to stderr for each refusal by default.
func stripeGo() Peer {
	return Peer{
		Name:      "stripe-go v82",
		PostReply: wire.Reply{Status: http.StatusOK, Body: customerBody},
		GetReply:  wire.Reply{Status: http.StatusOK, Body: customerBody},
		RefusedReply: wire.Reply{
			Status: http.StatusUnprocessableEntity,
			Body: `{"error":{"type":"invalid_request_error","code":"email_invalid",` +
				`"message":"Invalid email address: ama","param":"email",` +
				`"doc_url":"https://stripe.com/docs/error-codes"}}`,
		},
		PostResult: customerID,
		GetResult:  customerID,
		Refused: func(err error) bool {
			var failure *stripe.Error
			return errors.As(err, &failure) &&
				failure.HTTPStatusCode == http.StatusUnprocessableEntity && failure.Param == "email"
		},
		Connect: connectStripe,
	}
}

func connectStripe(t Target) (Calls, error) {
	config := &stripe.BackendConfig{
		HTTPClient:    t.HTTPClient,
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
	if t.BaseURL != "" {
		config.URL = stripe.String(t.BaseURL)
	}
	client := stripe.NewClient("sk_test_123", stripe.WithBackends(stripe.NewBackendsWithConfig(config)))
	return Calls{
		Post: func(ctx context.Context) (string, error) {
			customer, err := client.V1Customers.Create(ctx, &stripe.CustomerCreateParams{
				Name:        stripe.String("Ama Mensah"),
				Email:       stripe.String("ama@example.com"),
				Description: stripe.String(text),
			})
			return customer.ID, err
		},
		Get: func(ctx context.Context) (string, error) {
			customer, err := client.V1Customers.Retrieve(ctx, customerID, nil)
			return customer.ID, err
		},
	}, nil
}
