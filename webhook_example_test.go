package hellio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/hellio-go/hellio"
)

// delivery returns the request that the API sends when a message is delivered.
func delivery(secret, messageID string) *http.Request {
	body := strings.Replace(deliveredBody, "prv-77", messageID, 1)
	r := httptest.NewRequest(http.MethodPost, "/hooks/hellio", strings.NewReader(body))
	r.Header = signedNow(secret, body)
	return r
}

// send sends a request to a handler and returns the status of the response.
func send(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// ParseWebhook is for frameworks other than net/http. Pass it the body as
// received.
func ExampleParseWebhook() {
	const secret = "whsec_0123456789abcdef" // client.Webhooks.Create returns it once
	request := delivery(secret, "prv-77")

	body, err := io.ReadAll(request.Body)
	if err != nil {
		log.Fatal(err)
	}
	event, err := hellio.ParseWebhook(request.Header, body, secret)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(event.Event, event.Status, event.ProviderMessageID)

	_, err = hellio.ParseWebhook(request.Header, append(body, ' '), secret)
	fmt.Println(errors.Is(err, hellio.ErrBadSignature), err)
	// Output:
	// message.delivered delivered prv-77
	// true hellio: invalid signature: X-Hellio-Signature-V2 matches no secret
}

// The handler verifies deliveries, recognises repeats, and makes the API
// deliver again when the function fails. Reports arrive in any order, so take a
// status only if it ranks above the stored one.
func ExampleNewWebhookHandler() {
	const secret = "whsec_0123456789abcdef" // client.Webhooks.Create returns it once
	stored := map[string]hellio.MessageStatus{"prv-77": hellio.MessageSent}
	var mu sync.Mutex
	handle := func(ctx context.Context, e *hellio.WebhookEvent) error {
		mu.Lock()
		defer mu.Unlock()
		if e.Status.Rank() > stored[e.ProviderMessageID].Rank() {
			stored[e.ProviderMessageID] = e.Status
			fmt.Println(e.ProviderMessageID, "is", e.Status)
		}
		return nil // after an error the API delivers the event again
	}

	handler, err := hellio.NewWebhookHandler([]string{secret}, handle)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/hooks/hellio", handler)

	fmt.Println(send(mux, delivery(secret, "prv-77")))
	fmt.Println(send(mux, delivery(secret, "prv-77")), "for the same event again")
	// Output:
	// prv-77 is delivered
	// 200
	// 200 for the same event again
}

// A second endpoint with the same URL rotates the secret. First make the
// handler accept both secrets, then delete the first endpoint. Meanwhile both
// endpoints report each message, and the handler handles it once.
func ExampleNewWebhookHandler_rotation() {
	const before, after = "whsec_0123456789abcdef", "whsec_fedcba9876543210"
	handle := func(_ context.Context, e *hellio.WebhookEvent) error {
		fmt.Println("handled", e.ProviderMessageID)
		return nil
	}
	handler, err := hellio.NewWebhookHandler([]string{before, after}, handle)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(send(handler, delivery(before, "prv-77")), "from the first endpoint")
	fmt.Println(send(handler, delivery(after, "prv-77")), "from the second")
	fmt.Println(send(handler, delivery(after, "prv-78")), "from the second alone")
	// Output:
	// handled prv-77
	// 200 from the first endpoint
	// 200 from the second
	// handled prv-78
	// 200 from the second alone
}
