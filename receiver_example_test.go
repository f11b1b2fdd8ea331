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
	"github.com/hellio-go/hellio/helliotest"
)

// delivery is what the API posts to an endpoint when a message has been delivered.
func delivery(secret, messageID string) *http.Request {
	body := `{"event":"message.delivered","mobile_number":"+233209990001","provider_message_id":"` + messageID + `","status":"delivered"}`
	r := httptest.NewRequest(http.MethodPost, "/hooks/hellio", strings.NewReader(body))
	r.Header = signedNow(secret, body)
	return r
}

// send gives a handler a request and tells the status that it answers.
func send(h http.Handler, r *http.Request) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// ParseWebhook is for frameworks other than net/http. Give it the body as it was received.
func ExampleParseWebhook() {
	const secret = "whsec_0123456789abcdef" // told once, by client.Webhooks.Create
	request := delivery(secret, "prv-77")

	body, err := io.ReadAll(request.Body)
	if err != nil {
		log.Fatal(err)
	}
	event, err := hellio.ParseWebhook(request.Header, body, secret)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(event.Event, event.Status, event.DedupeID())

	_, err = hellio.ParseWebhook(request.Header, append(body, ' '), secret)
	fmt.Println(errors.Is(err, hellio.ErrBadSignature), err)
	// Output:
	// message.delivered delivered message.delivered:prv-77
	// true hellio: the signature is wrong: X-Hellio-Signature-V2
}

// The handler checks, tells repeats apart, and asks for another attempt when the function fails. Reports come in any order, so a status is
// taken only when it ranks above the one that is held.
func ExampleNewWebhookHandler() {
	const secret = "whsec_0123456789abcdef" // told once, by client.Webhooks.Create
	statuses := map[string]hellio.MessageStatus{"prv-77": hellio.MessageSent}
	var mu sync.Mutex

	handler, err := hellio.NewWebhookHandler([]string{secret}, func(ctx context.Context, e *hellio.WebhookEvent) error {
		mu.Lock()
		defer mu.Unlock()
		if e.Status.Rank() > statuses[e.ProviderMessageID].Rank() {
			statuses[e.ProviderMessageID] = e.Status
			fmt.Println(e.ProviderMessageID, "is", e.Status)
		}
		return nil // an error here makes the API deliver the event again
	})
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

// A secret is rotated by a second endpoint with the same URL: first let the handler know both secrets, then delete the first endpoint.
// Meanwhile both endpoints report each message, and the handler takes it once.
func ExampleNewWebhookHandler_rotation() {
	const before, after = "whsec_0123456789abcdef", "whsec_fedcba9876543210"
	handler, err := hellio.NewWebhookHandler([]string{before, after}, func(_ context.Context, e *hellio.WebhookEvent) error {
		fmt.Println("handled", e.ProviderMessageID)
		return nil
	})
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

// A session's state is the application's: here what was chosen in the first step, kept under the session's id.
func ExampleNewUSSDHandler() {
	var chosen sync.Map // in production something that forgets sessions after some minutes, and that all processes share
	menu := func(_ context.Context, r *hellio.USSDRequest) (*hellio.USSDReply, error) {
		network, known := chosen.Load(r.SessionID)
		switch {
		case known:
			chosen.Delete(r.SessionID)
			return hellio.EndUSSD(fmt.Sprintf("%s GHS of %s airtime.", r.Input, network)), nil
		case r.Input == "1":
			chosen.Store(r.SessionID, "MTN")
			return hellio.ContinueUSSD("How much?"), nil
		default:
			return hellio.ContinueUSSD("1. MTN airtime"), nil
		}
	}

	var handler http.Handler
	callback := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) })
	fake := start(helliotest.WithUSSDHandler("https://example.com/ussd", callback)) // in production: http.Handle("/ussd", handler)
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()
	app, err := client.USSD.Apps.Create(ctx, &hellio.USSDAppParams{Name: "Airtime", CallbackURL: "https://example.com/ussd"})
	if err != nil {
		log.Fatal(err)
	}
	if handler, err = hellio.NewUSSDHandler([]string{app.TestSecret, app.LiveSecret}, menu); err != nil {
		log.Fatal(err)
	}

	session := hellio.ID("")
	for _, input := range []string{"", "1", "5"} {
		step, err := client.USSD.Simulate(ctx, &hellio.USSDSimulateParams{AppID: app.ID, SessionID: session, MSISDN: "+233209990001", Input: input})
		if err != nil {
			log.Fatal(err)
		}
		session = step.SessionID
		fmt.Println(step.Action, step.Message)
	}
	// Output:
	// continue 1. MTN airtime
	// continue How much?
	// end 5 GHS of MTN airtime.
}
