package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// floorByHand is the floor with all preparation done once: parsed URLs, a
// shared header, and a buffer of the size of the reply.
func floorByHand() Peer {
	return hellioPeer("floor, hand-tuned", func(t Target) (Calls, error) {
		base := orDefault(t.BaseURL, apiURL)
		sendURL, err := url.Parse(base + "/sms/send")
		if err != nil {
			return Calls{}, err
		}
		balanceURL, err := url.Parse(base + "/balance")
		if err != nil {
			return Calls{}, err
		}
		h := tuned{
			client:     t.HTTPClient,
			sendURL:    sendURL,
			balanceURL: balanceURL,
			header:     http.Header{},
		}
		setHeader(h.header, true)
		return Calls{Post: h.send, Get: h.balance}, nil
	})
}

type tuned struct {
	client              *http.Client
	sendURL, balanceURL *url.URL
	header              http.Header
}

func (t tuned) send(ctx context.Context) (string, error) {
	body, err := json.Marshal(newSMS())
	if err != nil {
		return "", err
	}
	result, err := tunedCall[smsResult](ctx, t, http.MethodPost, t.sendURL, body)
	return result.Reference, err
}

func (t tuned) balance(ctx context.Context) (string, error) {
	result, err := tunedCall[balanceResult](ctx, t, http.MethodGet, t.balanceURL, nil)
	return result.Available, err
}

func tunedCall[T any](
	ctx context.Context, t tuned, method string, address *url.URL, body []byte,
) (T, error) {
	var result envelope[T]
	req := (&http.Request{Method: method, URL: address, Header: t.header}).WithContext(ctx)
	if body != nil {
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.ContentLength = int64(len(body))
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return result.Data, err
	}
	defer resp.Body.Close()
	var content bytes.Buffer
	content.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead)
	if _, err := content.ReadFrom(resp.Body); err != nil {
		return result.Data, err
	}
	if resp.StatusCode >= 300 {
		failure := &refusal{Status: resp.StatusCode}
		if err := json.Unmarshal(content.Bytes(), failure); err != nil {
			return result.Data, err
		}
		return result.Data, failure
	}
	err = json.Unmarshal(content.Bytes(), &result)
	return result.Data, err
}
