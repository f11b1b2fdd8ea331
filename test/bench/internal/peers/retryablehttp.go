package peers

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

// retryableHTTP is the floor over go-retryablehttp with its defaults, without
// its log.
func retryableHTTP() Peer {
	return hellioPeer("go-retryablehttp", func(t Target) (Calls, error) {
		client := retryablehttp.NewClient()
		client.HTTPClient = t.HTTPClient
		client.Logger = nil
		r := retrying{client: client, base: orDefault(t.BaseURL, apiURL)}
		return Calls{Post: r.send, Get: r.balance}, nil
	})
}

type retrying struct {
	client *retryablehttp.Client
	base   string
}

func (r retrying) send(ctx context.Context) (string, error) {
	body, err := json.Marshal(newSMS())
	if err != nil {
		return "", err
	}
	result, err := retryingCall[smsResult](ctx, r.client, http.MethodPost, r.base+"/sms/send", body)
	return result.Reference, err
}

func (r retrying) balance(ctx context.Context) (string, error) {
	result, err := retryingCall[balanceResult](ctx, r.client, http.MethodGet, r.base+"/balance", nil)
	return result.Available, err
}

func retryingCall[T any](
	ctx context.Context, client *retryablehttp.Client, method, url string, body any,
) (T, error) {
	var none T
	req, err := retryablehttp.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return none, err
	}
	setHeader(req.Header, body != nil)
	resp, err := client.Do(req)
	if err != nil {
		return none, err
	}
	return plainRead[T](resp)
}
