package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// floor is the code of an application without an SDK: net/http, json.Marshal,
// io.ReadAll, and json.Unmarshal into typed structs.
func floor() Peer {
	return hellioPeer("floor", func(t Target) (Calls, error) {
		f := plain{client: t.HTTPClient, base: orDefault(t.BaseURL, apiURL)}
		return Calls{Post: f.send, Get: f.balance}, nil
	})
}

// floorAgain is the floor a second time. The difference of its ratio from 1 is
// noise.
func floorAgain() Peer {
	again := floor()
	again.Name = "floor, once more"
	return again
}

type plain struct {
	client *http.Client
	base   string
}

func (p plain) send(ctx context.Context) (string, error) {
	body, err := json.Marshal(newSMS())
	if err != nil {
		return "", err
	}
	url := p.base + "/sms/send"
	result, err := plainCall[smsResult](ctx, p.client, http.MethodPost, url, bytes.NewReader(body))
	return result.Reference, err
}

func (p plain) balance(ctx context.Context) (string, error) {
	result, err := plainCall[balanceResult](ctx, p.client, http.MethodGet, p.base+"/balance", nil)
	return result.Available, err
}

func plainCall[T any](
	ctx context.Context, client *http.Client, method, url string, body io.Reader,
) (T, error) {
	var none T
	req, err := http.NewRequestWithContext(ctx, method, url, body)
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

func setHeader(h http.Header, body bool) {
	h.Set("Authorization", "Bearer "+token)
	h.Set("Accept", "application/json")
	if body {
		h.Set("Content-Type", "application/json")
	}
}

func plainRead[T any](resp *http.Response) (T, error) {
	defer resp.Body.Close()
	var result envelope[T]
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return result.Data, err
	}
	if resp.StatusCode >= 300 {
		failure := &refusal{Status: resp.StatusCode}
		if err := json.Unmarshal(content, failure); err != nil {
			return result.Data, err
		}
		return result.Data, failure
	}
	err = json.Unmarshal(content, &result)
	return result.Data, err
}
