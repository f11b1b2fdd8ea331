package hellio_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"sync"

	"github.com/hellio-go/hellio"
	"github.com/hellio-go/hellio/helliotest"
)

// The application keeps the state of a session: here the choice of the first
// step, under the id of the session. In production use a store that all
// processes share and that forgets sessions after some minutes.
func ExampleNewUSSDHandler() {
	var chosen sync.Map
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

	const url = "https://example.com/ussd" // in production: http.Handle("/ussd", handler)
	var handler http.Handler
	callback := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
	})
	fake := start(helliotest.WithUSSDHandler(url, callback))
	defer fake.Close()
	client := fake.Client()
	ctx := context.Background()
	app, err := client.USSD.Apps.Create(ctx, &hellio.USSDAppParams{
		Name:        "Airtime",
		CallbackURL: url,
	})
	if err != nil {
		log.Fatal(err)
	}
	handler, err = hellio.NewUSSDHandler([]string{app.TestSecret, app.LiveSecret}, menu)
	if err != nil {
		log.Fatal(err)
	}

	session := hellio.ID("")
	for _, input := range []string{"", "1", "5"} {
		step, err := client.USSD.Simulate(ctx, &hellio.USSDSimulateParams{
			AppID:     app.ID,
			SessionID: session,
			MSISDN:    "+233209990001",
			Input:     input,
		})
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
