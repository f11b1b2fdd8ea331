package peers

import (
	"context"
	"errors"
	"net/http"

	"github.com/hellio-go/hellio"
)

// ours is this module's client with the defaults of NewClient: idempotency key,
// retries, trace, rate limit and typed errors.
func ours() Peer {
	row := hellioPeer("hellio", connectHellio)
	row.Refused = func(err error) bool {
		var failure *hellio.ValidationError
		return errors.As(err, &failure) &&
			failure.Status == http.StatusUnprocessableEntity && len(failure.Fields["sender"]) == 1
	}
	return row
}

func connectHellio(t Target) (Calls, error) {
	opts := []hellio.Option{hellio.WithHTTPClient(t.HTTPClient)}
	if t.BaseURL != "" {
		opts = append(opts, hellio.WithBaseURL(t.BaseURL+"/v1"))
	}
	client, err := hellio.NewClient(token, opts...)
	if err != nil {
		return Calls{}, err
	}
	return callsOf(client), nil
}

func callsOf(client *hellio.Client) Calls {
	return Calls{
		Post: func(ctx context.Context) (string, error) {
			sent, err := client.SMS.Send(ctx, &hellio.SMSSendParams{
				Recipients: []string{recipient},
				Sender:     sender,
				Message:    text,
			})
			if err != nil {
				return "", err
			}
			return sent.Reference, nil
		},
		Get: func(ctx context.Context) (string, error) {
			balance, err := client.Balance.Get(ctx)
			if err != nil {
				return "", err
			}
			return balance.Available.String(), nil
		},
	}
}
